import { bringCommands } from './bring-commands.mjs';

/** The browser that the tests of the console drive. */
export async function bringChromium(report) {
  const { chromium } = await bringCommands({
    product: 'Chromium',
    commands: ['chromium'],
    debianPackage: 'chromium',
    report,
  });
  return chromium;
}
