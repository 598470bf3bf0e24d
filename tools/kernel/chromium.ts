import type * as Playwright from 'playwright-core';

/**
 * Node's own `require`: Jest's would load Playwright's large bundles into a context of their own for each file of tests, which takes
 * longer than all that is tested with them.
 */
const load = process.getBuiltinModule('node:module').createRequire(__filename);

/** Starts a Chromium that is on this machine, and asks nobody else for anything. */
export function launchChromium(executablePath: string): Promise<Playwright.Browser> {
  const { chromium } = load('playwright-core') as typeof Playwright;
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-background-networking', '--disable-dev-shm-usage'],
  });
}
