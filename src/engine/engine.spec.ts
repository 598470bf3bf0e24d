import { accountRecord } from '../../test/models/account-record';
import { row } from '../../test/models/commands';
import { creditOf, deduction, requestAt, reversalOf } from '../../test/models/engine-requests';
import { Gate } from '../../test/models/engine-site';
import { EngineWorld } from '../../test/models/engine-world';
import { promisesSettled } from '../../test/models/turns';
import { BALANCE_MAX_MINOR } from '../ledger/money';
import { routeRequest } from '../ledger/routing';
import { DirectoryUnavailableError } from '../shards/directory/directory';
import { ShardUnavailableError } from '../shards/faults';
import { BALANCE_LIMIT_SETTINGS } from './balance-limit';
import type { Request } from './router';

const SHARDS = ['east', 'north', 'west'];
const LARGE_MINOR = 10n ** 18n;
const ACCOUNT = accountRecord({ subAccounts: 6, placement: { epoch: 1, shards: SHARDS } });

describe('the engine', () => {
  test('carries a request to its home and tells the outcome with the shard it lives on', async () => {
    const { engine } = setUp(100n);
    const outcome = await engine.submit(deduction('r1', 30n), ACCOUNT);
    const { shard } = routeRequest('r1', ACCOUNT.placement, ACCOUNT.subAccounts);

    expect(outcome).toMatchObject({ kind: 'applied', shard, entry: { requestId: 'r1', amountMinor: 30n } });
    expect(await engine.submit(deduction('r1', 30n), ACCOUNT)).toMatchObject({ kind: 'replayed', shard });
    expect(await engine.findEntry(ACCOUNT, 'r1')).toMatchObject({ shard, entry: { requestId: 'r1' } });
    expect(await engine.findEntry(ACCOUNT, 'r2')).toBeUndefined();
  });

  test('answers a credit when its shares have arrived, so that the money is found wherever it is asked for', async () => {
    const { engine, balances, world } = setUp();
    expect(await engine.submit(creditOf('topup', 600n), ACCOUNT)).toMatchObject({ kind: 'applied' });

    const onShard = (name: string): bigint[] =>
      world.rows().flatMap(({ shard, row }) => (shard === name ? [row.availableMinor] : []));
    for (const name of SHARDS) expect(onShard(name).reduce((sum, each) => sum + each)).toBe(200n);
    expect(await balances.current(ACCOUNT)).toEqual({
      availableMinor: 600n,
      grantedMinor: 0n,
      heldMinor: 0n,
      totalMinor: 600n,
      inTransitMinor: 0n,
    });
  });

  test('answers a credit whose shares cannot arrive all the same: it is durable, and they are on their way', async () => {
    const { engine, balances, shard, world } = setUp();
    const home = routeRequest('topup', ACCOUNT.placement, ACCOUNT.subAccounts).shard;
    const others = SHARDS.filter((each) => each !== home);
    for (const name of others) shard(name).before('batch', stall);

    const began = world.time.now();
    expect(await engine.submit(creditOf('topup', 600n), ACCOUNT)).toMatchObject({ kind: 'applied' });
    expect(world.time.now() - began).toBe(2_000);
    expect(await balances.current(ACCOUNT)).toMatchObject({ totalMinor: 600n, inTransitMinor: 400n });
  });

  test('routes a request that was turned back by the present record of its account', async () => {
    const { engine, world } = setUp(100n, 2);
    world.directory.change('acme', { placement: { ...ACCOUNT.placement, epoch: 2 } });

    expect(await engine.submit(deduction('r1', 10n), ACCOUNT)).toMatchObject({
      kind: 'applied',
      entry: { epoch: 2 },
    });
    expect(world.directory.reads).toBe(1);
  });

  test('lets a request that was turned back wait until the next placement is active', async () => {
    const { engine, world } = setUp(100n, 2);
    const submitted = engine.submit(deduction('r1', 10n), ACCOUNT);
    await world.time.sleep(1_000);
    world.directory.change('acme', { placement: { ...ACCOUNT.placement, epoch: 2 } });
    expect(await submitted).toMatchObject({ kind: 'applied', entry: { epoch: 2 } });
    expect(world.time.now()).toBeLessThan(2_100);
  });

  test.each(['stays', 'cannot be asked'])(
    'gives up in the end on a fence that does not end because the directory %s: as unavailable, never for funds',
    async (how) => {
      const { engine, world } = setUp(100n, 2);
      if (how === 'cannot be asked') world.directory.away = new DirectoryUnavailableError('away');
      const began = world.time.now();
      expect(await engine.submit(deduction('r1', 10n), ACCOUNT)).toMatchObject({ kind: 'shardUnavailable' });
      expect(world.time.now() - began).toBeGreaterThan(5_000);
      expect(world.time.now() - began).toBeLessThan(5_100);
    },
  );

  test('refuses a credit above the limit of the account, unless it was made before', async () => {
    const { engine, world } = setUp();
    await engine.submit(creditOf('before', 10n), ACCOUNT);
    world.fund(ACCOUNT, () => BALANCE_MAX_MINOR / 6n);
    await world.time.sleep(BALANCE_LIMIT_SETTINGS.allowanceMsMax + 1);

    expect(await engine.submit(creditOf('after', 10n), ACCOUNT)).toEqual({ kind: 'balanceLimitExceeded' });
    expect(await engine.submit(creditOf('before', 10n), ACCOUNT)).toMatchObject({ kind: 'replayed' });
    expect(await engine.submit({ ...creditOf('before', 10n), fingerprint: 'other' }, ACCOUNT)).toEqual({
      kind: 'keyReused',
    });
  });

  test('keeps the account under the limit by a thousand large credits at once', async () => {
    const { engine, shard, world } = setUp();
    const commits = new Gate();
    for (const name of SHARDS) shard(name).before('batch', ...Array<Gate['pass']>(1_000).fill(commits.pass));
    const credits = Array.from({ length: 1_000 }, (_, number) => creditOf(`large ${number}`, LARGE_MINOR));
    const submit = (credit: Request) => engine.submit(credit, ACCOUNT);
    const first = credits.slice(0, 500).map(submit);
    await commits.reached;
    // These are decided while the others are admitted and no reading can have seen them.
    const second = credits.slice(500).map(submit);
    await world.time.sleep(10);
    commits.open();
    const outcomes = await Promise.all([...first, ...second]);
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['applied', 'overloaded']));
    expect(outcomes.filter(({ kind }) => kind === 'applied')).toHaveLength(9);

    // Asked again, what was only put off is decided.
    for (const credit of credits.slice(-3))
      expect(await submit(credit)).toEqual({ kind: 'balanceLimitExceeded' });
    expect(world.total()).toBe(9n * LARGE_MINOR);
  });

  test('takes no more than a bound by credits one after the other while its total cannot be read', async () => {
    const { engine, shard, world } = setUp();
    const amountMinor = BALANCE_LIMIT_SETTINGS.unreadMaxMinor / 4n;
    for (const name of SHARDS) shard(name).before('reading', ...Array<typeof unreadable>(8).fill(unreadable));
    for (let number = 0; number < 4; number += 1)
      expect(await engine.submit(creditOf(`taken ${number}`, amountMinor), ACCOUNT)).toMatchObject({
        kind: 'applied',
      });
    await expect(engine.submit(creditOf('one more', 1n), ACCOUNT)).rejects.toThrow('unavailable');
    expect(world.total()).toBe(4n * amountMinor);
  });

  test('counts reversals in flight against the limit, and their ends', async () => {
    const { engine } = setUp((85n * LARGE_MINOR) / 60n);
    await engine.submit(deduction('bought', LARGE_MINOR), ACCOUNT);
    const back = reversalOf('bought', 'back');
    const [reversed, credited] = await Promise.all([
      engine.follow(back, ACCOUNT),
      engine.submit(creditOf('topup', LARGE_MINOR), ACCOUNT),
    ]);
    expect([reversed.kind, credited.kind].sort()).toEqual(['applied', 'overloaded']);
    const last = creditOf('last', LARGE_MINOR / 2n);
    expect(await engine.submit(last, ACCOUNT)).toMatchObject({ kind: 'applied' });
  });

  test('takes a credit while a shard that its limit would be read from is away', async () => {
    const { engine, shard } = setUp(100n);
    shard('west').isDown = true;
    const requestId = requestAt('east', ACCOUNT);
    expect(await engine.submit(creditOf(requestId, 1n), ACCOUNT)).toMatchObject({ kind: 'applied' });
  });

  test('lets no credit wait for a shard that its limit would be read from and that does not answer', async () => {
    const { engine, shard, world } = setUp(100n);
    shard('west').before('reading', stall);
    const requestId = requestAt('east', ACCOUNT);
    const began = world.time.now();
    expect(await engine.submit(creditOf(requestId, 1n), ACCOUNT)).toMatchObject({ kind: 'applied' });
    expect(world.time.now() - began).toBe(500);
  });

  test('goes on with the shards that are there when one is not', async () => {
    const { engine, shard } = setUp(100n);
    shard('north').isDown = true;
    const requestIds = Array.from({ length: 30 }, (_, number) => `r${number}`);
    for (const requestId of requestIds) {
      const home = routeRequest(requestId, ACCOUNT.placement, ACCOUNT.subAccounts).shard;
      const expected = home === 'north' ? { kind: 'shardUnavailable', shard: 'north' } : { kind: 'applied' };
      expect(await engine.submit(deduction(requestId, 1n), ACCOUNT)).toMatchObject(expected);
    }
  });

  test('is idle when every lane has run dry', async () => {
    const { engine, shard, world } = setUp(100n);
    let letThrough: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (letThrough = resolve));
    for (const name of SHARDS) shard(name).before('batch', () => gate);
    const submitted = engine.submit(deduction('r1', 1n), ACCOUNT);
    await world.time.sleep(1);
    let idle = false;
    const whenIdle = engine.whenIdle().then(() => (idle = true));
    await promisesSettled();
    expect(idle).toBe(false);
    letThrough();
    await whenIdle;
    expect(await submitted).toMatchObject({ kind: 'applied' });
  });

  test('still reads the total right when credits that were in flight together have passed the limit', async () => {
    const { engine, balances } = setUp();
    const credits = Array.from({ length: 10 }, (_, number) =>
      engine.submit(creditOf(`c${number}`, 10n ** 18n), ACCOUNT),
    );
    const applied = (await Promise.all(credits)).filter((outcome) => outcome.kind === 'applied').length;
    expect((await balances.current(ACCOUNT)).totalMinor).toBe(BigInt(applied) * 10n ** 18n);
  });

  test('reads a total past what 64 bits can sign, which credits in flight may leave', async () => {
    const { balances } = setUp(17n * 10n ** 17n);
    expect(await balances.current(ACCOUNT)).toMatchObject({ totalMinor: 102n * 10n ** 17n });
  });

  test('answers for a shard that this instance was not told of as for one that is away', async () => {
    const { engine } = setUp();
    const account = accountRecord({ placement: { epoch: 1, shards: ['nowhere'] } });
    expect(await engine.submit(deduction('r1', 1n), account)).toEqual({
      kind: 'shardUnavailable',
      shard: 'nowhere',
    });
  });

  test('tells the rebalancer which accounts are used, if there is anything to level in them', async () => {
    const { engine, used, world } = setUp(100n);
    const small = world.account(
      { accountId: 'small', subAccounts: 1, placement: { epoch: 1, shards: ['east'] } },
      9n,
    );
    await engine.submit(deduction('r1', 1n), ACCOUNT);
    await engine.submit(deduction('r1', 1n, 'small'), small);
    expect(used).toEqual(['acme']);
  });
});

describe('a key that took effect under a past placement', () => {
  /** Home was on one shard before, and is on another now. */
  const PAST = [{ shards: ['east', 'west'], fencedAtUs: 1_000 }];
  const MOVED = accountRecord({
    subAccounts: 4,
    placement: { epoch: 2, shards: ['north', 'west'] },
    past: PAST,
    reach: SHARDS,
  });
  const BEFORE = accountRecord({ subAccounts: 4, placement: { epoch: 1, shards: ['east', 'west'] } });
  const REQUEST = requestAt('east', BEFORE);

  async function moved() {
    const world = new EngineWorld(SHARDS);
    world.account(BEFORE, 25n);
    const before = world.instance();
    expect(await before.submit(deduction(REQUEST, 10n))).toMatchObject({ kind: 'applied', shard: 'east' });
    world.account(MOVED, 25n);
    world.put('east', row({ index: 0, epoch: 2, netMinor: -10n }));
    return { world, ...world.instance() };
  }

  test('is found there, and does not take effect again', async () => {
    const { submit, engine, world } = await moved();
    const balance = world.total();
    expect(await submit(deduction(REQUEST, 10n))).toMatchObject({ kind: 'replayed', shard: 'east' });
    expect(await submit(deduction(REQUEST, 11n))).toEqual({ kind: 'keyReused' });
    expect(await engine.findEntry(MOVED, REQUEST)).toMatchObject({ shard: 'east' });
    expect(world.total()).toBe(balance);
    expect(world.effects()).toEqual(new Map([[REQUEST, 1]]));
  });

  test('is waited for while that shard is away: nobody can say whether it took effect', async () => {
    const { submit, shard, world } = await moved();
    shard('east').isDown = true;
    await expect(submit(deduction(REQUEST, 10n))).rejects.toMatchObject({ code: 'SHARD_UNAVAILABLE' });
    expect(world.effects()).toEqual(new Map([[REQUEST, 1]]));
  });

  test('costs one read for all requests that come together', async () => {
    const { submit, shard } = await moved();
    const requests = [0, 1, 2, 3, 4].map((n) => submit(deduction(requestAt('east', BEFORE, n), 10n)));
    const outcomes = await Promise.all(requests);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['replayed', ...Array<string>(4).fill('applied')]);
    expect(shard('east').calls).toEqual(['keyLookUp']);
  });
});

/** Six sub-accounts on three shards, each with the same money. */
function setUp(availableMinor = 0n, rowEpoch = 1) {
  const world = new EngineWorld(SHARDS);
  world.account(ACCOUNT);
  world.fund(ACCOUNT, () => availableMinor, { epoch: rowEpoch });
  return { world, ...world.instance() };
}

/** Never comes back. */
function unreadable(): never {
  throw new ShardUnavailableError('any', 'it cannot be read just now');
}

function stall(): Promise<void> {
  return new Promise(() => undefined);
}
