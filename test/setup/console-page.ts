import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { eventually, HUNG_MS } from './eventually';
import { ADMIN_KEY } from './rest-client';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

interface PageOptions {
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
}

/** A browser's page on the console of one service, and what went wrong in it. */
export class ConsolePage {
  readonly errors: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
    private readonly url: string,
  ) {
    page.setDefaultTimeout(HUNG_MS);
    page.on('pageerror', ({ message }) => this.errors.push(message));
    page.on('console', (message) => {
      // The browser reports every answer above 399 and every request without one, which views show by themselves.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        this.errors.push(message.text());
    });
  }

  static async open(
    browser: Browser,
    url: string,
    { theme = 'light', width = 1_280, height = 800 }: PageOptions = {},
  ): Promise<ConsolePage> {
    const context = await browser.newContext({
      colorScheme: theme,
      viewport: { width, height },
      reducedMotion: 'reduce',
    });
    return new ConsolePage(await context.newPage(), context, url);
  }

  /** @param view its path, empty for the overview */
  async goto(view = ''): Promise<void> {
    await this.page.goto(`${this.url}/console${view === '' ? '' : `/${view}`}`);
  }

  async signIn(key = ADMIN_KEY): Promise<void> {
    await this.page.getByLabel('API key').fill(key);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.getByRole('button', { name: 'Sign out' }).waitFor();
  }

  /** Presses a button of the view and of its dialog; answers when the dialog has gone. */
  async confirm(
    button: string,
    confirm: string | RegExp,
    fill: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<void> {
    await this.page.getByRole('button', { name: button, exact: true }).click();
    await fill();
    await this.page.getByRole('dialog').getByRole('button', { name: confirm }).click();
    await this.page.getByRole('dialog').waitFor({ state: 'detached' });
  }

  /** Resolves when nothing is being loaded for the first time any more. */
  async settled(): Promise<void> {
    await this.page.locator('h1').first().waitFor();
    await this.until('all being loaded', "document.querySelector('.loading') === null");
  }

  /** Resolves when an expression is true in the page. Its policy lets no script of Playwright's wait inside. */
  async until(what: string, expression: string): Promise<void> {
    await eventually(what, async () => ((await this.page.evaluate(expression)) === true ? true : undefined));
  }

  /** What axe finds wrong with what is shown now. */
  async violations(): Promise<readonly string[]> {
    // Past the page's own policy, which forbids this script as every other.
    const session = await this.context.newCDPSession(this.page);
    await session.send('Page.setBypassCSP', { enabled: true });
    const run = `${AXE}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).slice(0, 3).join(' ')))`;
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
      expression: run,
      awaitPromise: true,
      returnByValue: true,
    });
    await session.detach();
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result.value as readonly string[];
  }

  /** By how many pixels the page is wider than its window. */
  overflow(): Promise<number> {
    return this.page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
  }

  close(): Promise<void> {
    return this.context.close();
  }
}
