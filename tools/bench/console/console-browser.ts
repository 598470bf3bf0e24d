import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, BrowserContext } from 'playwright-core';
import { launchChromium } from '../../kernel/chromium';
import type { Cleanups } from '../../kernel/cleanups';

/** How long an open page is watched for what it asks for. */
const RECORDED_MS = 10_000;

/** Where a service listens, and a key of it. */
export interface Door {
  readonly url: string;
  readonly key: string;
}

/** What one open page asked for. */
export interface TabRecord {
  readonly headers: Readonly<Record<string, string>>;
  readonly durationMs: number;
  /** Since the first of them. */
  readonly requests: readonly { readonly url: string; readonly atMs: number }[];
}

/** A browser that is signed in to the console of one service. */
export class ConsoleBrowser {
  private constructor(
    private readonly browser: Browser,
    private readonly door: Door,
    private readonly state: Awaited<ReturnType<BrowserContext['storageState']>>,
  ) {}

  static async open(executablePath: string, door: Door, cleanups: Cleanups): Promise<ConsoleBrowser> {
    const browser = await launchChromium(executablePath);
    cleanups.add(() => browser.close());
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(new URL('/console', door.url).href);
    await page.getByLabel('API key').fill(door.key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    const state = await context.storageState();
    await context.close();
    return new ConsoleBrowser(browser, door, state);
  }

  /** From the address being entered, with nothing cached, until the overview shows its figures. */
  async firstViewMs(): Promise<number> {
    const context = await this.browser.newContext({ storageState: this.state });
    const page = await context.newPage();
    const begunAt = performance.now();
    await page.goto(new URL('/console', this.door.url).href, { waitUntil: 'commit' });
    await page.locator('.figure').first().waitFor();
    const ms = performance.now() - begunAt;
    await context.close();
    return ms;
  }

  /** What an open overview asks for while somebody looks at it. */
  async recordTab(): Promise<TabRecord> {
    const context = await this.browser.newContext({ storageState: this.state });
    const page = await context.newPage();
    await page.goto(new URL('/console', this.door.url).href);
    await page.locator('.figure').first().waitFor();
    const begunAt = performance.now();
    const requests: { url: string; atMs: number }[] = [];
    page.on('request', (request) => {
      requests.push({ url: request.url(), atMs: performance.now() - begunAt });
    });
    await sleep(RECORDED_MS);
    const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    await context.close();
    return { headers: { cookie, 'x-hotsplit-console': '1' }, durationMs: RECORDED_MS, requests };
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}
