import * as fc from 'fast-check';
import { TestClock } from '../../test/models/test-clock';
import { BALANCE_MAX_MINOR } from '../ledger/money';
import { ShardUnavailableError } from '../shards/faults';
import { CREDIT_LIMIT_SETTINGS, CreditLimit } from './credit-limit';

const RUNS = { seed: 20_251_107, numRuns: 200 };

describe('the credit limit', () => {
  test('admits a credit that fills the account exactly, and none that is one unit more', async () => {
    const { admits, account } = setUp({ totalMinor: BALANCE_MAX_MINOR - 10n });
    expect(await admits('acme', 11n, account.read)).toBe(false);
    expect(await admits('acme', 10n, account.read)).toBe(true);
  });

  test('takes one reading for all credits within a small share of the room', async () => {
    const { admits, account } = setUp({ totalMinor: 0n });
    const share = BALANCE_MAX_MINOR / 1_024n;
    for (let credits = 0; credits < 100; credits += 1)
      expect(await admits('acme', share / 100n, account.read)).toBe(true);
    expect(account.readings).toBe(1);

    await admits('acme', share / 2n, account.read);
    expect(account.readings).toBe(2);
  });

  test('takes a reading for every credit where the share is smaller than the credit', async () => {
    const { admits, account } = setUp({ totalMinor: BALANCE_MAX_MINOR - 1_000n });
    for (let credits = 0; credits < 5; credits += 1) await admits('acme', 50n, account.read);
    expect(account.readings).toBe(5);
  });

  test('forgets what it granted after a while', async () => {
    const { admits, account, clock } = setUp({ totalMinor: 0n });
    await admits('acme', 1n, account.read);
    clock.pass(CREDIT_LIMIT_SETTINGS.allowanceMsMax);
    await admits('acme', 1n, account.read);
    expect(account.readings).toBe(1);
    clock.pass(1);
    await admits('acme', 1n, account.read);
    expect(account.readings).toBe(2);
  });

  test('keeps accounts apart, and grants to no more of them than it may', async () => {
    const { admits, account } = setUp({ totalMinor: 0n, accountsMax: 2 });
    for (const accountId of ['a', 'b', 'c', 'c', 'b', 'a']) await admits(accountId, 1n, account.read);
    expect(account.readings).toBe(4);
  });

  test('says that the total could not be read, instead of guessing', async () => {
    const { admits } = setUp({ totalMinor: 0n });
    const unreadable = new Error('a defect');
    await expect(admits('acme', 1n, () => Promise.reject(unreadable))).rejects.toBe(unreadable);
  });

  test('takes money while the total cannot be read, up to a bound that the next reading lifts', async () => {
    const { admits, account } = setUp({ totalMinor: 0n });
    const { unreadMaxMinor } = CREDIT_LIMIT_SETTINGS;
    const away = new ShardUnavailableError('s1', 'it is away');
    const unreadable = () => Promise.resolve(away);
    expect(await admits('acme', unreadMaxMinor - 5n, unreadable)).toBe(true);
    await expect(admits('acme', 6n, unreadable)).rejects.toBe(away);
    expect(await admits('acme', 5n, unreadable)).toBe(true);
    await expect(admits('acme', 1n, unreadable)).rejects.toBe(away);
    expect(await admits('other', 1n, unreadable)).toBe(true);

    expect(await admits('acme', 1n, account.read)).toBe(true);
    expect(await admits('acme', unreadMaxMinor, unreadable)).toBe(true);
  });

  test('counts what is under way, until it has ended, however it ends', async () => {
    const { limit, admits, account } = setUp({ totalMinor: BALANCE_MAX_MINOR - 1_000n });
    const ends = Array.from({ length: 2 }, () => Promise.withResolvers<true>());
    const credits = ends.map(({ promise }) => limit.within('acme', 400n, account.read, () => promise));
    await expect(admits('acme', 201n, account.read)).resolves.toBe(false);
    await expect(admits('acme', 200n, account.read)).resolves.toBe(true);

    ends[0]?.reject(new Error('nothing was written'));
    await expect(credits[0]).rejects.toThrow('nothing was written');
    await expect(admits('acme', 601n, account.read)).resolves.toBe(false);
    await expect(admits('acme', 600n, account.read)).resolves.toBe(true);
    ends[1]?.resolve(true);
    await expect(credits[1]).resolves.toBe(true);
    await expect(admits('acme', 1_000n, account.read)).resolves.toBe(true);
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
        const { admits, account, clock } = setUp({ totalMinor: BALANCE_MAX_MINOR - room });
        for (const { ofRoom, elsewhere, ms } of stream) {
          clock.pass(ms);
          const amountMinor = (room * ofRoom) / 1_000n + 1n;
          if (await admits('acme', amountMinor, account.read)) account.totalMinor += amountMinor;
          const fromElsewhere = (room * elsewhere) / 1_000n;
          if (account.totalMinor + fromElsewhere <= BALANCE_MAX_MINOR) account.totalMinor += fromElsewhere;
        }
        expect(account.totalMinor).toBeLessThanOrEqual(BALANCE_MAX_MINOR + room / 1_024n);
      }),
      RUNS,
    );
  });
});

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
  const limit = new CreditLimit({ ...CREDIT_LIMIT_SETTINGS, accountsMax }, () => clock.now());
  /** One that has ended before the next begins. */
  const admits = async (
    accountId: string,
    amountMinor: bigint,
    read: () => Promise<bigint | ShardUnavailableError>,
  ): Promise<boolean> =>
    (await limit.within(accountId, amountMinor, read, () => Promise.resolve(true))) ?? false;
  return { clock, account, limit, admits };
}
