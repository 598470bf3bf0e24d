import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Playwright from 'playwright-core';

interface Script {
  readonly bringChromium: (report: (text: string) => void) => Promise<string>;
}

/**
 * Node's own `require`: Jest's would load Playwright's large bundles into a context of their own for each file of tests, which takes
 * longer than all that is tested with them.
 */
const load = process.getBuiltinModule('node:module').createRequire(__filename);

/** Debian's Chromium, which is installed where it can be; rejects with what to do where it cannot. */
export async function launchChromium(): Promise<Playwright.Browser> {
  const file = join(resolve(__dirname, '../..'), 'scripts/servers/chromium.mjs');
  const script = (await import(pathToFileURL(file).href)) as Script;
  const executablePath = await script.bringChromium((text) => {
    process.stderr.write(`servers: ${text}\n`);
  });
  const { chromium } = load('playwright-core') as typeof Playwright;
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-background-networking', '--disable-dev-shm-usage'],
  });
}
