import { accountRecord } from '../../test/models/account-record';
import { creditOf, deduction, requestAt } from '../../test/models/engine-requests';
import { EngineWorld } from '../../test/models/engine-world';

const SHARDS = ['east', 'north', 'west'];
const ACCOUNT = accountRecord({ subAccounts: 3, placement: { epoch: 1, shards: SHARDS } });

describe('a balance', () => {
  test('is one round trip to each shard', async () => {
    const { balances, shard } = setUp();
    expect(await balances.current(ACCOUNT)).toEqual({
      availableMinor: 30n,
      grantedMinor: 0n,
      heldMinor: 0n,
      totalMinor: 30n,
      inTransitMinor: 0n,
    });
    for (const name of SHARDS) expect(shard(name).calls).toEqual(['reading']);
  });

  test('does not show money that moves inside the account', async () => {
    const { balances, mover } = setUp();
    await mover.send({
      by: 'rebalancer',
      accountId: 'acme',
      fromShard: 'east',
      toShard: 'west',
      toSubAccount: 2,
      amountMaxMinor: 4n,
    });
    expect(await balances.current(ACCOUNT)).toMatchObject({ totalMinor: 30n, inTransitMinor: 4n });
    expect(await balances.snapshot(ACCOUNT)).toMatchObject({ totalMinor: 30n, inTransitMinor: 4n });
  });

  test('that would be below zero was torn, and is read again', async () => {
    const { balances, shard, other } = setUp(0n);
    // After "east" was read a credit comes in there; it is spent at "west" before that is read.
    shard('west').before('reading', async () => {
      await other.submit(creditOf(requestAt('east', ACCOUNT), 10n));
      await other.submit(deduction(requestAt('west', ACCOUNT), 10n));
    });
    expect(await balances.current(ACCOUNT)).toMatchObject({ totalMinor: 0n, availableMinor: 0n });
  });

  test('is not told while a shard cannot be read', async () => {
    const { balances, shard } = setUp();
    shard('north').isDown = true;
    await expect(balances.current(ACCOUNT)).rejects.toMatchObject({ shard: 'north' });
    await expect(balances.snapshot(ACCOUNT)).rejects.toMatchObject({ shard: 'north' });
  });
});

describe('a snapshot', () => {
  test('is a total that the account had, however much comes and goes while it is read', async () => {
    const { balances, shard, other, world } = setUp(0n);
    const totals = new Set<bigint>([0n]);
    world.onCommit(() => totals.add(world.total()));
    let turn = 0;
    const churn = async (): Promise<void> => {
      shard('west').before('reading', churn);
      await other.submit(creditOf(requestAt('east', ACCOUNT, (turn += 1)), 10n));
      await other.submit(deduction(requestAt('west', ACCOUNT, turn), 7n));
      await other.submit(deduction(requestAt('north', ACCOUNT, turn), 3n));
    };
    shard('west').before('reading', churn);
    const { totalMinor } = await balances.snapshot(ACCOUNT);
    expect(totals.has(totalMinor)).toBe(true);
    expect(shard('west').calls).toContain('lock');
  });

  test('of one who calls after a credit was acknowledged has it, though another is under way', async () => {
    const { balances, shard, other } = setUp();
    let second: ReturnType<typeof balances.snapshot> | undefined;
    let third: ReturnType<typeof balances.snapshot> | undefined;
    shard('west').after('reading', undefined, async () => {
      await other.submit(creditOf('topup', 10n));
      second = balances.snapshot(ACCOUNT);
      third = balances.snapshot(ACCOUNT);
    });
    expect(await balances.snapshot(ACCOUNT)).toMatchObject({ totalMinor: 30n });
    expect(await second).toMatchObject({ totalMinor: 40n });
    expect(await third).toBe(await second);
  });
});

/** One sub-account on each shard. */
function setUp(availableMinor = 10n) {
  const world = new EngineWorld(SHARDS);
  world.account(ACCOUNT, availableMinor);
  return { world, other: world.instance(), ...world.instance() };
}
