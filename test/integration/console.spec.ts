import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { HotsplitClient } from '../../src/client';
import { CHROMIUM, launchChromium } from '../setup/chromium';
import { ConsolePage } from '../setup/console-page';
import { eventually } from '../setup/eventually';
import { ADMIN_KEY, type RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { SITES, type ServiceSite } from '../setup/service-sites';

const VIEWS = [
  '',
  'accounts',
  'accounts/hot',
  'shards',
  'operations',
  'audits',
  'intake',
  'webhooks',
  'keys',
  'audit-log',
] as const;

const HOSTILE = '<img src=x onerror="window.struck=1"><script>window.struck=1</script>';

/** Where the picture in the README comes from; npm test leaves it as it is. */
const SCREENSHOTS = process.env['HOTSPLIT_TEST_SCREENSHOTS'];

const describeWhereABrowserIs = CHROMIUM === undefined ? describe.skip : describe;

/** Behind the page every store is the same API, so one of them will do where not all are asked for. */
const WANTED =
  process.env['HOTSPLIT_TEST_BROWSER'] === '1' ? SITES : SITES.filter(({ mark }) => mark === 'sqlite');

describeWhereABrowserIs.each(WANTED)('[$mark] [chromium] the console', ({ make, mark }) => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;
  let browser: Browser;
  let at: ConsolePage;

  beforeAll(async () => {
    site = await make(3);
    service = await startTestService(site);
    rest = service.rest;
    browser = await launchChromium();
    await rest.createAccount({ id: 'hot', subAccounts: 4, initialBalance: '1000000', lowBalance: '100' });
    await rest.createAccount({ id: 'cold', initialBalance: '500' });
    for (let click = 0; click < 60; click += 1) await rest.deduct('hot', `click-${click}`, 10 + click);
    await rest.hold('hot', 'ride', 4_000);
    await rest.post('/v1/accounts/hot/budgets', { budgetId: 'daily', limit: 900_000, period: 'day' });
  });

  afterAll(async () => {
    await browser.close();
    await service.stop();
    await site.drop();
  });

  const open = async (options?: Parameters<typeof ConsolePage.open>[2]): Promise<ConsolePage> => {
    const opened = await ConsolePage.open(browser, rest.url, options);
    await opened.goto();
    await opened.signIn();
    return opened;
  };

  beforeEach(async () => {
    at = await open();
  });

  afterEach(async () => {
    expect(at.errors).toEqual([]);
    await at.close();
  });

  const field = (name: string) => at.page.getByRole('dialog').locator(`[name="${name}"]`);
  const text = (said: string | RegExp) => at.page.getByText(said).first().waitFor();

  describe('signing in and out', () => {
    it('takes a key, goes on where one was, and gives the session back', async () => {
      await at.page.getByRole('button', { name: 'Sign out' }).click();
      await at.page.getByLabel('API key').waitFor();
      await at.goto('accounts/hot');
      await at.page.getByLabel('API key').fill('a-key-that-nobody-has');
      await at.page.keyboard.press('Enter');
      await text('The key is not known, or has expired.');
      await at.signIn();
      await at.page.getByRole('heading', { level: 1, name: 'hot' }).waitFor();
      await at.page.reload();
      await at.page.getByRole('heading', { level: 1, name: 'hot' }).waitFor();
      expect(await at.page.evaluate('document.cookie')).toBe('');
    });

    it('says so when the session ends, and asks for the key again', async () => {
      const { body } = await rest.post('/v1/admin/keys', { name: 'short', scopes: ['read', 'admin'] });
      await at.page.getByRole('button', { name: 'Sign out' }).click();
      await at.signIn(body['key'] as string);
      await rest.send('DELETE', `/v1/admin/keys/${body['keyId'] as string}`);
      await text('The session is over.');
    });
  });

  it('shows every view by the keyboard alone', async () => {
    for (const name of [
      'Accounts',
      'Shards',
      'Operations',
      'Audits',
      'Intake',
      'Webhooks',
      'Keys',
      'Audit log',
      'Overview',
    ]) {
      const link = at.page.getByRole('navigation').getByRole('link', { name });
      await link.focus();
      await at.page.keyboard.press('Enter');
      await at.page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
      await at.settled();
      expect(await at.page.title()).toContain(name);
      // Whoever reads with ears hears where they are.
      await at.until('the focus on the head', "document.activeElement?.tagName === 'H1'");
    }
    await at.page.getByRole('searchbox').fill('cold');
    await at.page.keyboard.press('Enter');
    await at.page.getByRole('heading', { level: 1, name: 'cold' }).waitFor();
  });

  it('draws what happens on the overview', async () => {
    await text('s0');
    const succeeded = at.page.locator('.figure', { hasText: 'Succeeded' }).locator('dd');
    await rest.createAccount({ id: 'busy', initialBalance: '1000000' });
    let sent = 0;
    await eventually('a rate above nothing', async () => {
      await rest.deduct('busy', `rate-${sent++}`, 1);
      return /^[1-9]|^0\.[1-9]/.test((await succeeded.textContent()) ?? '') ? true : undefined;
    });
    const busiest = at.page.getByRole('region', { name: 'Accounts by heat' });
    await eventually('the busy account among the busiest', async () => {
      await rest.deduct('busy', `rate-${sent++}`, 1);
      return (await busiest.getByRole('link', { name: 'busy' }).count()) > 0 ? true : undefined;
    });
    await at.page.getByRole('img', { name: /per second: .* succeeded/ }).waitFor();
  });

  describe('an account', () => {
    it('is created, with an opening balance', async () => {
      await at.goto('accounts');
      await at.confirm('Create an account', 'Create made-here', async () => {
        await field('id').fill('made-here');
        await field('subAccounts').fill('2');
        await field('initialBalance').fill('12.50');
      });
      await at.page.getByRole('heading', { level: 1, name: 'made-here' }).waitFor();
      expect((await rest.get('/v1/accounts/made-here')).body).toMatchObject({
        asset: 'USD/2',
        subAccounts: 2,
      });
      expect(await rest.available('made-here')).toBe(1_250n);
    });

    it('is credited once, by an amount that is said in full before', async () => {
      const before = await rest.available('cold');
      await at.goto('accounts/cold');
      await at.confirm('Credit', 'Credit 7.05 USD to cold', async () => {
        await field('amount').fill('7.051');
        expect(
          await at.page.getByRole('dialog').getByRole('button', { name: 'Credit cold' }).isDisabled(),
        ).toBe(true);
        await field('amount').fill('7.05');
        await field('reference').fill('by hand');
      });
      await text('7.05 USD came to cold.');
      expect(await rest.available('cold')).toBe(before + 705n);
      await at.page.getByRole('region', { name: 'Entries of cold' }).getByText('by hand').waitFor();
    });

    it('is frozen and unfrozen', async () => {
      await at.goto('accounts/cold');
      await at.confirm('Freeze', 'Freeze cold');
      await at.page.getByRole('button', { name: 'Unfreeze' }).waitFor();
      expect((await rest.get('/v1/accounts/cold')).body).toMatchObject({ status: 'frozen' });
      await at.confirm('Unfreeze', 'Unfreeze cold');
      await at.page.getByRole('button', { name: 'Freeze', exact: true }).waitFor();
      expect((await rest.get('/v1/accounts/cold')).body).toMatchObject({ status: 'active' });
    });

    it('is closed only by somebody who types its name, and says why it is not', async () => {
      await rest.createAccount({ id: 'to-close', initialBalance: '1' });
      await at.goto('accounts/to-close');
      await at.page.getByRole('button', { name: 'Close', exact: true }).first().click();
      const confirm = at.page.getByRole('dialog').getByRole('button', { name: 'Close to-close' });
      expect(await confirm.isDisabled()).toBe(true);
      await field('confirmation').fill('to-close');
      await confirm.click();
      await text(/ACCOUNT_NOT_EMPTY/);
      await rest.deduct('to-close', 'rest', 1);
      await confirm.click();
      await text('to-close is closed.');
      expect((await rest.get('/v1/accounts/to-close')).body).toMatchObject({ status: 'closed' });
    });

    it('is deducted from in another way', async () => {
      await at.goto('accounts/cold');
      await at.confirm('Strategy', 'Deduct from cold by atomic', () =>
        field('strategy').selectOption('atomic'),
      );
      expect((await rest.get('/v1/accounts/cold')).body).toMatchObject({ strategy: 'atomic' });
    });

    it('has its low balance and its metadata changed, and a change that came between is not overwritten', async () => {
      await rest.createAccount({ id: 'edited' });
      await at.goto('accounts/edited');
      await at.confirm('Edit', 'Change edited', async () => {
        await field('lowBalance').fill('3');
        await field('metadata').fill('team=growth\nowner=Ada');
      });
      expect((await rest.get('/v1/accounts/edited')).body).toMatchObject({
        lowBalance: '300',
        metadata: { team: 'growth', owner: 'Ada' },
      });
    });

    it('is split by itself within bounds, and is used at most so often', async () => {
      await rest.createAccount({ id: 'bounded', initialBalance: '500' });
      await at.goto('accounts/bounded');
      await at.confirm('Auto-split', 'Let bounded be split by itself', async () => {
        await at.page.locator('select[name=enabled]').selectOption('yes');
        await field('min').fill('2');
        await field('max').fill('8');
      });
      await text('from 2 to 8 sub-accounts');
      await at.confirm('Edit', 'Change bounded', () => field('deductionsPerSecond').fill('250'));
      await text('at most 250');
      expect((await rest.get('/v1/accounts/bounded')).body).toMatchObject({
        autoSplit: { enabled: true, min: 2, max: 8 },
        deductionsPerSecond: 250,
      });
    });

    it('may go as far below zero as somebody who edits it says', async () => {
      await rest.createAccount({ id: 'trusted', initialBalance: '500' });
      await at.goto('accounts/trusted');
      await at.confirm('Edit', 'Change trusted', () => field('creditLimit').fill('20.00'));
      const spendable = at.page.locator('.figure', { hasText: 'Spendable' });
      await spendable.getByText('25.00').waitFor();
      await rest.deduct('trusted', 'on-credit', 1_500);
      await at.page.locator('.figure-main', { hasText: '−10.00' }).waitFor();
      await spendable.getByText('10.00').waitFor();
    });

    it('has budgets made, shown, changed and deleted', async () => {
      await rest.createAccount({ id: 'capped', initialBalance: '100000' });
      await at.goto('accounts/capped');
      const budgets = at.page.getByRole('region', { name: 'Budgets', exact: true });
      await budgets.getByText('Nothing limits what is spent').waitFor();
      await at.confirm('Make a budget', 'Make monthly', async () => {
        await field('budgetId').fill('monthly');
        await field('limit').fill('50');
        await field('period').selectOption('month');
        await field('timeZone').fill('Europe/Berlin');
      });
      await at.confirm('Make a budget', 'Make campaign', async () => {
        await field('budgetId').fill('campaign');
        await field('limit').fill('20.00');
        await field('parent').fill('monthly');
      });
      const { status } = await rest.post('/v1/accounts/capped/deductions', {
        amount: 1_250,
        requestId: 'ad-1',
        budgets: ['campaign'],
      });
      expect(status).toBe(201);
      await budgets.getByRole('button', { name: 'monthly' }).click();
      const dialog = at.page.getByRole('dialog');
      await dialog.getByText('12.50').waitFor();
      await dialog.getByText('37.50').waitFor();
      await dialog.getByText('each month in Europe/Berlin').waitFor();
      await dialog.getByRole('button', { name: 'Change the limit' }).click();
      await field('limit').fill('12.50');
      await dialog.getByRole('button', { name: 'Limit monthly to 12.50 USD' }).click();
      await text('monthly is limited to 12.50 USD.');
      expect((await rest.get('/v1/accounts/capped/budgets/monthly')).body).toMatchObject({
        limit: '1250',
        spent: '1250',
        available: '0',
      });
      await budgets.getByRole('button', { name: 'campaign' }).click();
      await dialog.getByRole('button', { name: 'Delete' }).click();
      await field('confirmation').fill('campaign');
      await dialog.getByRole('button', { name: 'Delete campaign' }).click();
      await text('campaign is deleted.');
      const { items } = await rest.page<{ budgetId: string }>('/v1/accounts/capped/budgets');
      expect(items.map(({ budgetId }) => budgetId)).toEqual(['monthly']);
    });

    it('shows what is set aside, until when', async () => {
      await at.goto('accounts/hot');
      const holds = at.page.getByRole('region', { name: 'Open holds of hot' });
      await holds.getByText('ride', { exact: true }).waitFor();
      await holds.getByText('40.00').waitFor();
    });

    it('is resized while the page looks on: bars come, and the money is level on them', async () => {
      await rest.createAccount({ id: 'growing', subAccounts: 2, initialBalance: '900000' });
      await at.goto('accounts/growing');
      await at.page.locator('.bar').first().waitFor();
      expect(await at.page.locator('.bar').count()).toBe(2);
      await at.confirm('Resize', 'Resize growing to 6', async () => {
        await field('count').fill('6');
        await text(/moves to 6|4 sub-accounts are added/);
      });
      await at.until('six bars', "document.querySelectorAll('.bar').length === 6");
      await at.page.getByRole('region', { name: 'Operations' }).getByText('done').waitFor();
      expect((await rest.get('/v1/accounts/growing')).body).toMatchObject({ subAccounts: 6 });
      await at.confirm('Rebalance', 'Rebalance growing');
      await eventually('a level account', async () => {
        const { items } = await rest.page<{ available: string }>('/v1/admin/accounts/growing/sub-accounts');
        return items.every(({ available }) => available === '150000') ? true : undefined;
      });
      await at.until(
        'level bars',
        "[...document.querySelectorAll('.bar-amount')].every(({ textContent }) => textContent === '1,500.00')",
      );
      expect(await rest.available('growing')).toBe(900_000n);
    });

    it('shows its entries page by page, by kind, and the life of one request', async () => {
      await at.goto('accounts/hot');
      const entries = at.page.getByRole('region', { name: 'Entries of hot' });
      await entries.getByText('click-59').waitFor();
      await eventually('the oldest entry', async () => {
        await at.page.evaluate('window.scrollTo(0, document.body.scrollHeight)');
        return (await entries.getByText('click-0', { exact: true }).count()) > 0 ? true : undefined;
      });
      await rest.reverse('hot', 'click-7', 'sorry', 5);
      await at.page.locator('select[name=kind]').selectOption('reversal');
      await entries.getByText('sorry').click();
      const dialog = at.page.getByRole('dialog');
      await dialog.getByText('click-7').first().waitFor();
      await dialog.getByRole('heading', { name: /Reversal/ }).waitFor();
      await at.page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await at.page.locator('select[name=kind]').selectOption('');
      await rest.post('/v1/accounts/hot/deductions', {
        amount: 1,
        requestId: 'with-a-reference',
        reference: 'order 4711',
      });
      await at.page.locator('input[name=reference]').fill('order 4711');
      await at.page.keyboard.press('Enter');
      await entries.getByText('with-a-reference').waitFor();
      await entries.getByText('click-59').waitFor({ state: 'detached' });
      await at.page.locator('input[name=requestId]').fill('ride');
      await at.page.getByRole('button', { name: 'Look it up' }).click();
      await dialog.getByRole('heading', { name: /Hold/ }).waitFor();
    });

    it('that nobody has is said to be none', async () => {
      await at.goto('accounts/nobody');
      await text('There is no such account');
      await at.settled();
    });
  });

  it('adds a shard, and removes it', async () => {
    await at.goto('shards');
    const url =
      mark === 'sqlite'
        ? `sqlite:${join(site.folder, 'more.sqlite')}`
        : 'mysql://nobody:nothing@127.0.0.1:1/none';
    await at.page.getByRole('button', { name: 'Add a shard' }).click();
    await field('name').fill('more');
    await field('url').fill(url);
    await at.page.getByRole('dialog').getByRole('button', { name: 'Add more' }).click();
    if (mark !== 'sqlite') {
      // A refusal stays in sight, with what was typed.
      await at.page.getByRole('dialog').getByRole('alert').waitFor();
      return;
    }
    await text('more is ready for accounts.');
    const names = async (): Promise<string[]> =>
      (await rest.page<{ name: string }>('/v1/admin/shards')).items.map(({ name }) => name);
    expect(await names()).toContain('more');
    await at.confirm('Remove more', 'Remove more', () => field('confirmation').fill('more'));
    expect(await names()).not.toContain('more');
  });

  it('starts an audit, and shows what it proved', async () => {
    await at.goto('audits');
    await at.confirm('Start an audit', 'Audit all accounts');
    await text('balanced');
    await at.goto('operations');
    await at.page
      .getByRole('button', { name: /Details of audit/ })
      .first()
      .click();
    await at.page.getByRole('dialog').getByText('"balanced": true').waitFor();
  });

  it('makes a key that is shown once, changes it and deletes it', async () => {
    await at.goto('keys');
    await at.page.getByRole('button', { name: 'Create a key' }).click();
    await field('name').fill('from the console');
    await field('Scopes: deduct').check();
    await field('deductionsPerSecond').fill('250');
    await at.page.getByRole('dialog').getByRole('button', { name: 'Create from the console' }).click();
    const secret = await field('secret').inputValue();
    expect((await rest.as(secret).get('/v1/accounts/cold')).status).toBe(200);
    await at.page.getByRole('button', { name: 'It is kept' }).click();
    expect(await at.page.content()).not.toContain(secret);
    await at.confirm('Change from the console', 'Change from the console', () =>
      field('accounts').fill('hot'),
    );
    expect((await rest.as(secret).get('/v1/accounts/cold')).status).toBe(403);
    await at.confirm('Delete from the console', 'Delete from the console', () =>
      field('confirmation').fill('from the console'),
    );
    expect((await rest.as(secret).get('/v1/accounts/hot')).status).toBe(401);
  });

  it('adds a webhook, shows what became of its deliveries, and deletes it', async () => {
    await at.goto('webhooks');
    await at.page.getByRole('button', { name: 'Add a webhook' }).click();
    await field('url').fill('https://receiver.invalid/hooks');
    await at.page.getByRole('dialog').getByRole('button', { name: 'Add it' }).click();
    expect(await field('secret').inputValue()).toMatch(/^whsec_/);
    await at.page.getByRole('button', { name: 'It is kept' }).click();
    await at.page.getByRole('link', { name: 'https://receiver.invalid/hooks' }).click();
    await at.page.getByRole('button', { name: 'Disable' }).click();
    await at.page.getByRole('button', { name: 'Enable' }).waitFor();
    expect((await rest.page<{ enabled: boolean }>('/v1/admin/webhooks')).items).toMatchObject([
      { enabled: false },
    ]);
    await at.page.getByRole('button', { name: 'Rotate the secret' }).click();
    await at.page
      .getByRole('dialog')
      .getByRole('button', { name: /^Rotate/ })
      .click();
    await field('secret').waitFor();
    await at.page.getByRole('button', { name: 'It is kept' }).click();
    await at.confirm('Delete', /^Delete wh_/);
    expect((await rest.page('/v1/admin/webhooks')).items).toEqual([]);
  });

  it('tells of what was done here in the audit log', async () => {
    await at.goto('audit-log');
    await at.page.locator('input[name=action]').fill('freezeAccount');
    await at.page.getByRole('button', { name: 'Search' }).click();
    await rest.post('/v1/accounts/hot/freeze', undefined);
    await rest.post('/v1/accounts/hot/unfreeze', undefined);
    await at.page.getByRole('region').getByText('freezeAccount').first().waitFor();
    await at.page
      .getByRole('button', { name: /Details of line/ })
      .first()
      .click();
    await at.page.getByRole('dialog').getByText('freezeAccount').first().waitFor();
  });

  it('offers nothing that the key may not, and says why where it shows nothing', async () => {
    const { body } = await rest.post('/v1/admin/keys', { name: 'looks only', scopes: ['read'] });
    await at.page.getByRole('button', { name: 'Sign out' }).click();
    await at.signIn(body['key'] as string);
    await at.goto('accounts/hot');
    for (const name of ['Credit', 'Resize', 'Rebalance', 'Strategy', 'Edit', 'Freeze', 'Close', 'Repair'])
      expect([name, await at.page.getByRole('button', { name, exact: true }).isDisabled()]).toEqual([
        name,
        true,
      ]);
    for (const view of ['shards', 'operations', 'audits', 'webhooks', 'keys', 'audit-log']) {
      await at.goto(view);
      await text('Not for this key');
      await text(/needs a key with the scope "admin"/);
    }
    const blind = await rest.post('/v1/admin/keys', { name: 'deducts only', scopes: ['deduct'] });
    await at.page.getByRole('button', { name: 'Sign out' }).click();
    await at.signIn(blind.body['key'] as string);
    for (const view of ['', 'accounts', 'accounts/hot', 'intake']) {
      await at.goto(view);
      await text('Not for this key');
    }
  });

  it('takes whatever users attach for text', async () => {
    await rest.createAccount({ id: 'hostile', initialBalance: '100' });
    await rest.patch('/v1/accounts/hostile', { metadata: { [HOSTILE.slice(0, 60)]: HOSTILE } });
    await rest.post('/v1/accounts/hostile/deductions', {
      amount: 1,
      requestId: '"><svg/onload=struck=1>',
      reference: HOSTILE,
      metadata: { note: HOSTILE },
    });
    await rest.post('/v1/admin/keys', { name: HOSTILE.slice(0, 64), scopes: ['read'] });
    await at.goto('accounts/hostile');
    await text(HOSTILE);
    await at.page.getByRole('region', { name: 'Entries of hostile' }).getByRole('button').first().click();
    await at.page.getByRole('dialog').getByText(HOSTILE).first().waitFor();
    for (const view of ['keys', 'audit-log', `accounts/${encodeURIComponent('<img src=x>').slice(0, 40)}`]) {
      await at.goto(view);
      await at.settled();
    }
    expect(await at.page.evaluate('window.struck')).toBeUndefined();
  });

  it('says that the connection is lost, keeps what it knew, and goes on when it is back', async () => {
    const way = await Way.to(rest.url);
    const through = await ConsolePage.open(browser, way.url);
    await through.goto('accounts/cold');
    await through.signIn();
    await through.page.getByRole('heading', { level: 1, name: 'cold' }).waitFor();
    await through.page.locator('.figure').first().waitFor();
    way.cut();
    await through.page.getByText('Connection lost').waitFor();
    expect(await through.page.locator('.figure').count()).toBeGreaterThan(0);
    await rest.credit('cold', 'while-away', 100_000_00);
    way.mend();
    await through.page.getByText('Live', { exact: true }).waitFor();
    await through.page
      .getByText(/100,\d{3}\.\d\d/)
      .first()
      .waitFor();
    expect(through.errors).toEqual([]);
    await through.close();
    await way.end();
  });

  it.each(['light', 'dark'] as const)('has no fault that axe finds, in any view, %s', async (theme) => {
    const themed = await open({ theme });
    for (const view of VIEWS) {
      await themed.goto(view);
      await themed.settled();
      expect([view, await themed.violations()]).toEqual([view, []]);
      await shoot(themed, `${theme}-${view.replace('/', '-') || 'overview'}`);
    }
    await themed.goto('accounts/hot');
    await themed.settled();
    for (const action of ['Credit', 'Resize', 'Strategy', 'Edit', 'Freeze', 'Close']) {
      await themed.page.getByRole('button', { name: action, exact: true }).first().click();
      await themed.page.getByRole('dialog').waitFor();
      expect([action, await themed.violations()]).toEqual([action, []]);
      await themed.page.keyboard.press('Escape');
      await themed.page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await themed.page.getByRole('button', { name: 'Sign out' }).click();
    await themed.page.getByLabel('API key').waitFor();
    expect(await themed.violations()).toEqual([]);
    await themed.close();
  });

  it.each([
    ['375 px', { width: 375, height: 700 }],
    ['1,280 px at 200 %', { width: 640, height: 400 }],
  ])('fits a window of %s', async (name, size) => {
    const narrow = await open(size);
    for (const view of VIEWS) {
      await narrow.goto(view);
      await narrow.settled();
      expect([view, await narrow.overflow()]).toEqual([view, 0]);
      await shoot(narrow, `${name.replace(/\W+/g, '-')}-${view.replace('/', '-') || 'overview'}`);
    }
    await narrow.close();
  });

  if (SCREENSHOTS !== undefined)
    it('is pictured with a crowd at it', async () => {
      const accounts = Array.from({ length: 12 }, (_, n) => `streamer-${n + 1}`);
      for (const id of accounts)
        await rest.createAccount({ id, subAccounts: 4, initialBalance: '1000000000' });
      const client = new HotsplitClient({ endpoints: rest.url, apiKey: ADMIN_KEY });
      let isOver = false;
      const viewers = Array.from({ length: 64 }, async (_, viewer) => {
        for (let tip = 0; !isOver; tip += 1) {
          // Every second tip goes to the first streamer, every fourth to the second one, and so on.
          const halvings = Math.clz32(Math.imul(tip * 64 + viewer, 2_654_435_761));
          const accountId = accounts[halvings % accounts.length] as string;
          await client.deduct({ accountId, requestId: `tip-${viewer}-${tip}`, amount: 1 + (tip % 99) });
        }
      });
      await at.goto();
      await at.until(
        'a minute of the crowd',
        "document.querySelectorAll('.chart').length === 2 && performance.now() > 60_000",
      );
      await shoot(at, 'crowd');
      isOver = true;
      await Promise.all(viewers);
      await client.close();
    });

  async function shoot({ page }: ConsolePage, name: string): Promise<void> {
    if (SCREENSHOTS === undefined) return;
    const path = join(SCREENSHOTS, mark, `${name}.png`);
    mkdirSync(dirname(path), { recursive: true });
    await page.screenshot({ path });
  }
});

/** A way to a service that can be cut: while it is, connections end at once. */
class Way {
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async to(target: string): Promise<Way> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address() as { readonly port: number };
    const way = new Way(server, `http://127.0.0.1:${address.port}`);
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      way.#join(socket, connect(Number(port), hostname));
    });
    return way;
  }

  #join(near: Socket, far: Socket): void {
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
    }
    if (this.#isCut) this.cut();
    near.pipe(far);
    far.pipe(near);
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  async end(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }
}
