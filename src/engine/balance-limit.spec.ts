import * as fc from 'fast-check';
import { TestClock } from '../../test/models/test-clock';
import { BALANCE_MAX_MINOR } from '../ledger/money';
import { BALANCE_LIMIT_SETTINGS, BalanceLimit } from './balance-limit';

const RUNS = { seed: 20_251_107, numRuns: 200 };

describe('the credit limit', () => {
  test('admits a credit that fills the account exactly, and none that is one unit more', async () => {
    const { limit, account } = setUp({ totalMinor: BALANCE_MAX_MINOR - 10n });
    expect(await limit.admit('acme', 11n, account.read)).toEqual({ kind: 'above' });
    expect(await admits(limit, 'acme', 10n, account.read)).toBe(true);
  });

  test('takes one reading for all credits within a small share of the room', async () => {
    const { limit, account } = setUp({ totalMinor: 0n });
    const share = BALANCE_MAX_MINOR / 1_024n;
    for (let credits = 0; credits < 100; credits += 1)
      expect(await admits(limit, 'acme', share / 100n, account.read)).toBe(true);
    expect(account.readings).toBe(1);

    await admits(limit, 'acme', share / 2n, account.read);
    expect(account.readings).toBe(2);
  });

  test('takes a reading for every credit where the share is smaller than the credit', async () => {
    const { limit, account } = setUp({ totalMinor: BALANCE_MAX_MINOR - 1_000n });
    for (let credits = 0; credits < 5; credits += 1) await admits(limit, 'acme', 50n, account.read);
    expect(account.readings).toBe(5);
  });

  test('forgets what it granted after a while', async () => {
    const { limit, account, clock } = setUp({ totalMinor: 0n });
    await admits(limit, 'acme', 1n, account.read);
    clock.pass(BALANCE_LIMIT_SETTINGS.allowanceMsMax);
    await admits(limit, 'acme', 1n, account.read);
    expect(account.readings).toBe(1);
    clock.pass(1);
    await admits(limit, 'acme', 1n, account.read);
    expect(account.readings).toBe(2);
  });

  test('keeps accounts apart, and grants to no more of them than it may', async () => {
    const { limit, account } = setUp({ totalMinor: 0n, accountsMax: 2 });
    for (const accountId of ['a', 'b', 'c', 'c', 'b', 'a']) await admits(limit, accountId, 1n, account.read);
    expect(account.readings).toBe(4);
  });

  test('says that the total could not be read, instead of guessing', async () => {
    const { limit } = setUp({ totalMinor: 0n });
    const unreadable = new Error('a shard is down');
    await expect(limit.admit('acme', 1n, () => Promise.reject(unreadable))).rejects.toBe(unreadable);
  });

  test('counts what is in flight on top of a reading, whether that has seen it or not', async () => {
    const { limit, account } = setUp({ totalMinor: BALANCE_MAX_MINOR - 100n });
    const first = await limit.admit('acme', 60n, account.read);
    expect(first.kind).toBe('admitted');
    expect(await limit.admit('acme', 60n, account.read)).toEqual({ kind: 'undecided' });
    expect(await admits(limit, 'acme', 40n, account.read)).toBe(true);
    if (first.kind === 'admitted') first.release();
    expect(await admits(limit, 'acme', 60n, account.read)).toBe(true);
  });

  test('counts what ended while the total was read', async () => {
    const { limit, account } = setUp({ totalMinor: BALANCE_MAX_MINOR - 100n });
    const first = await limit.admit('acme', 60n, account.read);
    const second = await limit.admit('acme', 60n, async () => {
      const before = await account.read();
      if (first.kind === 'admitted') first.release();
      return before;
    });
    expect(second).toEqual({ kind: 'undecided' });
  });

  test('takes money while the total cannot be read, up to a bound that the next reading lifts, and counts it', async () => {
    const { limit, account } = setUp({ totalMinor: BALANCE_MAX_MINOR - 10n });
    const { unreadMaxMinor } = BALANCE_LIMIT_SETTINGS;
    const unread = limit.admitUnread('acme', unreadMaxMinor - 5n);
    expect(unread.kind).toBe('admitted');
    expect(limit.admitUnread('acme', 6n)).toEqual({ kind: 'undecided' });
    expect(limit.admitUnread('other', unreadMaxMinor).kind).toBe('admitted');
    expect(await limit.admit('acme', 10n, account.read)).toEqual({ kind: 'undecided' });

    if (unread.kind === 'admitted') unread.release();
    expect((await limit.admit('acme', 10n, account.read)).kind).toBe('admitted');
    expect(limit.admitUnread('acme', unreadMaxMinor).kind).toBe('admitted');
    expect(limit.admitUnread('acme', 1n)).toEqual({ kind: 'undecided' });
  });

  test('remembers no account that has nothing in flight', async () => {
    const { limit, account } = setUp({ totalMinor: 0n });
    const admissions = await Promise.all([
      limit.admit('a', 1n, account.read),
      limit.admit('a', BALANCE_MAX_MINOR + 1n, account.read),
      limit.admit('b', 1n, account.read),
    ]);
    admissions.push(limit.admitUnread('c', 1n));
    expect(limit.accountsInFlight).toBe(3);
    for (const admission of admissions) if (admission.kind === 'admitted') admission.release();
    expect(limit.accountsInFlight).toBe(0);
  });

  test('lets the account pass the limit by no more than a thousandth of the room, whatever others credit meanwhile', async () => {
    const permille = fc.bigInt(1n, 1_200n);
    const credits = fc.array(
      fc.record({
        ofRoom: fc.oneof(permille, fc.constant(0n)),
        elsewhere: fc.bigInt(0n, 300n),
        ms: fc.nat({ max: 3_000 }),
      }),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(fc.bigInt(1n, BALANCE_MAX_MINOR), credits, async (room, stream) => {
        const { limit, account, clock } = setUp({ totalMinor: BALANCE_MAX_MINOR - room });
        for (const { ofRoom, elsewhere, ms } of stream) {
          clock.pass(ms);
          const amountMinor = (room * ofRoom) / 1_000n + 1n;
          if (await admits(limit, 'acme', amountMinor, account.read)) account.totalMinor += amountMinor;
          const fromElsewhere = (room * elsewhere) / 1_000n;
          if (account.totalMinor + fromElsewhere <= BALANCE_MAX_MINOR) account.totalMinor += fromElsewhere;
        }
        expect(account.totalMinor).toBeLessThanOrEqual(BALANCE_MAX_MINOR + room / 1_024n);
      }),
      RUNS,
    );
  });
});

/** Whether a credit is admitted that ends at once. */
async function admits(
  limit: BalanceLimit,
  accountId: string,
  amountMinor: bigint,
  read: () => Promise<bigint>,
): Promise<boolean> {
  const admission = await limit.admit(accountId, amountMinor, read);
  if (admission.kind === 'admitted') admission.release();
  return admission.kind === 'admitted';
}

function setUp({ totalMinor, accountsMax = 100 }: { totalMinor: bigint; accountsMax?: number }) {
  const clock = new TestClock();
  const account = {
    totalMinor,
    readings: 0,
    read: (): Promise<bigint> => {
      account.readings += 1;
      return Promise.resolve(account.totalMinor);
    },
  };
  const limit = new BalanceLimit({ ...BALANCE_LIMIT_SETTINGS, accountsMax }, () => clock.now());
  return { clock, account, limit };
}
