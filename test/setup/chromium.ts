import type { Browser } from 'playwright-core';
import { launchChromium as launch } from '../../tools/kernel/chromium';

/** Debian's Chromium, which `npm test` brings where it can; what it could not bring is said in its summary. */
export const CHROMIUM = process.env['HOTSPLIT_TEST_CHROMIUM'];

export function launchChromium(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('there is no browser on this machine');
  return launch(CHROMIUM);
}
