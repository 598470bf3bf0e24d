import {
  cancellationOf,
  creditOf,
  deduction,
  holdOf,
  reversalOf,
} from '../../../test/models/engine-requests';
import { EngineSite, Gate, type SiteInstance } from '../../../test/models/engine-site';
import { FLUSH_DEDUCTIONS_MAX } from '../../ledger/lease';
import { ShardUnavailableError } from '../../shards/faults';
import { LEASE_SETTINGS } from '../../strategies/strategy-settings';
import { LANE_SETTINGS } from '../lane-settings';

const SHARDS = ['east', 'west'];
const FUNDS_MINOR = 10_000n;

/** What becomes of deductions that were answered and not written when their lease is of no use any more. */
describe('deductions answered from a lease', () => {
  let site: EngineSite;
  const instances: SiteInstance[] = [];

  beforeEach(async () => {
    site = await EngineSite.open(SHARDS);
    await site.account({ subAccounts: 1, shards: ['east'], strategy: 'leased' }, () => FUNDS_MINOR);
  });
  afterEach(async () => {
    await Promise.all(instances.splice(0).map(({ engine }) => engine.leases.stop()));
    await site.close();
  });

  const start = (): SiteInstance => {
    const instance = site.instance();
    instances.push(instance);
    return instance;
  };

  /** Has deductions answered, none of them written. */
  const answer = async (
    instance: SiteInstance,
    count: number,
    amountMinor = 100n,
    prefix = 'answered',
  ): Promise<string[]> => {
    const keys = Array.from({ length: count }, (_, number) => `${prefix} ${number}`);
    const answers = await Promise.all(keys.map((key) => instance.submit(deduction(key, amountMinor))));
    for (const each of answers) expect(each).toMatchObject({ kind: 'applied', isDeferred: true });
    expect(instance.engine.leases.unwritten).toBe(count);
    return keys;
  };
  const effectsOf = (keys: readonly string[]): number[] =>
    keys.map((key) => site.world.effects().get(key) ?? 0);

  test('are charged once, at the new home, when a fence strikes before they are written', async () => {
    const [owner, other] = [start(), start()];
    const keys = await answer(owner, 20);
    await site.resize(other, { subAccounts: 1, shards: ['west'] });
    expect(effectsOf(keys)).toEqual(keys.map(() => 0));
    // Known here all the while, wherever their money is.
    expect(await owner.submit(deduction('answered 0', 100n))).toMatchObject({ kind: 'replayed' });

    await site.world.time.sleep(LEASE_SETTINGS.expiryMs);
    await owner.engine.whenIdle();
    expect(effectsOf(keys)).toEqual(keys.map(() => 1));
    expect(owner.engine.leases.unwritten).toBe(0);
    expect(owner.observer.shortfalls).toEqual([]);
    expect(site.world.total()).toBe(FUNDS_MINOR - 2_000n);
    expect(site.world.held()).toBe(0n);
    for (const key of keys)
      expect(await other.submit(deduction(key, 100n))).toMatchObject({ kind: 'replayed', shard: 'west' });
  });

  test('are found while they are charged in another way', async () => {
    const [owner, other] = [start(), start()];
    const [key = ''] = await answer(owner, 1);
    await site.resize(other, { subAccounts: 1, shards: ['west'] });
    const account = await site.read();
    owner.shard('west').isDown = true;
    await expect(owner.engine.findEntry(account, key)).rejects.toBeInstanceOf(ShardUnavailableError);
    owner.shard('west').isDown = false;
    await site.world.time.sleep(3_000);
    expect(await owner.engine.findEntry(account, key)).toMatchObject({ entry: { requestId: key } });
  });

  test('are found, and can be reversed, however many wait to be written', async () => {
    const owner = start();
    const keys = await answer(owner, 2 * FLUSH_DEDUCTIONS_MAX + 1, 1n);
    const account = await site.read();
    const last = keys.at(-1) ?? '';
    expect(await owner.engine.findEntry(account, last)).toMatchObject({ entry: { requestId: last } });
    await answer(owner, 2 * FLUSH_DEDUCTIONS_MAX + 1, 1n, 'more');
    expect(await owner.follow(reversalOf(`more ${2 * FLUSH_DEDUCTIONS_MAX}`, 'back'))).toMatchObject({
      kind: 'applied',
    });
  });

  test('are reversed through an instance that looks for them just before they are written and their lease given back', async () => {
    const [owner, other] = [start(), start()];
    await answer(owner, 1);
    other.shard('east').after('batch', () => owner.engine.whenIdle());
    expect(await other.follow(reversalOf('answered 0', 'back'))).toMatchObject({
      kind: 'applied',
      entry: { amountMinor: 100n },
    });
    expect(site.world.total()).toBe(FUNDS_MINOR);
  });

  test.each(['the instance that answered', 'another instance'])(
    'are not undone by a cancel of their id through %s',
    async (which) => {
      const [owner, other] = [start(), start()];
      const keys = await answer(owner, 3);
      const through = which === 'another instance' ? other : owner;
      for (const key of keys)
        expect(await through.follow(cancellationOf(key))).toMatchObject({ kind: 'keyReused' });
      await owner.engine.whenIdle();
      expect(effectsOf(keys)).toEqual([1, 1, 1]);
      expect(owner.observer.shortfalls).toEqual([]);
      // What there never was is cancelled all the same.
      expect(await through.follow(cancellationOf('never'))).toMatchObject({ kind: 'holdSettled' });
      expect(await owner.submit(deduction('never', 100n))).toMatchObject({ kind: 'keyReused' });
    },
  );

  test.each([
    ['credit', creditOf],
    ['hold', holdOf],
    ['deduction of another amount', (key: string) => deduction(key, FUNDS_MINOR)],
  ])('keep their key from a %s that comes at the same time', async (_kind, made) => {
    const owner = start();
    await answer(owner, 1);
    for (const isFirst of [true, false]) {
      const key = `both ${isFirst}`;
      const pair = [deduction(key, 100n), made(key, 200n)];
      const outcomes = await Promise.all((isFirst ? pair : pair.reverse()).map((each) => owner.submit(each)));
      const kinds = outcomes.map(({ kind }) => kind).filter((kind) => kind !== 'insufficientFunds');
      expect(kinds.filter((kind) => kind === 'keyReused').length).toBe(kinds.length - 1);
    }
    await owner.engine.whenIdle();
    expect(owner.observer.shortfalls).toEqual([]);
  });

  test('keep their key from the charge of what was received under it', async () => {
    const owner = start();
    const key = 'answered 0';
    const { accountId, requestId, amountMinor, fingerprint, reference, metadata } = deduction(key, 200n);
    const asked = { accountId, requestId, amountMinor, fingerprint, reference, metadata };
    const waiting = { ...asked, kind: 'receive', subAccount: 0, attemptMin: 1 } as const;
    expect(await owner.shards.lanes('east').submit(waiting)).toMatchObject({ kind: 'received' });
    // A synchronous request outruns what waits under its id.
    await answer(owner, 1);
    const attempt = { number: 1, shard: 'east', subAccount: 0 };
    const charge = { ...deduction(key, 200n), kind: 'deduct', attempt } as const;
    expect(await owner.engine.charge(charge, await site.read())).toMatchObject({ kind: 'keyReused' });
    await owner.engine.whenIdle();
    expect(effectsOf([key])).toEqual([1]);
    expect(owner.observer.shortfalls).toEqual([]);
  });

  test('keep their key from a cancel that comes at the same time', async () => {
    const owner = start();
    await answer(owner, 1);
    const [paid, cancelled] = await Promise.all([
      owner.submit(deduction('both', 100n)),
      owner.follow(cancellationOf('both')),
    ]);
    expect([paid.kind, cancelled.kind]).toEqual(['applied', 'keyReused']);
    const [kept, late] = await Promise.all([
      owner.follow(cancellationOf('first')),
      owner.submit(deduction('first', 100n)),
    ]);
    expect([kept.kind, late.kind]).toEqual(['holdSettled', 'keyReused']);
    await owner.engine.whenIdle();
    expect(owner.observer.shortfalls).toEqual([]);
  });

  /** Lets an instance begin a recall that looks before anything is leased, and ends when told to. */
  const recallEarly = async (instance: SiteInstance): Promise<Gate> => {
    const gate = new Gate();
    instance.shard('east').after('leases', gate.pass);
    void instance.engine.leases.recall(await site.read());
    await gate.reached;
    return gate;
  };
  /** Once whoever asks next has looked for leases, and has had the time to wait for what is under way. */
  const openSoon = (gate: Gate, instance: SiteInstance): void => {
    instance.shard('east').after('leases', () => {
      void site.world.time.sleep(1).then(() => {
        gate.open();
      });
    });
  };

  test('are reversed through an instance whose recall began before they were answered', async () => {
    const [owner, other] = [start(), start()];
    const early = await recallEarly(other);
    await answer(owner, 1);
    openSoon(early, other);
    expect(await other.follow(reversalOf('answered 0', 'back'))).toMatchObject({
      kind: 'applied',
      entry: { amountMinor: 100n },
    });
  });

  test('are the last ones once a freeze is answered, though a recall began before it', async () => {
    const [owner, other] = [start(), start()];
    const early = await recallEarly(other);
    await answer(owner, 1);
    openSoon(early, other);
    expect(await site.setStatus(other, 'frozen')).toMatchObject({ status: 'done' });
    expect(await owner.submit(deduction('late', 100n))).toMatchObject({ kind: 'accountFrozen' });
  });

  test('are reversed through an instance that does not know yet where the account has moved', async () => {
    const [owner, late] = [start(), start()];
    await late.accounts.read('acme');
    await site.resize(owner, { subAccounts: 1, shards: ['west'] });
    await answer(owner, 1);
    expect(await late.follow(reversalOf('answered 0', 'back'))).toMatchObject({
      kind: 'applied',
      entry: { amountMinor: 100n },
    });
  });

  test('are a shortfall, within the lease, when that expired and its money was spent elsewhere', async () => {
    const [owner, other] = [start(), start()];
    const keys = await answer(owner, 20);
    const leasedMinor = site.world.held();
    owner.shard('east').isDown = true;
    await site.world.time.sleep(LEASE_SETTINGS.expiryMs + 10);
    expect(await owner.submit(deduction('late', 100n))).toMatchObject({ kind: 'shardUnavailable' });
    await other.holdExpiry.tick();
    expect(await other.submit(deduction('spent', FUNDS_MINOR))).toMatchObject({ kind: 'applied' });

    owner.shard('east').isDown = false;
    await site.world.time.sleep(3_000);
    await owner.engine.whenIdle();
    expect(owner.observer.shortfalls.map(({ requestId }) => requestId).sort()).toEqual(keys.sort());
    const lostMinor = owner.observer.shortfalls.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
    expect(lostMinor).toBeLessThanOrEqual(leasedMinor);
    expect(effectsOf(keys)).toEqual(keys.map(() => 0));
    expect(owner.engine.leases.unwritten).toBe(0);
    expect(site.world.rows()).toMatchObject([{ row: { availableMinor: 0n, heldMinor: 0n, netMinor: 0n } }]);
  });

  test('are a shortfall only as far as the account cannot pay', async () => {
    const [owner, other] = [start(), start()];
    const keys = await answer(owner, 20);
    owner.shard('east').isDown = true;
    await site.world.time.sleep(LEASE_SETTINGS.expiryMs + 10);
    await other.holdExpiry.tick();
    await other.submit(deduction('spent', FUNDS_MINOR - 500n));

    owner.shard('east').isDown = false;
    await site.world.time.sleep(3_000);
    await owner.engine.whenIdle();
    expect(owner.observer.shortfalls).toHaveLength(15);
    expect(effectsOf(keys).reduce((sum, times) => sum + times, 0)).toBe(5);
    expect(site.world.total()).toBe(0n);
  });

  test('are told, each of them, when the instance stops and their shard stays away', async () => {
    const owner = start();
    const keys = await answer(owner, 20);
    owner.shard('east').isDown = true;
    const began = site.world.time.now();
    await owner.engine.leases.stop();
    expect(site.world.time.now() - began).toBeLessThan(6_000);
    expect(owner.observer.shortfalls.map(({ requestId }) => requestId).sort()).toEqual(keys.sort());

    // What was told is not written behind it.
    owner.shard('east').isDown = false;
    await site.world.time.sleep(2 * LANE_SETTINGS.breakMs);
    await owner.engine.whenIdle();
    expect(effectsOf(keys)).toEqual(keys.map(() => 0));
  });

  test.each(['is to write them', 'is to charge them'])(
    'are told within bounds when the shard that %s hangs',
    async (task) => {
      const [owner, other] = [start(), start()];
      const keys = await answer(owner, 20);
      const forever = (): Promise<void> => new Promise(() => undefined);
      if (task === 'is to write them') owner.shard('east').before('batch', forever);
      else {
        await site.resize(other, { subAccounts: 1, shards: ['west'] });
        owner.shard('west').before('batch', forever);
        await site.world.time.sleep(LEASE_SETTINGS.flushMs + 1);
      }
      const began = site.world.time.now();
      await owner.engine.leases.stop();
      expect(site.world.time.now() - began).toBeLessThan(7_000);
      expect(owner.observer.shortfalls.map(({ requestId }) => requestId).sort()).toEqual(keys.sort());
    },
  );

  test('are told within bounds also when they were to be charged in another way', async () => {
    const [owner, other] = [start(), start()];
    const keys = await answer(owner, 20);
    await site.resize(other, { subAccounts: 1, shards: ['west'] });
    owner.shard('west').isDown = true;
    await site.world.time.sleep(LEASE_SETTINGS.flushMs + 1);
    const began = site.world.time.now();
    await owner.engine.leases.stop();
    expect(site.world.time.now() - began).toBeLessThan(6_000);
    expect(owner.observer.shortfalls.map(({ requestId }) => requestId).sort()).toEqual(keys.sort());
  });

  test('are written by a stop when their shard comes back in time', async () => {
    const owner = start();
    const keys = await answer(owner, 20);
    owner.shard('east').isDown = true;
    const stopped = owner.engine.leases.stop();
    await site.world.time.sleep(2_000);
    owner.shard('east').isDown = false;
    await stopped;
    expect(owner.observer.shortfalls).toEqual([]);
    expect(effectsOf(keys)).toEqual(keys.map(() => 1));
    expect(site.world.held()).toBe(0n);
  });
});
