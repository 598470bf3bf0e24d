import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../setup/eventually';
import type { Answer, RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { SITES, type ServiceSite } from '../setup/service-sites';

const PAGE = join(__dirname, '../../docs/api.md');

/** The lines of the table of orders in docs/api.md, by what comes. */
function orders(): Map<string, string> {
  const [, behind = ''] = readFileSync(PAGE, 'utf8').split(
    '<!-- holds: test/integration/hold-orders.spec.ts',
  );
  const [table = ''] = behind.split(/\n\n(?!\|)/);
  const lines = table.split('\n').filter((line) => /^\| (?!what comes|-)/.test(line));
  return new Map(
    lines
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .map(([, what = '', then = '']) => [what, then]),
  );
}

/** One account with 1,000 and what is done to holds of it. */
class Wallet {
  constructor(
    private readonly rest: RestClient,
    readonly id: string,
  ) {}

  post(path: string, json?: object): Promise<Answer> {
    return this.rest.send('POST', `/v1/accounts/${this.id}/${path}`, json ? { json } : {});
  }

  send(method: 'GET' | 'DELETE', path: string): Promise<Answer> {
    return this.rest.send(method, `/v1/accounts/${this.id}/${path}`);
  }

  /** In place of the hold that there is, one of as much that is set aside in a budget as well. */
  async holdInBudget(requestId: string, limit: string): Promise<void> {
    await this.cancel('h');
    await this.post('budgets', { budgetId: 'cap', limit, period: 'total' });
    await this.hold(requestId, { budgets: ['cap'] });
  }

  hold(requestId: string, given: object = {}): Promise<Answer> {
    return this.post('holds', { requestId, amount: '100', ...given });
  }

  confirm(holdId: string, body?: object): Promise<Answer> {
    return this.post(`holds/${holdId}/confirm`, body);
  }

  /** A capture after which the hold goes on. */
  capture(holdId: string, requestId: string, amount?: string): Promise<Answer> {
    return this.confirm(holdId, { requestId, final: false, ...(amount !== undefined && { amount }) });
  }

  cancel(holdId: string): Promise<Answer> {
    return this.post(`holds/${holdId}/cancel`);
  }

  raise(holdId: string, amount: string): Promise<Answer> {
    return this.post(`holds/${holdId}/raise`, { amount });
  }

  extend(holdId: string, expiresInSeconds: number): Promise<Answer> {
    return this.post(`holds/${holdId}/extend`, { expiresInSeconds });
  }

  /** Until it is found to have expired. */
  async expired(holdId: string): Promise<void> {
    await eventually(`${holdId} expires`, async () => {
      const { body } = await this.rest.send('GET', `/v1/accounts/${this.id}/holds/${holdId}`);
      return body['status'] === 'expired' ? true : undefined;
    });
  }

  /** available and held. */
  async money(): Promise<string> {
    const { body } = await this.rest.send('GET', `/v1/accounts/${this.id}/balance`);
    return `${String(body['available'])} + ${String(body['held'])}`;
  }
}

/** What an answer is, and what the account has afterwards. */
type Told = readonly [answer: Answer, money: string];

const told = async (wallet: Wallet, answer: Answer): Promise<Told> => [answer, await wallet.money()];

/** By the line of the table: what is done, and what must be the case then. Each begins with a hold `h` of 100 out of 1,000. */
const CASES: Readonly<
  Record<
    string,
    { readonly done: (wallet: Wallet) => Promise<Told>; readonly is: string; readonly money: string }
  >
> = {
  'confirm of more with `allowMore`': {
    done: async (w) => told(w, await w.confirm('h', { amount: '130', allowMore: true })),
    is: '200 confirmed 130 of 130',
    money: '870 + 0',
  },
  'confirm of more with `allowMore`, too little available': {
    done: async (w) => told(w, await w.confirm('h', { amount: '1001', allowMore: true })),
    is: '422 INSUFFICIENT_FUNDS',
    money: '900 + 100',
  },
  'confirm of more with `allowMore`, account frozen': {
    done: async (w) => {
      await w.post('freeze');
      const refused = await told(w, await w.confirm('h', { amount: '130', allowMore: true }));
      expect((await w.confirm('h', { amount: '100', allowMore: true })).status).toBe(200);
      return refused;
    },
    is: '409 ACCOUNT_FROZEN',
    money: '900 + 100',
  },
  'confirm of more than is held': {
    done: async (w) => told(w, await w.confirm('h', { amount: '101' })),
    is: '409 HOLD_EXCEEDED 100',
    money: '900 + 100',
  },
  'capture with `final: false`': {
    done: async (w) => told(w, await w.capture('h', 'c1', '30')),
    is: '200 held 30 of 100',
    money: '900 + 70',
  },
  'capture with `final: false` and no `requestId`': {
    done: async (w) => told(w, await w.confirm('h', { amount: '30', final: false })),
    is: '400 INVALID_ARGUMENT',
    money: '900 + 100',
  },
  'capture again, same `requestId`': {
    done: async (w) => {
      await w.capture('h', 'c1', '30');
      expect((await w.capture('h', 'c1', '30')).headers['idempotent-replayed']).toBe('true');
      await w.confirm('h', { amount: '20' });
      return told(w, await w.capture('h', 'c1', '30'));
    },
    is: '200 confirmed 50 of 100 again',
    money: '950 + 0',
  },
  'capture again, same `requestId`, other parameters': {
    done: async (w) => {
      await w.capture('h', 'c1', '30');
      return told(w, await w.confirm('h', { requestId: 'c1', amount: '30' }));
    },
    is: '422 IDEMPOTENCY_KEY_REUSED',
    money: '900 + 70',
  },
  'capture with another `requestId`, same amount': {
    done: async (w) => {
      await w.capture('h', 'c1', '30');
      return told(w, await w.capture('h', 'c2', '30'));
    },
    is: '200 held 60 of 100',
    money: '900 + 40',
  },
  'capture with `final: false` of a hold with nothing left': {
    done: async (w) => {
      await w.capture('h', 'c1');
      return told(w, await w.capture('h', 'c2'));
    },
    is: '409 HOLD_EXCEEDED 0',
    money: '900 + 0',
  },
  'confirm without amount of a hold with nothing left': {
    done: async (w) => {
      await w.capture('h', 'c1');
      await w.confirm('h');
      return told(w, await w.confirm('h'));
    },
    is: '200 confirmed 100 of 100 again',
    money: '900 + 0',
  },
  'capture after the last': {
    done: async (w) => {
      await w.confirm('h', { amount: '40' });
      return told(w, await w.capture('h', 'c1', '10'));
    },
    is: '409 HOLD_ALREADY_CONFIRMED',
    money: '960 + 0',
  },
  'cancel after captures': {
    done: async (w) => {
      await w.capture('h', 'c1', '30');
      return told(w, await w.cancel('h'));
    },
    is: '200 cancelled 30 of 100',
    money: '970 + 0',
  },
  'expiry after captures': {
    done: async (w) => {
      await w.hold('e', { expiresInSeconds: 1 });
      const captured = await w.capture('e', 'c1', '30');
      await w.expired('e');
      return told(w, captured);
    },
    is: '200 held 30 of 100',
    money: '870 + 100',
  },
  'capture after cancel or expiry': {
    done: async (w) => {
      await w.cancel('h');
      return told(w, await w.capture('h', 'c1', '10'));
    },
    is: '409 HOLD_ALREADY_CANCELLED',
    money: '1000 + 0',
  },
  raise: {
    done: async (w) => told(w, await w.raise('h', '150')),
    is: '200 held of 150',
    money: '850 + 150',
  },
  'raise again, or to less than it was raised to': {
    done: async (w) => {
      await w.raise('h', '150');
      await w.raise('h', '150');
      return told(w, await w.raise('h', '120'));
    },
    is: '200 held of 150 again',
    money: '850 + 150',
  },
  'raise to no more than the try asked for': {
    done: async (w) => told(w, await w.raise('h', '100')),
    is: '400 INVALID_ARGUMENT',
    money: '900 + 100',
  },
  'raise with too little available': {
    done: async (w) => told(w, await w.raise('h', '1001')),
    is: '422 INSUFFICIENT_FUNDS',
    money: '900 + 100',
  },
  'raise while the account is frozen': {
    done: async (w) => {
      await w.post('freeze');
      return told(w, await w.raise('h', '150'));
    },
    is: '409 ACCOUNT_FROZEN',
    money: '900 + 100',
  },
  'raise after confirm': {
    done: async (w) => {
      await w.confirm('h');
      return told(w, await w.raise('h', '150'));
    },
    is: '409 HOLD_ALREADY_CONFIRMED',
    money: '900 + 0',
  },
  'raise after cancel or expiry': {
    done: async (w) => {
      await w.cancel('h');
      return told(w, await w.raise('h', '150'));
    },
    is: '409 HOLD_ALREADY_CANCELLED',
    money: '1000 + 0',
  },
  'raise, or confirm of more, beyond a budget': {
    done: async (w) => {
      await w.holdInBudget('b', '120');
      const more = await w.confirm('b', { amount: '121', allowMore: true });
      expect(more.body).toMatchObject({ code: 'BUDGET_EXHAUSTED', budgetId: 'cap', available: '20' });
      expect(more.body).not.toHaveProperty('renewsAt');
      return told(w, await w.raise('b', '121'));
    },
    is: '422 BUDGET_EXHAUSTED',
    money: '900 + 100',
  },
  'raise, or confirm of more, in a budget that was deleted': {
    done: async (w) => {
      await w.holdInBudget('b', '500');
      await w.send('DELETE', 'budgets/cap');
      const more = await w.confirm('b', { amount: '130', allowMore: true });
      expect(more.body).toMatchObject({ code: 'BUDGET_NOT_FOUND', budgetId: 'cap' });
      const refused = await told(w, await w.raise('b', '130'));
      expect((await w.confirm('b')).status).toBe(200);
      return refused;
    },
    is: '404 BUDGET_NOT_FOUND',
    money: '900 + 100',
  },
  'confirm of less, cancel or expiry, with budgets': {
    done: async (w) => {
      await w.holdInBudget('b', '120');
      expect((await w.send('GET', 'budgets/cap')).body).toMatchObject({ held: '100', available: '20' });
      await w.hold('x', { amount: '20', budgets: ['cap'] });
      await w.cancel('x');
      const confirmed = await told(w, await w.confirm('b', { amount: '30' }));
      expect((await w.send('GET', 'budgets/cap')).body).toMatchObject({
        spent: '30',
        held: '0',
        available: '90',
      });
      return confirmed;
    },
    is: '200 confirmed 30 of 100',
    money: '970 + 0',
  },
  extend: {
    done: async (w) => {
      const { body } = await w.extend('h', 3_600);
      const lasts = Date.parse(String(body['expiresAt'])) - Date.parse(String(body['createdAt']));
      expect(lasts).toBeGreaterThanOrEqual(3_600_000);
      return told(w, await w.extend('h', 7_200));
    },
    is: '200 held of 100',
    money: '900 + 100',
  },
  'extend to an earlier time': {
    done: async (w) => told(w, await w.extend('h', 1)),
    is: '200 held of 100 again',
    money: '900 + 100',
  },
  'extend after confirm': {
    done: async (w) => {
      await w.confirm('h');
      return told(w, await w.extend('h', 3_600));
    },
    is: '409 HOLD_ALREADY_CONFIRMED',
    money: '900 + 0',
  },
  'extend after cancel or expiry': {
    done: async (w) => {
      await w.cancel('h');
      return told(w, await w.extend('h', 3_600));
    },
    is: '409 HOLD_ALREADY_CANCELLED',
    money: '1000 + 0',
  },
  'raise or extend of what was never tried': {
    done: async (w) => {
      expect((await w.extend('none', 3_600)).status).toBe(404);
      return told(w, await w.raise('none', '150'));
    },
    is: '404 HOLD_NOT_FOUND',
    money: '900 + 100',
  },
  'reversal of a capture, while the hold stands or after': {
    done: async (w) => {
      await w.capture('h', 'c1', '30');
      const reverse = (requestId: string, amount: string): Promise<Answer> =>
        w.post('deductions/h/reversals', { requestId, amount, captureId: 'c1' });
      expect((await reverse('r1', '10')).body).toMatchObject({ reverses: 'c1', holdId: 'h', amount: '10' });
      await w.confirm('h', { amount: '50' });
      expect((await reverse('r2', '21')).body).toMatchObject({
        code: 'REVERSAL_EXCEEDS_DEDUCTION',
        left: '20',
      });
      return told(w, await reverse('r3', '20'));
    },
    is: '201 succeeded of 20',
    money: '950 + 0',
  },
};

/** Orders that holds.spec and tcc-cases try. */
const ELSEWHERE = [
  'cancel before try',
  'cancel again, cancel after expiry',
  'confirm again, same amount',
  'confirm again, other amount',
  'confirm after cancel',
  'confirm after the time is over',
  'cancel after confirm',
  'confirm and cancel, or expiry, at once',
  'confirm of what was never tried',
  'cancel of an id that something else has',
];

it('every line of the table of orders in docs/api.md is tried', () => {
  const lines = [...orders().keys()];
  expect(lines.length).toBeGreaterThan(30);
  expect([...Object.keys(CASES), ...ELSEWHERE].sort()).toEqual(lines.sort());
});

describe.each(SITES)('[$mark] a hold that lasts', ({ make }) => {
  let site: ServiceSite;
  let service: TestService;
  let wallets = 0;

  beforeAll(async () => {
    site = await make(2);
    service = await startTestService(site);
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
  });

  it.each(Object.entries(CASES))('%s', async (line, { done, is, money }) => {
    const id = `wallet-${(wallets += 1)}`;
    await service.rest.createAccount({ id, subAccounts: 4, initialBalance: '1000' });
    const wallet = new Wallet(service.rest, id);
    await wallet.hold('h');
    const [answer, has] = await done(wallet);
    expect(shown(answer)).toBe(is);
    expect(has).toBe(money);
    // The page says the same status and code.
    const says = orders().get(line) ?? '';
    if (answer.status >= 400) expect(says).toContain(`${answer.status} ${String(answer.body['code'])}`);
  });

  it('pays what is above a hold from wherever the account has it, to the last unit', async () => {
    const id = `wallet-${(wallets += 1)}`;
    await service.rest.createAccount({ id, subAccounts: 8, initialBalance: '1000' });
    const wallet = new Wallet(service.rest, id);
    await wallet.hold('h');
    expect(
      shown(await wallet.confirm('h', { requestId: 'c', amount: '600', final: false, allowMore: true })),
    ).toBe('200 held 600 of 600');
    expect(shown(await wallet.raise('h', '1000'))).toBe('200 held 600 of 1000');
    expect(await wallet.money()).toBe('0 + 400');
    expect(shown(await wallet.raise('h', '1001'))).toBe('422 INSUFFICIENT_FUNDS');
  });

  it('a credit is taken back in parts, never more than it brought or the account has', async () => {
    const id = `wallet-${(wallets += 1)}`;
    await service.rest.createAccount({ id, subAccounts: 4 });
    const wallet = new Wallet(service.rest, id);
    await wallet.post('credits', { requestId: 'top-up', amount: '500' });
    await wallet.post('deductions', { requestId: 'd', amount: '100' });
    const back = (requestId: string, amount?: string): Promise<Answer> =>
      wallet.post('credits/top-up/reversals', { requestId, ...(amount !== undefined && { amount }) });
    expect(shown(await back('b1', '300'))).toBe('201 succeeded of 300');
    expect(shown(await back('b1', '300'))).toBe('200 succeeded of 300 again');
    expect(shown(await back('b1', '301'))).toBe('422 IDEMPOTENCY_KEY_REUSED');
    expect(shown(await back('b2'))).toBe('422 INSUFFICIENT_FUNDS');
    expect(shown(await back('b2', '201'))).toBe('422 REVERSAL_EXCEEDS_CREDIT');
    expect((await back('b3', '100')).body).toMatchObject({ kind: 'credit-reversal', reverses: 'top-up' });
    expect(await wallet.money()).toBe('0 + 0');
    expect(shown(await wallet.post('credits/d/reversals', { requestId: 'x' }))).toBe('404 ENTRY_NOT_FOUND');
  });
});

/** Status, what it came to, how much was taken of how much; or the code, and how much is held. */
function shown({ status, body, headers }: Answer): string {
  const {
    code,
    held,
    status: state,
    confirmedAmount,
    amount,
  } = body as Readonly<Record<string, string | undefined>>;
  const again = headers['idempotent-replayed'] === 'true' ? 'again' : undefined;
  const parts = status >= 400 ? [status, code, held] : [status, state, confirmedAmount, 'of', amount, again];
  return parts.filter((each) => each !== undefined).join(' ');
}
