import { creditOf, deduction, requestAt } from '../../../test/models/engine-requests';
import { EngineSite, type SiteInstance } from '../../../test/models/engine-site';

let site: EngineSite;

beforeEach(async () => {
  site = await EngineSite.open(['east', 'north', 'west']);
});

afterEach(async () => {
  await site.close();
});

async function repair(instance: SiteInstance) {
  const { operationId, run } = await site.start(instance, 'repair', {});
  await run;
  return site.operation(operationId);
}

/** An account that was moved twice since the directory was backed up, with a key from under each placement. */
async function restoredAfterMoves(): Promise<{ readonly keys: readonly string[] }> {
  await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
  await site.backUp();
  const before = site.instance();
  const keys: string[] = [];
  for (const shards of [
    ['east', 'west'],
    ['north', 'west'],
    ['north', 'east'],
  ]) {
    await site.resize(before, { subAccounts: 2, shards });
    const account = await site.read();
    for (const shard of shards) {
      const key = requestAt(shard, account, 0, `k${keys.length}-`);
      expect(await before.submit(deduction(key, 5n))).toMatchObject({ kind: 'applied', shard });
      keys.push(key);
    }
  }
  await site.restore();
  return { keys };
}

describe('an account whose rows are ahead of a restored directory', () => {
  test('is told that a shard is away, and nothing of it changes, until it is repaired', async () => {
    const { keys } = await restoredAfterMoves();
    const instance = site.instance();
    expect(await instance.submit(deduction('new', 1n))).toMatchObject({ kind: 'shardUnavailable' });

    expect(await repair(instance)).toMatchObject({
      status: 'done',
      step: 'ended',
      result: { lifted: true, epoch: 4 },
    });
    expect(await site.read()).toMatchObject({
      placement: { epoch: 4, shards: ['east', 'west'] },
      next: null,
      operationId: null,
    });
    expect([...(await site.read()).reach].sort()).toEqual(['east', 'north', 'west']);
    for (const key of keys)
      expect(await instance.submit(deduction(key, 5n))).toMatchObject({ kind: 'replayed' });
    expect([...site.world.effects().values()].every((times) => times === 1)).toBe(true);
    expect(await instance.submit(deduction('all', 70n))).toMatchObject({ kind: 'applied' });
    expect(site.world.total()).toBe(0n);
  });

  test('is repaired for instances that remember the lost placement, too', async () => {
    await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
    const instance = site.instance();
    await site.backUp();
    await site.resize(instance, { subAccounts: 2, shards: ['north', 'west'] });
    const lost = await site.read();
    await site.restore();
    // It goes on by what it knows.
    const key = requestAt('north', lost);
    expect(await instance.submit(deduction(key, 5n))).toMatchObject({ kind: 'applied', shard: 'north' });

    await repair(site.instance());
    expect(await instance.submit(deduction(key, 5n))).toMatchObject({ kind: 'replayed', shard: 'north' });
    expect(await instance.submit(creditOf('c', 7n))).toMatchObject({ kind: 'applied' });
    expect(site.world.total()).toBe(102n);
  });

  test('is not moved before it is repaired: where its keys are would be forgotten', async () => {
    await restoredAfterMoves();
    const instance = site.instance();
    expect(await site.resize(instance, { subAccounts: 1, shards: ['north'] })).toMatchObject({
      status: 'failed',
      error: { code: 'ACCOUNT_BEHIND_ROWS' },
    });
    expect(await site.read()).toMatchObject({ placement: { epoch: 1 }, operationId: null, next: null });
    await repair(instance);
    expect(await site.resize(instance, { subAccounts: 1, shards: ['north'] })).toMatchObject({
      status: 'done',
    });
  });

  test('stays as it is while a shard cannot be read, for that may be the one that is ahead', async () => {
    await restoredAfterMoves();
    const instance = site.instance();
    instance.shard('north').isDown = true;
    expect(await repair(instance)).toMatchObject({ status: 'failed', error: { code: 'SHARD_UNAVAILABLE' } });
    expect(await site.read()).toMatchObject({ placement: { epoch: 1 }, operationId: null, next: null });
  });

  test('is frozen by a freeze, though its rows know a newer status', async () => {
    await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
    const instance = site.instance();
    await site.backUp();
    for (const status of ['frozen', 'active', 'frozen', 'active'] as const)
      await site.setStatus(instance, status);
    await site.restore();
    const later = site.instance();
    expect(await site.setStatus(later, 'frozen')).toMatchObject({ status: 'done' });
    expect(await later.submit(deduction('new', 1n))).toMatchObject({ kind: 'accountFrozen' });
  });
});

test('a repair of an account that needs none changes nothing', async () => {
  await site.account({ subAccounts: 2, shards: ['east', 'west'] }, () => 50n);
  const instance = site.instance();
  await site.resize(instance, { subAccounts: 4, shards: ['north', 'west'] });
  const before = await site.read();
  expect(await repair(instance)).toMatchObject({ status: 'done', step: 'ended', result: { lifted: false } });
  const { placement, reach, past, operationId } = await site.read();
  expect({ placement, reach, past, operationId }).toEqual({
    placement: before.placement,
    reach: before.reach,
    past: before.past,
    operationId: null,
  });
});
