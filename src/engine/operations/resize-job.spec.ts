import { creditOf, deduction, requestAt } from '../../../test/models/engine-requests';
import { EngineSite, Gate, type SiteInstance } from '../../../test/models/engine-site';
import type { EngineWorld } from '../../../test/models/engine-world';
import type { ReachPoint } from '../fault-points';
import type { AccountRecord } from '../../shards/directory/account-record';

const SHARDS = ['east', 'north', 'west'];

let site: EngineSite;

beforeEach(async () => {
  site = await EngineSite.open(SHARDS);
});

afterEach(async () => {
  await site.close();
});

describe('a resize on the same shards', () => {
  test('makes room for more, and moves nobody’s home', async () => {
    const before = await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
    const instance = site.instance();
    await instance.submit(deduction('r1', 10n));
    expect(await site.resize(instance, { subAccounts: 6, shards: ['east', 'west'] })).toMatchObject({
      status: 'done',
      step: 'ended',
      result: { subAccounts: 6, shards: ['east', 'west'], epoch: 1 },
    });
    const after = await site.read();
    expect(after).toMatchObject({ subAccounts: 6, placement: before.placement, past: [], operationId: null });
    expect(openRows(site.world)).toEqual(['east 0', 'east 2', 'east 4', 'west 1', 'west 3', 'west 5']);
    expect(await instance.submit(deduction('r1', 10n))).toMatchObject({ kind: 'replayed' });
    expectConserved(site.world, 90n);
  });

  test('empties the rows that go out of use, and closes them', async () => {
    await site.account({ subAccounts: 6, shards: ['east', 'west'] }, () => 10n);
    const instance = site.instance();
    await site.resize(instance, { subAccounts: 2, shards: ['east', 'west'] });
    expect(openRows(site.world)).toEqual(['east 0', 'west 1']);
    expectSwept(site.world);
    expectConserved(site.world, 60n);
  });

  test('makes its rows closed and opens them then: a statement that comes late leaves none in use', async () => {
    await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
    const instance = site.instance();
    const made: string[] = [];
    for (const name of ['east', 'west'])
      instance.shard(name).after('rows', () => {
        for (const { shard, row } of site.world.rows())
          if (shard === name && row.index > 1) made.push(`${shard} ${row.index} ${row.state}`);
      });
    await site.resize(instance, { subAccounts: 4, shards: ['east', 'west'] });
    expect(made.sort()).toEqual(['east 2 closed', 'west 3 closed']);
    expect(openRows(site.world)).toEqual(['east 0', 'east 2', 'west 1', 'west 3']);
  });

  test('is not undone by what a runner of an earlier one still says late', async () => {
    await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 10n);
    const stalled = site.instance();
    const gate = new Gate();
    // Its last step: which rows are in use. By then the account has grown again.
    stalled.shard('west').before('batch', undefined, gate.pass);
    const { operationId, run } = await site.start(stalled, 'resize', {
      subAccounts: 4,
      shards: ['east', 'west'],
    });
    await gate.reached;
    await site.expire(operationId);
    const other = site.instance();
    await site.end(other, operationId);
    await site.resize(other, { subAccounts: 8, shards: ['east', 'west'] });
    gate.open();
    await run;
    expect(openRows(site.world)).toHaveLength(8);
  });
});

describe('a resize to other shards', () => {
  test('moves the homes under the next epoch, and every key with its money is found', async () => {
    const before = await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
    const instance = site.instance();
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const key of keys) await instance.submit(deduction(key, 1n));
    expect(await site.resize(instance, { subAccounts: 4, shards: ['east', 'north'] })).toMatchObject({
      status: 'done',
    });
    expect(await site.read()).toMatchObject({
      placement: { epoch: 2, shards: ['east', 'north'] },
      past: [{ shards: before.placement.shards }],
      reach: expect.arrayContaining(SHARDS) as string[],
      next: null,
    });
    for (const key of keys)
      expect(await instance.submit(deduction(key, 1n))).toMatchObject({ kind: 'replayed' });
    expect([...site.world.effects().values()]).toEqual(keys.map(() => 1));
    expectSwept(site.world);
    expectConserved(site.world, 94n);
    expect(await instance.submit(deduction('all', 94n))).toMatchObject({ kind: 'applied' });
  });

  test('lets an instance that knows nothing of it write nothing under the old placement', async () => {
    const before = await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
    const [instance, stale] = [site.instance(), site.instance()];
    await stale.accounts.read('acme');
    await site.resize(instance, { subAccounts: 2, shards: ['north', 'east'] });
    const key = requestAt('west', before);
    expect(await stale.submit(deduction(key, 10n))).toMatchObject({ kind: 'applied', entry: { epoch: 2 } });
    expect(await instance.submit(deduction(key, 10n))).toMatchObject({ kind: 'replayed' });
    expect(site.world.effects()).toEqual(new Map([[key, 1]]));
  });

  test('lets requests wait at the fence, and sends them to their new homes', async () => {
    const before = await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
    const gate = new Gate();
    const instance = site.instance({
      reach: (point) => (point === 'resize.fenced' ? gate.pass() : undefined),
    });
    const { operationId, run } = await site.start(instance, 'resize', {
      subAccounts: 2,
      shards: ['north', 'west'],
    });
    await gate.reached;
    const waiting = ['east', 'west'].map((shard) => instance.submit(deduction(requestAt(shard, before), 1n)));
    waiting.push(instance.submit(deduction(requestAt('east', before, 1), 100n)));
    await site.world.time.sleep(500);
    expect(site.world.effects().size).toBe(0);
    gate.open();
    await run;
    expect((await Promise.all(waiting)).map(({ kind }) => kind).sort()).toEqual([
      'applied',
      'applied',
      'insufficientFunds',
    ]);
    expect((await site.end(instance, operationId)).status).toBe('done');
  });

  test('tells rows made meanwhile of a status that was set meanwhile', async () => {
    await site.account({ subAccounts: 1, shards: ['east'] }, () => 50n);
    const gate = new Gate();
    const [instance, other] = [site.instance(), site.instance()];
    // The account was read as active; its new rows are made once it is frozen.
    for (const name of ['east', 'west']) instance.shard(name).before('rows', gate.pass);
    const { run } = await site.start(instance, 'resize', { subAccounts: 4, shards: ['east', 'west'] });
    await gate.reached;
    expect(await site.setStatus(other, 'frozen')).toMatchObject({ status: 'done' });
    gate.open();
    await run;
    expect(await site.read()).toMatchObject({ subAccounts: 4, status: 'frozen' });
    expect(site.world.rows().map(({ row }) => row.accountStatus)).toEqual(Array(4).fill('frozen'));
    for (let n = 0; n < 12; n += 1)
      expect(await instance.submit(deduction(`r${n}`, 1n))).toEqual({ kind: 'accountFrozen' });
  });
});

describe('a fence that cannot be completed', () => {
  const PLACES = ['east', 'west'];

  /** "west" goes away before it is fenced; the account was to move to shards that are there. */
  async function abandoned(reach: ReachPoint = () => undefined): Promise<SiteInstance> {
    const instance: SiteInstance = site.instance({
      reach: (point) => {
        if (point === 'resize.prepared') instance.shard('west').isDown = true;
        return reach(point);
      },
    });
    const { operationId, run } = await site.start(instance, 'resize', {
      subAccounts: 2,
      shards: ['east', 'north'],
    });
    await run;
    expect(await site.operation(operationId)).toMatchObject({
      status: 'failed',
      error: { code: 'SHARD_UNAVAILABLE' },
    });
    return instance;
  }

  test('is given up, and the account goes on as it was with the shards that are there', async () => {
    const before = await site.account({ subAccounts: 2, shards: PLACES }, () => 50n);
    const instance = await abandoned();
    expect(await site.read()).toMatchObject({
      placement: { epoch: 3, shards: PLACES },
      past: [],
      next: null,
      operationId: null,
    });
    expect(await instance.submit(deduction(requestAt('east', before), 10n))).toMatchObject({
      kind: 'applied',
      shard: 'east',
    });
    expect(await instance.submit(deduction(requestAt('west', before), 10n))).toEqual({
      kind: 'shardUnavailable',
      shard: 'west',
    });
    instance.shard('west').isDown = false;
    await site.world.time.sleep(1_000);
    expect(await instance.submit(deduction(requestAt('west', before), 10n))).toMatchObject({
      kind: 'applied',
    });
  });

  test('is given up for an account whose status was ever changed, too', async () => {
    const before = await site.account({ subAccounts: 2, shards: PLACES }, () => 50n);
    await site.setStatus(site.instance(), 'frozen');
    await site.setStatus(site.instance(), 'active');
    const instance = await abandoned();
    expect(await instance.submit(deduction(requestAt('east', before), 10n))).toMatchObject({
      kind: 'applied',
    });
  });

  test('keeps requests waiting no longer than that: they are told of a shard that is away, not of funds', async () => {
    const before = await site.account({ subAccounts: 2, shards: PLACES }, () => 50n);
    const gate = new Gate();
    // Its runner stalls before it says so.
    const run = abandoned((point) => (point === 'resize.abandoning' ? gate.pass() : undefined));
    await gate.reached;
    const other = site.instance();
    const outcomes = await Promise.all(
      [10n, 80n].map((amountMinor, n) => other.submit(deduction(requestAt('east', before, n), amountMinor))),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(['shardUnavailable', 'shardUnavailable']);
    gate.open();
    await run;
    expect(await other.submit(deduction(requestAt('east', before), 10n))).toMatchObject({ kind: 'applied' });
  });

  test('stands while the directory is away, and ends when it is back', async () => {
    const before = await site.account({ subAccounts: 2, shards: PLACES }, () => 50n);
    const gate = new Gate();
    const instance = site.instance({
      reach: (point) => (point === 'resize.fenced' ? gate.pass() : undefined),
    });
    const { operationId, run } = await site.start(instance, 'resize', {
      subAccounts: 2,
      shards: ['east', 'north'],
    });
    await gate.reached;
    site.directoryIsAway = true;
    gate.open();
    await run;
    const key = requestAt('east', before);
    expect(await instance.submit(deduction(key, 10n))).toMatchObject({ kind: 'shardUnavailable' });

    site.directoryIsAway = false;
    await site.expire(operationId);
    await site.end(instance, operationId);
    expect(await instance.submit(deduction(key, 10n))).toMatchObject({ kind: 'applied' });
    expect((await site.read()).operationId).toBeNull();
    expectConserved(site.world, 90n);
  });

  test('is never begun when the new shards are not there: the account does not notice', async () => {
    const before = await site.account({ subAccounts: 2, shards: PLACES }, () => 50n);
    const instance = site.instance();
    instance.shard('north').isDown = true;
    const { operationId, run } = await site.start(instance, 'resize', {
      subAccounts: 2,
      shards: ['east', 'north'],
    });
    await run;
    expect(await site.operation(operationId)).toMatchObject({
      status: 'failed',
      error: { code: 'SHARD_UNAVAILABLE' },
    });
    expect(await site.read()).toMatchObject({ placement: before.placement, operationId: null, next: null });
    expect(new Set(site.world.rows().map(({ row }) => row.epoch))).toEqual(new Set([1]));
  });
});

test('a shard that goes away once all are fenced keeps nobody waiting on the others', async () => {
  await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
  await site.setStatus(site.instance(), 'frozen');
  await site.setStatus(site.instance(), 'active');
  const instance: SiteInstance = site.instance({
    reach: (point) => {
      if (point === 'resize.fenced') instance.shard('north').isDown = true;
      return undefined;
    },
  });
  await site.start(instance, 'resize', { subAccounts: 2, shards: ['east', 'north'] }).then(({ run }) => run);
  const after = await site.read();
  expect(after.placement.epoch).toBe(2);
  expect(await instance.submit(deduction(requestAt('east', after), 10n))).toMatchObject({ kind: 'applied' });
});

describe('a runner that stalls and wakes up late', () => {
  test('does not activate what another one has given up', async () => {
    const before = await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
    const gate = new Gate();
    const stalled = site.instance({
      reach: (point) => (point === 'resize.fenced' ? gate.pass() : undefined),
    });
    const { operationId, run } = await site.start(stalled, 'resize', {
      subAccounts: 2,
      shards: ['east', 'north'],
    });
    await gate.reached;
    await site.world.time.sleep(10_000);
    await site.expire(operationId);
    const other = site.instance();
    expect(await site.end(other, operationId)).toMatchObject({ status: 'failed' });
    const given = await site.read();
    expect(given.placement).toEqual({ epoch: 3, shards: ['east', 'west'] });

    gate.open();
    await run;
    expect(await site.read()).toEqual(given);
    expect(await site.operation(operationId)).toMatchObject({ status: 'failed', step: 'ended' });
    expect(await stalled.submit(deduction(requestAt('west', before), 1n))).toMatchObject({ kind: 'applied' });
  });

  test('does not open the rows of what another one has given up', async () => {
    await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
    const stalled = site.instance();
    const gate = new Gate();
    stalled.shard('east').before('rows', gate.pass);
    const { operationId, run } = await site.start(stalled, 'resize', {
      subAccounts: 6,
      shards: ['east', 'west'],
    });
    await gate.reached;
    await site.expire(operationId);
    const cutOff = site.instance();
    cutOff.shard('west').isDown = true;
    await cutOff.runner.takeUp();
    await cutOff.runner.run(await site.operation(operationId));
    expect(await site.operation(operationId)).toMatchObject({ step: 'settling', status: 'failed' });
    await site.expire(operationId);
    expect(await site.end(site.instance(), operationId)).toMatchObject({ status: 'failed', step: 'ended' });

    gate.open();
    await run;
    expect(openRows(site.world)).toEqual(['east 0', 'west 1']);
    expectConserved(site.world, 100n);
  });

  test('does not begin again what another one has carried to its end', async () => {
    await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
    const stalled = site.instance();
    const gate = new Gate();
    const begin = site.directory.beginOperation.bind(site.directory);
    jest.spyOn(site.directory, 'beginOperation').mockImplementationOnce(async (_account, operationId) => {
      await gate.pass();
      // It reads the account when all is over, so that nothing has changed since.
      return begin(await site.read(), operationId);
    });
    const { operationId, run } = await site.start(stalled, 'resize', {
      subAccounts: 4,
      shards: ['east', 'west'],
    });
    await gate.reached;
    await site.expire(operationId);
    const other = site.instance();
    await other.runner.takeUp();
    expect(await site.end(other, operationId)).toMatchObject({ status: 'done' });

    gate.open();
    await run;
    expect(await site.read()).toMatchObject({ operationId: null, operation: 1, subAccounts: 4 });
    expect(await site.resize(other, { subAccounts: 2, shards: ['east', 'west'] })).toMatchObject({
      status: 'done',
    });
  });

  test('goes on with what another runner of it has begun in the same moment', async () => {
    await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
    const instance = site.instance();
    const begin = site.directory.beginOperation.bind(site.directory);
    jest.spyOn(site.directory, 'beginOperation').mockImplementationOnce(async (account, operationId) => {
      expect(await begin(account, operationId)).toBe(true);
      return begin(account, operationId);
    });
    expect(await site.resize(instance, { subAccounts: 4, shards: ['east', 'west'] })).toMatchObject({
      status: 'done',
    });
    expect(await site.read()).toMatchObject({ operationId: null, operation: 1, subAccounts: 4 });
  });

  test('leaves no account behind that names it, when it is refused beside a runner that has just begun it', async () => {
    await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
    const instance = site.instance();
    const begin = site.directory.beginOperation.bind(site.directory);
    jest.spyOn(site.directory, 'beginOperation').mockImplementationOnce(async (account, operationId) => {
      // The other runner begins it right behind this one's look.
      expect(await begin(account, operationId)).toBe(true);
      return false;
    });
    expect(await site.resize(instance, { subAccounts: 4, shards: ['east', 'west'] })).toMatchObject({
      status: 'failed',
      error: { code: 'OPERATION_IN_PROGRESS' },
    });
    expect(await site.read()).toMatchObject({ operationId: null, subAccounts: 2 });
    expect(await site.resize(instance, { subAccounts: 4, shards: ['east', 'west'] })).toMatchObject({
      status: 'done',
    });
  });

  test('makes no rows on shards of a placement that it could not announce, for another one had given it up', async () => {
    await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
    const stalled = site.instance();
    const gate = new Gate();
    const announce = site.directory.announcePlacement.bind(site.directory);
    jest.spyOn(site.directory, 'announcePlacement').mockImplementationOnce(async (...given) => {
      await gate.pass();
      return announce(...given);
    });
    const { operationId, run } = await site.start(stalled, 'resize', { subAccounts: 2, shards: ['north'] });
    await gate.reached;
    await site.expire(operationId);
    const cutOff = site.instance();
    cutOff.shard('north').isDown = true;
    await cutOff.runner.takeUp();
    expect(await site.end(cutOff, operationId)).toMatchObject({ status: 'failed' });

    gate.open();
    await run;
    expect((await site.read()).reach).toEqual(['east', 'west']);
    expect(site.world.rows().filter(({ shard }) => shard === 'north')).toEqual([]);
    expectConserved(site.world, 100n);
  });

  test('does not bring back a placement that a later operation has left', async () => {
    await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
    const other = site.instance();
    const stalled = site.instance();
    const gate = new Gate();
    // It has read the account and is about to write the new placement into it.
    const activate = site.directory.activate.bind(site.directory);
    site.directory.activate = async (...activation) => {
      site.directory.activate = activate;
      await gate.pass();
      return activate(...activation);
    };
    const { operationId, run } = await site.start(stalled, 'resize', {
      subAccounts: 2,
      shards: ['east', 'north'],
    });
    await gate.reached;
    await site.expire(operationId);
    expect(await site.end(other, operationId)).toMatchObject({ status: 'done' });
    await site.resize(other, { subAccounts: 3, shards: ['west', 'north', 'east'] });
    const present = await site.read();
    expect(present.placement).toEqual({ epoch: 3, shards: ['east', 'north', 'west'] });

    gate.open();
    await run;
    expect(await site.read()).toEqual(present);
    expect(await stalled.submit(deduction('r', 100n))).toMatchObject({ kind: 'applied' });
  });

  test('does not lower a fence again', async () => {
    await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
    const gate = new Gate();
    const [stalled, other] = [site.instance(), site.instance()];
    // Its layout goes through, its fence is held up.
    stalled.shard('west').before('batch', undefined, gate.pass);
    const { operationId, run } = await site.start(stalled, 'resize', {
      subAccounts: 2,
      shards: ['east', 'north'],
    });
    await gate.reached;
    await site.world.time.sleep(10_000);
    await site.expire(operationId);
    await site.end(other, operationId);
    await site.resize(other, { subAccounts: 2, shards: ['west', 'north'] });
    const epochs = epochsOf(site.world);
    gate.open();
    await run;
    expect(epochsOf(site.world)).toEqual(epochs);
    expect(epochs.every(([, epoch]) => epoch === 4)).toBe(true);
  });
});

describe('once a resize is active', () => {
  test('it is done, whatever is left to drain, and the next one need not wait', async () => {
    await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
    const instance = site.instance({
      // The shard that is left behind goes away as soon as it is fenced.
      reach: (point) => {
        if (point === 'resize.activated') instance.shard('west').isDown = true;
        return undefined;
      },
    });
    const { operationId, run } = await site.start(instance, 'resize', {
      subAccounts: 2,
      shards: ['east', 'north'],
    });
    await run;
    expect(await site.operation(operationId)).toMatchObject({ status: 'done', step: 'settling' });
    expect(await site.read()).toMatchObject({ placement: { epoch: 2 }, operationId: null });

    const second = await site.start(instance, 'resize', { subAccounts: 4, shards: ['east', 'north'] });
    await second.run;
    expect(await site.operation(second.operationId)).toMatchObject({ status: 'done' });
    expect(await site.read()).toMatchObject({ subAccounts: 4 });

    instance.shard('west').isDown = false;
    await site.world.time.sleep(1_000);
    await site.end(instance, operationId);
    await site.end(instance, second.operationId);
    await instance.sweeper.sweep('acme');
    expectSwept(site.world);
    expectConserved(site.world, 100n);
  });

  test('a late transfer into a row out of use opens it again, and it is emptied again', async () => {
    await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
    const instance = site.instance();
    const departure = await instance.mover.send({
      by: 'rebalancer',
      accountId: 'acme',
      fromShard: 'east',
      toShard: 'west',
      toSubAccount: 1,
      amountMaxMinor: 20n,
    });
    await site.resize(instance, { subAccounts: 2, shards: ['east', 'north'] });
    expectSwept(site.world);
    expect(site.world.inRows()).toBe(80n);

    if (departure) await instance.transfers.forward('east', [departure]);
    expect(rowsOn(site.world, 'west')).toMatchObject([{ state: 'draining', availableMinor: 20n }]);
    await instance.sweeper.tick();
    expect(rowsOn(site.world, 'west')).toMatchObject([{ state: 'closed', availableMinor: 0n }]);
    expectConserved(site.world, 100n);
  });

  test('a credit by an instance that does not know of it is not left where nobody looks', async () => {
    const before = await site.account({ subAccounts: 4, shards: ['east', 'west'] }, () => 50n);
    const [instance, stale] = [site.instance(), site.instance()];
    await stale.accounts.read('acme');
    await site.resize(instance, { subAccounts: 2, shards: ['east', 'west'] });
    for (let n = 0; n < 8; n += 1) await stale.engine.submit(creditOf(`c${n}`, 400n), before);
    await instance.sweeper.tick();
    expectSwept(site.world);
    expectConserved(site.world, 200n + 8n * 400n);
  });
});

function rowsOn(world: EngineWorld, name: string) {
  return world.rows().flatMap(({ shard, row }) => (shard === name ? [row] : []));
}

function openRows(world: EngineWorld): string[] {
  return world
    .rows()
    .filter(({ row }) => row.state === 'open')
    .map(({ shard, row }) => `${shard} ${row.index}`)
    .sort();
}

function epochsOf(world: EngineWorld): [string, number][] {
  return world.rows().map(({ shard, row }) => [`${shard} ${row.index}`, row.epoch]);
}

/** Rows out of use are empty, and closed. */
function expectSwept(world: EngineWorld): void {
  const out = world.rows().filter(({ row }) => row.state !== 'open');
  expect(out.map(({ row }) => [row.state, row.availableMinor])).toEqual(out.map(() => ['closed', 0n]));
}

function expectConserved(world: EngineWorld, totalMinor: bigint, account?: AccountRecord): void {
  expect(world.total(account?.accountId)).toBe(totalMinor);
  expect(world.inRows(account?.accountId)).toBe(totalMinor);
}
