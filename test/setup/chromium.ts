import type * as Playwright from 'playwright-core';

/** Debian's Chromium, which `npm test` brings where it can; what it could not bring is said in its summary. */
export const CHROMIUM = process.env['HOTSPLIT_TEST_CHROMIUM'];

/**
 * Node's own `require`: Jest's would load Playwright's large bundles into a context of their own for each file of tests, which takes
 * longer than all that is tested with them.
 */
const load = process.getBuiltinModule('node:module').createRequire(__filename);

export function launchChromium(): Promise<Playwright.Browser> {
  if (CHROMIUM === undefined) throw new Error('there is no browser on this machine');
  const { chromium } = load('playwright-core') as typeof Playwright;
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-background-networking', '--disable-dev-shm-usage'],
  });
}
