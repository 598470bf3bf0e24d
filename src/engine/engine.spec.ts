import { accountRecord } from '../../test/models/account-record';
import { cluster } from '../../test/models/cluster';
import { row } from '../../test/models/commands';
import { always, ScriptedFaults } from '../../test/models/scripted-faults';
import { promisesSettled } from '../../test/models/turns';
import { BALANCE_MAX_MINOR } from '../ledger/money';
import { routeRequest } from '../ledger/routing';
import type { AccountRecord } from '../shards/directory/account-record';
import { AccountCache } from './account-cache';
import { CREDIT_LIMIT_SETTINGS, CreditLimit } from './credit-limit';
import { Engine } from './engine';
import type { Request } from './router';
import { RECOVERY_SETTINGS, Transfers } from './transfers';

const SHARDS = ['east', 'north', 'west'];
const ACCOUNT = accountRecord({ subAccounts: 6, placement: { epoch: 1, shards: SHARDS } });

describe('the engine', () => {
  test('carries a request to its home and tells the outcome with the shard it lives on', async () => {
    const { engine, fund } = setUp();
    fund(100n);
    const outcome = await engine.submit(deduction('r1', 30n), ACCOUNT);
    const { shard } = routeRequest('r1', ACCOUNT.placement, ACCOUNT.subAccounts);

    expect(outcome).toMatchObject({ kind: 'applied', shard, entry: { requestId: 'r1', amountMinor: 30n } });
    expect(await engine.submit(deduction('r1', 30n), ACCOUNT)).toMatchObject({ kind: 'replayed', shard });
    expect(await engine.findEntry(ACCOUNT, 'r1')).toMatchObject({ shard, entry: { requestId: 'r1' } });
    expect(await engine.findEntry(ACCOUNT, 'r2')).toBeUndefined();
  });

  test('answers a credit when its shares have arrived, so that the money is found wherever it is asked for', async () => {
    const { engine, database } = setUp();
    expect(await engine.submit(creditOf('topup', 600n), ACCOUNT)).toMatchObject({ kind: 'applied' });

    const rows = SHARDS.flatMap((name) => [...database(name).account('acme').rows.values()]);
    expect(rows.map((each) => each.availableMinor)).toEqual(Array(6).fill(100n));
    expect(await engine.readBalance(ACCOUNT)).toEqual({
      availableMinor: 600n,
      heldMinor: 0n,
      totalMinor: 600n,
      inTransitMinor: 0n,
    });
  });

  test('answers a credit whose shares cannot arrive all the same: it is durable, and they are on their way', async () => {
    const { engine, faults, slept } = setUp();
    const home = routeRequest('topup', ACCOUNT.placement, ACCOUNT.subAccounts).shard;
    for (const name of SHARDS.filter((each) => each !== home))
      faults[name]?.plan('begin', always('unavailable'));

    expect(await engine.submit(creditOf('topup', 600n), ACCOUNT)).toMatchObject({ kind: 'applied' });
    expect(await engine.readBalance(ACCOUNT)).toMatchObject({ totalMinor: 600n, inTransitMinor: 400n });
    expect(slept()).toEqual([2_000]);
  });

  test('routes a request that was turned back by the present record of its account', async () => {
    const { engine, directory, fund, slept } = setUp();
    fund(100n, { epoch: 2 });
    directory.record = { ...ACCOUNT, placement: { ...ACCOUNT.placement, epoch: 2 } };

    expect(await engine.submit(deduction('r1', 10n), ACCOUNT)).toMatchObject({
      kind: 'applied',
      entry: { epoch: 2 },
    });
    expect(directory.reads).toBe(1);
    expect(slept()).toEqual([]);
  });

  test('waits for a fence to end, and gives up in the end', async () => {
    const { engine, directory, fund, slept } = setUp();
    fund(100n, { epoch: 2 });
    expect(await engine.submit(deduction('r1', 10n), ACCOUNT)).toMatchObject({ kind: 'overloaded' });
    expect(directory.reads).toBe(20);
    expect(slept()).toEqual(Array(19).fill(25));
  });

  test('refuses a credit above the limit of the account, unless it was made before', async () => {
    const { engine, fund, clock } = setUp();
    fund(0n);
    await engine.submit(creditOf('before', 10n), ACCOUNT);
    fund(BALANCE_MAX_MINOR / 6n);
    clock.pass(CREDIT_LIMIT_SETTINGS.allowanceMsMax + 1);

    expect(await engine.submit(creditOf('after', 10n), ACCOUNT)).toEqual({ kind: 'balanceLimitExceeded' });
    expect(await engine.submit(creditOf('before', 10n), ACCOUNT)).toMatchObject({ kind: 'replayed' });
    expect(await engine.submit({ ...creditOf('before', 10n), fingerprint: 'other' }, ACCOUNT)).toEqual({
      kind: 'keyReused',
    });
  });

  test('goes on with the shards that are there when one is not', async () => {
    const { engine, faults, fund } = setUp();
    fund(100n);
    faults['north']?.plan('begin', always('unavailable'));
    const requestIds = Array.from({ length: 30 }, (_, number) => `r${number}`);
    for (const requestId of requestIds) {
      const { shard } = routeRequest(requestId, ACCOUNT.placement, ACCOUNT.subAccounts);
      const expected = shard === 'north' ? { kind: 'shardUnavailable', shard: 'north' } : { kind: 'applied' };
      expect(await engine.submit(deduction(requestId, 1n), ACCOUNT)).toMatchObject(expected);
    }
  });

  test('reads a balance from every shard at once, money in transit included, or says which cannot be read', async () => {
    const { engine, database, faults } = setUp();
    const netMax = 2n ** 63n - 1n;
    const hold = (name: string, given: Parameters<typeof row>[0] & { index: number }): void => {
      database(name).account('acme').rows.set(given.index, row(given));
    };
    hold('east', { index: 0, availableMinor: 5n, heldMinor: 2n, netMinor: netMax });
    hold('east', { index: 3, netMinor: netMax });
    hold('west', { index: 2, availableMinor: 10n, netMinor: 22n });

    expect(await engine.readBalance(ACCOUNT)).toEqual({
      totalMinor: 20n,
      heldMinor: 2n,
      availableMinor: 18n,
      inTransitMinor: 3n,
    });

    faults['north']?.plan('read', ['unavailable']);
    await expect(engine.readBalance(ACCOUNT)).rejects.toMatchObject({
      code: 'SHARD_UNAVAILABLE',
      shard: 'north',
    });
  });

  test('is idle when every lane has run dry', async () => {
    const { engine, shard, fund } = setUp();
    fund(100n);
    for (const name of SHARDS) shard(name).holdUp();
    const submitted = engine.submit(deduction('r1', 1n), ACCOUNT);
    let idle = false;
    const whenIdle = engine.whenIdle().then(() => (idle = true));
    await promisesSettled();
    expect(idle).toBe(false);
    for (const name of SHARDS) shard(name).letThrough();
    await whenIdle;
    expect(await submitted).toMatchObject({ kind: 'applied' });
  });

  test('still reads the total right when credits that were in flight together have passed the limit', async () => {
    const { engine, fund } = setUp();
    fund(0n);
    const credits = Array.from({ length: 10 }, (_, number) =>
      engine.submit(creditOf(`c${number}`, 10n ** 18n), ACCOUNT),
    );
    const applied = (await Promise.all(credits)).filter((outcome) => outcome.kind === 'applied').length;
    expect((await engine.readBalance(ACCOUNT)).totalMinor).toBe(BigInt(applied) * 10n ** 18n);
  });

  test('answers for a shard that this instance was not told of as for one that is away', async () => {
    const { engine } = setUp();
    const account = { ...ACCOUNT, placement: { epoch: 1, shards: ['nowhere'] } };
    expect(await engine.submit(deduction('r1', 1n), account)).toEqual({
      kind: 'shardUnavailable',
      shard: 'nowhere',
    });
  });
});

function setUp() {
  const faults = Object.fromEntries(SHARDS.map((name) => [name, new ScriptedFaults()]));
  const interfere = Object.fromEntries(Object.entries(faults).map(([name, each]) => [name, each.interfere]));
  const { shards, shard, database, clock, observer } = cluster(SHARDS, { interfere });
  const directory = {
    reads: 0,
    record: ACCOUNT as AccountRecord | undefined,
    findAccount(): Promise<AccountRecord | undefined> {
      directory.reads += 1;
      return Promise.resolve(directory.record);
    },
  };
  const now = (): number => clock.now();
  const sleptMs: number[] = [];
  const engine = new Engine({
    shards,
    accounts: new AccountCache(directory, { accountsMax: 10, refreshMs: 2_000 }, now),
    transfers: new Transfers(shards, observer, RECOVERY_SETTINGS),
    creditLimit: new CreditLimit(CREDIT_LIMIT_SETTINGS, now),
    observer,
    // Whatever can happen without waiting happens before a sleep ends.
    sleep: (ms) => {
      sleptMs.push(ms);
      return promisesSettled();
    },
  });
  /** Sets every sub-account of the account to the same balance. */
  const fund = (availableMinor: bigint, given: { epoch?: number } = {}): void => {
    for (let index = 0; index < ACCOUNT.subAccounts; index += 1) {
      const rows = database(SHARDS[index % SHARDS.length] as string).account('acme').rows;
      rows.set(index, row({ index, availableMinor, ...given }));
    }
  };
  return { engine, faults, directory, fund, shard, database, clock, slept: () => sleptMs };
}

function deduction(requestId: string, amountMinor: bigint): Request {
  return {
    kind: 'deduct',
    accountId: 'acme',
    requestId,
    amountMinor,
    fingerprint: `deduct ${amountMinor}`,
    reference: null,
    metadata: null,
  };
}

function creditOf(requestId: string, amountMinor: bigint): Request {
  return { ...deduction(requestId, amountMinor), kind: 'credit', fingerprint: `credit ${amountMinor}` };
}
