import { eventually } from './eventually';
import { inTurns } from './in-turns';
import type { Answer, RestClient } from './rest-client';

/** One account of 1,000 minor units, as a client sees it. `told` is what an answer says, in short. */
export class TccAccount {
  constructor(
    private readonly service: () => RestClient,
    readonly id: string,
  ) {}

  get rest(): RestClient {
    return this.service();
  }

  hold(holdId: string, amount: number, more: object = {}): Promise<string> {
    return told(this.rest.hold(this.id, holdId, amount, more));
  }

  confirm(holdId: string, amount?: number): Promise<string> {
    return told(this.rest.confirm(this.id, holdId, amount));
  }

  cancel(holdId: string): Promise<string> {
    return told(this.rest.cancel(this.id, holdId));
  }

  deduct(requestId: string, amount: number): Promise<string> {
    return told(this.rest.deduct(this.id, requestId, amount));
  }

  reverse(deduction: string, requestId: string, amount?: number): Promise<string> {
    return told(this.rest.reverse(this.id, deduction, requestId, amount));
  }

  status(change: 'freeze' | 'unfreeze' | 'close'): Promise<string> {
    return told(this.rest.send('POST', `/v1/accounts/${this.id}/${change}`));
  }

  async state(holdId: string): Promise<string> {
    const { body } = await this.rest.get(`/v1/accounts/${this.id}/holds/${holdId}`);
    return String(body['code'] ?? body['status']);
  }

  async balance(): Promise<string> {
    const { body } = await this.rest.get(`/v1/accounts/${this.id}/balance?consistency=snapshot`);
    return `${String(body['available'])} available, ${String(body['held'])} held`;
  }
}

async function told(answer: Promise<Answer>): Promise<string> {
  const { status, headers, body } = await answer;
  const shown = (value: unknown): string => (typeof value === 'string' ? ` ${value}` : '');
  const replayed = headers['idempotent-replayed'] === 'true' ? ' replayed' : '';
  const amount = body['kind'] === 'hold' ? (body['confirmedAmount'] ?? body['amount']) : body['amount'];
  const what = typeof body['code'] === 'string' ? shown(body['code']) : shown(body['status']) + shown(amount);
  return `${status}${what}${replayed}`;
}

/**
 * What happens before and after whatever a test puts between: nothing, a resize, a kill. `after` asserts; at the end of it
 * every hold is settled unless `leaves` says what is held.
 */
export interface TccCase {
  readonly title: string;
  readonly before: (account: TccAccount) => Promise<unknown>;
  readonly after: (account: TccAccount) => Promise<void>;
}

const MANY = Array.from({ length: 10 }, (_, n) => n);

const all = (work: (n: number) => Promise<string>): Promise<string[]> =>
  inTurns([...MANY], MANY.length, work);

/** Asserts what `before` came to as well: it is done before the disturbance. */
const tells = async (work: Promise<string>, expected: string): Promise<void> => {
  expect(await work).toBe(expected);
};

/** The orders that break try, confirm and cancel elsewhere, and the reversals beside them. */
export const TCC_CASES: readonly TccCase[] = [
  {
    title: 'cancel before try: the late try is refused, now and ever after',
    before: (account) => tells(account.cancel('h'), '200 cancelled 0'),
    after: async (account) => {
      await tells(account.hold('h', 300), '409 HOLD_ALREADY_CANCELLED');
      await tells(account.hold('h', 300), '409 HOLD_ALREADY_CANCELLED');
      await tells(account.confirm('h'), '409 HOLD_ALREADY_CANCELLED');
      await tells(account.cancel('h'), '200 cancelled 0 replayed');
      await tells(account.deduct('h', 1), '422 IDEMPOTENCY_KEY_REUSED');
      expect(await account.balance()).toBe('1000 available, 0 held');
    },
  },
  {
    title: 'cancel twice releases once',
    before: async (account) => {
      await tells(account.hold('h', 300), '201 held 300');
      await tells(account.cancel('h'), '200 cancelled 300');
    },
    after: async (account) => {
      await tells(account.cancel('h'), '200 cancelled 300 replayed');
      await tells(account.hold('h', 300), '200 cancelled 300 replayed');
      expect(await account.balance()).toBe('1000 available, 0 held');
    },
  },
  {
    title: 'confirm and cancel of what was tried before',
    before: (account) => all((n) => account.hold(`h${n}`, 90)),
    after: async (account) => {
      expect(await account.balance()).toBe('100 available, 900 held');
      const answers = await all((n) => (n % 2 === 0 ? account.confirm(`h${n}`) : account.cancel(`h${n}`)));
      answers.forEach((answer, n) => {
        expect(answer).toBe(n % 2 === 0 ? '200 confirmed 90' : '200 cancelled 90');
      });
      expect(await account.balance()).toBe('550 available, 0 held');
    },
  },
  {
    title: 'confirm twice takes once',
    before: async (account) => {
      await tells(account.hold('h', 300), '201 held 300');
      await tells(account.confirm('h'), '200 confirmed 300');
    },
    after: async (account) => {
      await tells(account.confirm('h'), '200 confirmed 300 replayed');
      await tells(account.confirm('h', 300), '200 confirmed 300 replayed');
      expect(await account.balance()).toBe('700 available, 0 held');
    },
  },
  {
    title: 'confirm twice with another amount is refused by name',
    before: async (account) => {
      await tells(account.hold('h', 300), '201 held 300');
      await tells(account.confirm('h', 200), '200 confirmed 200');
    },
    after: async (account) => {
      await tells(account.confirm('h', 100), '409 HOLD_ALREADY_CONFIRMED');
      await tells(account.confirm('h'), '409 HOLD_ALREADY_CONFIRMED');
      await tells(account.confirm('h', 200), '200 confirmed 200 replayed');
      expect(await account.balance()).toBe('800 available, 0 held');
    },
  },
  {
    title: 'confirm after cancel is refused by name',
    before: async (account) => {
      await tells(account.hold('h', 300), '201 held 300');
      await tells(account.cancel('h'), '200 cancelled 300');
    },
    after: async (account) => {
      await tells(account.confirm('h'), '409 HOLD_ALREADY_CANCELLED');
      expect(await account.balance()).toBe('1000 available, 0 held');
    },
  },
  {
    title: 'cancel after confirm is refused by name',
    before: async (account) => {
      await tells(account.hold('h', 300), '201 held 300');
      await tells(account.confirm('h'), '200 confirmed 300');
    },
    after: async (account) => {
      await tells(account.cancel('h'), '409 HOLD_ALREADY_CONFIRMED');
      expect(await account.balance()).toBe('700 available, 0 held');
    },
  },
  {
    title: 'confirm racing cancel has one winner',
    before: (account) => all((n) => account.hold(`h${n}`, 100)),
    after: async (account) => {
      const pairs = await Promise.all(
        MANY.map((n) => Promise.all([account.confirm(`h${n}`), account.cancel(`h${n}`)])),
      );
      for (const pair of pairs)
        expect([
          ['200 confirmed 100', '409 HOLD_ALREADY_CONFIRMED'],
          ['409 HOLD_ALREADY_CANCELLED', '200 cancelled 100'],
        ]).toContainEqual(pair);
      const confirmed = pairs.filter(([confirm]) => confirm.startsWith('200')).length;
      expect(await account.balance()).toBe(`${1_000 - 100 * confirmed} available, 0 held`);
    },
  },
  {
    title: 'confirm racing expiry has one winner',
    before: (account) => all((n) => account.hold(`h${n}`, 100, { expiresInSeconds: 1 + (n % 3) })),
    after: async (account) => {
      const ends = await inTurns([...MANY], MANY.length, (n) =>
        eventually(`the end of h${n}`, async () => {
          const { body } = await account.rest.get(`/v1/accounts/${account.id}/holds/h${n}`);
          const leftMs = Date.parse(String(body['expiresAt'])) - Date.now();
          // As close to the end of its time as a client can get; some come after it.
          if (body['status'] === 'held' && leftMs > 15 - n * 5) return undefined;
          return [await account.confirm(`h${n}`), `h${n}`] as const;
        }),
      );
      await eventually('the release of the others', async () =>
        (await account.balance()).endsWith(' 0 held') ? true : undefined,
      );
      let confirmed = 0;
      for (const [answer, holdId] of ends) {
        const won = answer.startsWith('200');
        confirmed += won ? 1 : 0;
        expect([answer, await account.state(holdId)]).toEqual(
          won ? ['200 confirmed 100', 'confirmed'] : ['409 HOLD_ALREADY_CANCELLED', 'expired'],
        );
      }
      expect(await account.balance()).toBe(`${1_000 - 100 * confirmed} available, 0 held`);
    },
  },
  {
    title: 'a try that timed out for its client and is sent again holds once',
    before: (account) => tells(account.hold('h', 300), '201 held 300'),
    after: async (account) => {
      await tells(account.hold('h', 300), '200 held 300 replayed');
      await tells(account.hold('h', 299), '422 IDEMPOTENCY_KEY_REUSED');
      await tells(account.deduct('h', 300), '422 IDEMPOTENCY_KEY_REUSED');
      expect(await account.balance()).toBe('700 available, 300 held');
      await tells(account.confirm('h'), '200 confirmed 300');
      await tells(account.hold('h', 300), '200 confirmed 300 replayed');
      expect(await account.balance()).toBe('700 available, 0 held');
    },
  },
  {
    title: 'expiry releases, and what is confirmed then is refused by name',
    before: (account) => tells(account.hold('h', 300, { expiresInSeconds: 1 }), '201 held 300'),
    after: async (account) => {
      await eventually('the expiry', async () =>
        (await account.state('h')) === 'expired' ? true : undefined,
      );
      await tells(account.confirm('h'), '409 HOLD_ALREADY_CANCELLED');
      await tells(account.cancel('h'), '200 expired 300 replayed');
      await tells(account.hold('h', 300, { expiresInSeconds: 1 }), '200 expired 300 replayed');
      expect(await account.balance()).toBe('1000 available, 0 held');
    },
  },
  {
    title: 'confirm of a part releases the rest, and of more than was held is refused',
    before: (account) => tells(account.hold('h', 300), '201 held 300'),
    after: async (account) => {
      await tells(account.confirm('h', 301), '409 HOLD_EXCEEDED');
      await tells(account.confirm('h', 100), '200 confirmed 100');
      expect(await account.balance()).toBe('900 available, 0 held');
    },
  },
  {
    title: 'a frozen account refuses new holds and settles the ones it has',
    before: async (account) => {
      for (const holdId of ['a', 'b', 'd']) await tells(account.hold(holdId, 100), '201 held 100');
      await tells(account.hold('c', 100, { expiresInSeconds: 1 }), '201 held 100');
      await tells(account.status('freeze'), '200 frozen');
    },
    after: async (account) => {
      await tells(account.hold('e', 1), '409 ACCOUNT_FROZEN');
      await tells(account.hold('d', 100), '200 held 100 replayed');
      await tells(account.confirm('a'), '200 confirmed 100');
      await tells(account.cancel('b'), '200 cancelled 100');
      await tells(account.cancel('never'), '200 cancelled 0');
      await eventually('the expiry', async () =>
        (await account.state('c')) === 'expired' ? true : undefined,
      );
      await tells(account.status('unfreeze'), '200 active');
      await tells(account.cancel('d'), '200 cancelled 100');
      expect(await account.balance()).toBe('900 available, 0 held');
    },
  },
  {
    title: 'an account with a hold is not closed; a closed one answers replays and nothing else',
    before: async (account) => {
      await tells(account.hold('h', 1_000), '201 held 1000');
      await tells(account.status('close'), '409 ACCOUNT_NOT_EMPTY');
    },
    after: async (account) => {
      await tells(account.status('close'), '409 ACCOUNT_NOT_EMPTY');
      await tells(account.confirm('h'), '200 confirmed 1000');
      await tells(account.status('close'), '200 closed');
      await tells(account.hold('other', 1), '409 ACCOUNT_CLOSED');
      await tells(account.cancel('other'), '409 ACCOUNT_CLOSED');
      await tells(account.reverse('h', 'r'), '409 ACCOUNT_CLOSED');
      await tells(account.confirm('h'), '200 confirmed 1000 replayed');
      await tells(account.hold('h', 1_000), '200 confirmed 1000 replayed');
    },
  },
  {
    title: 'holds on more than there is: all that fit are held and one is refused, whichever it is',
    before: (account) =>
      inTurns([0, 1, 2, 3, 4, 5], 6, (n) => account.hold(`h${n}`, 200)).then((answers) => {
        expect(answers.sort()).toEqual([...Array<string>(5).fill('201 held 200'), '422 INSUFFICIENT_FUNDS']);
      }),
    after: async (account) => {
      expect(await account.balance()).toBe('0 available, 1000 held');
      const again = await inTurns([0, 1, 2, 3, 4, 5], 6, (n) => account.hold(`h${n}`, 200));
      expect(again.sort()).toEqual([
        ...Array<string>(5).fill('200 held 200 replayed'),
        '422 INSUFFICIENT_FUNDS',
      ]);
      await tells(account.deduct('d', 1), '422 INSUFFICIENT_FUNDS');
      const states = await inTurns([0, 1, 2, 3, 4, 5], 6, (n) => account.confirm(`h${n}`));
      expect(states.sort()).toEqual([...Array<string>(5).fill('200 confirmed 200'), '404 HOLD_NOT_FOUND']);
      expect(await account.balance()).toBe('0 available, 0 held');
    },
  },
  {
    title: 'a hold on nearly all of the account, which no sub-account could pay, is taken and reversed',
    before: (account) => tells(account.hold('h', 990), '201 held 990'),
    after: async (account) => {
      await tells(account.confirm('h'), '200 confirmed 990');
      await tells(account.reverse('h', 'r', 991), '422 REVERSAL_EXCEEDS_DEDUCTION');
      await tells(account.reverse('h', 'r'), '201 succeeded 990');
      expect(await account.balance()).toBe('1000 available, 0 held');
    },
  },
  {
    title: 'what was never there is unknown',
    before: () => Promise.resolve(),
    after: async (account) => {
      await tells(account.confirm('h'), '404 HOLD_NOT_FOUND');
      expect(await account.state('h')).toBe('HOLD_NOT_FOUND');
      await tells(account.reverse('d', 'r'), '404 ENTRY_NOT_FOUND');
      await tells(account.hold('h', 10), '201 held 10');
      await tells(account.reverse('h', 'r'), '404 ENTRY_NOT_FOUND');
      await tells(account.cancel('h'), '200 cancelled 10');
    },
  },
  {
    title: 'a reversal gives back in parts, once each, and never more than was deducted',
    before: async (account) => {
      await tells(account.deduct('d', 300), '201 succeeded 300');
      await tells(account.reverse('d', 'r1', 100), '201 succeeded 100');
    },
    after: async (account) => {
      await tells(account.reverse('d', 'r1', 100), '200 succeeded 100 replayed');
      await tells(account.reverse('d', 'r1', 101), '422 IDEMPOTENCY_KEY_REUSED');
      await tells(account.reverse('d', 'r2', 201), '422 REVERSAL_EXCEEDS_DEDUCTION');
      expect(await account.balance()).toBe('800 available, 0 held');
      await tells(account.reverse('d', 'r2'), '201 succeeded 200');
      await tells(account.reverse('d', 'r2'), '200 succeeded 200 replayed');
      await tells(account.reverse('d', 'r3'), '422 REVERSAL_EXCEEDS_DEDUCTION');
      expect(await account.balance()).toBe('1000 available, 0 held');
    },
  },
  {
    title: 'racing reversals together never give back more than was deducted',
    before: (account) => tells(account.deduct('d', 500), '201 succeeded 500'),
    after: async (account) => {
      const answers = await all((n) => account.reverse('d', `r${n}`, 70));
      expect(answers.filter((answer) => answer === '201 succeeded 70')).toHaveLength(7);
      expect(answers.filter((answer) => answer === '422 REVERSAL_EXCEEDS_DEDUCTION')).toHaveLength(3);
      expect(await account.balance()).toBe('990 available, 0 held');
    },
  },
  {
    title: 'a reversal sent many times at once gives back once',
    before: (account) => tells(account.deduct('d', 500), '201 succeeded 500'),
    after: async (account) => {
      const answers = (await all(() => account.reverse('d', 'r'))).sort();
      expect(answers).toEqual([...Array<string>(9).fill('200 succeeded 500 replayed'), '201 succeeded 500']);
      expect(await account.balance()).toBe('1000 available, 0 held');
    },
  },
];
