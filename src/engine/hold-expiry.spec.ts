import { confirmationOf, holdOf, requestAt } from '../../test/models/engine-requests';
import { EngineSite } from '../../test/models/engine-site';
import type { ReachPoint } from './fault-points';

const SHARDS = ['s0', 's1'];
const SECOND_US = 1_000_000;

describe('expiry', () => {
  let site: EngineSite;

  beforeEach(async () => {
    site = await EngineSite.open(SHARDS);
  });
  afterEach(() => site.close());

  /** Holds of one unit on s0, over after a second. */
  const hold = async (instance: ReturnType<EngineSite['instance']>, count: number): Promise<string[]> => {
    const account = await site.account({ subAccounts: 2, shards: SHARDS }, () => 2_000n);
    const ids = Array.from({ length: count }, (_, n) => requestAt('s0', account, n));
    const outcomes = await Promise.all(ids.map((id) => instance.submit(holdOf(id, 1n, SECOND_US))));
    expect(outcomes.every(({ kind }) => kind === 'held')).toBe(true);
    return ids;
  };

  it('releases what is over and nothing else, however much there is', async () => {
    const instance = site.instance();
    await hold(instance, 1_200);
    expect(await instance.submit(holdOf('lasts', 5n))).toMatchObject({ kind: 'held' });
    await instance.holdExpiry.tick();
    expect(site.world.held()).toBe(1_205n);
    // Entries of a batch are a microsecond apart, and the clock goes on from the last.
    await site.world.time.sleep(1_010);
    await instance.holdExpiry.tick();
    expect(site.world.held()).toBe(5n);
    expect(site.world.total()).toBe(4_000n);
  });

  it('is done by one instance at a time, and by the others once that one is gone', async () => {
    const [one, other] = [site.instance(), site.instance()];
    await hold(one, 3);
    await site.world.time.sleep(1_001);
    await site.directory.leases.acquire('expiry of s0', 'someone who died', 3_600_000);
    await Promise.all([one.holdExpiry.tick(), other.holdExpiry.tick()]);
    expect(site.world.held()).toBe(3n);
    await site.directory.leases.release('expiry of s0', 'someone who died');
    await Promise.all([one.holdExpiry.tick(), other.holdExpiry.tick()]);
    expect(site.world.held()).toBe(0n);
  });

  it('goes on while the directory is away', async () => {
    const instance = site.instance();
    await hold(instance, 3);
    await site.world.time.sleep(1_001);
    site.directoryIsAway = true;
    await instance.holdExpiry.tick();
    expect(site.world.held()).toBe(0n);
  });

  it('goes on on the shards that are there, and tells of the one that is not', async () => {
    const instance = site.instance();
    const [first = ''] = await hold(instance, 3);
    await instance.submit(holdOf(requestAt('s1', await site.read()), 1n, SECOND_US));
    await site.world.time.sleep(1_001);
    instance.shard('s0').isDown = true;
    await instance.holdExpiry.tick();
    expect(site.world.held()).toBe(3n);
    expect(instance.observer.deferrals).toContain('expiry of holds on s0');
    instance.shard('s0').isDown = false;
    await site.world.time.sleep(1_000);
    await instance.holdExpiry.tick();
    expect(site.world.held()).toBe(0n);
    expect(await instance.follow(confirmationOf(first))).toMatchObject({ kind: 'holdAlreadyCancelled' });
  });

  it('finds out under the lock that a cancel came first', async () => {
    const cancelling: { now: () => Promise<unknown> } = { now: () => Promise.resolve() };
    const reach: ReachPoint = (point) =>
      point === 'hold.expiring' ? cancelling.now().then(() => undefined) : undefined;
    const [one, other] = [site.instance({ reach }), site.instance()];
    const [first = ''] = await hold(one, 1);
    await site.world.time.sleep(1_001);
    cancelling.now = () =>
      other.follow({ kind: 'cancel', accountId: 'acme', holdId: first, fingerprint: 'cancel' });
    await one.holdExpiry.tick();
    const found = await other.engine.findHold(await site.read(), first);
    expect(found).toMatchObject({ hold: { state: 'cancelled' } });
    expect(site.world.held()).toBe(0n);
  });
});
