import type { FaultPoint } from '../../src/engine/fault-points';
import { FENCE_MS_MAX } from '../../src/engine/runtime';
import { choosePlacement, routeRequest } from '../../src/ledger/routing';
import type { OperationRecord } from '../../src/shards/directory/operation-record';
import { parseLocation } from '../../src/shards/shard-address';
import { eventually } from '../setup/eventually';
import { type EngineInstance, EngineSite } from '../setup/engine-site';
import { expectAtRest } from '../setup/expect-at-rest';
import type { RetryingLoad } from '../setup/retrying-load';
import { STORES } from '../setup/stores';
import { TcpRelay } from '../../tools/kernel/tcp-relay';

const OPENING_MINOR = 100_000n;
/** Its home is on s0 and s1. */
const ACCOUNT = Array.from({ length: 100 }, (_, number) => `acme-${number}`).find(
  (id) => choosePlacement(id, ['s0', 's1', 's2'], 2)[0] === 's0',
) as string;
const SERVERS = STORES.filter(({ mark }) => mark !== 'sqlite');

/** How a shard dies: connections end at once, or nothing is heard of it any more. */
const DEATHS = [
  { death: 'refuses', kill: (proxy: TcpRelay) => proxy.refuse() },
  {
    death: 'swallows every packet',
    kill: (proxy: TcpRelay) => {
      proxy.stall();
      return Promise.resolve();
    },
  },
];

/** An account on s0 and s1 moves to s2 and s1, and s1, behind a network of our own, dies on the way. */
describe.each(SERVERS)('[$mark] a fence with one shard dead', (store) => {
  let site: EngineSite;
  let proxy: TcpRelay;
  let engine: EngineInstance;
  let reached: (point: FaultPoint) => Promise<void> | undefined;

  beforeEach(async () => {
    reached = () => undefined;
    site = await EngineSite.make(store, 3);
    const { name, location } = site.shards[1] as (typeof site.shards)[number];
    if (location.kind !== 'mysql') throw new Error('a proxy stands before a server');
    proxy = await TcpRelay.before(location.url);
    engine = await site.start({
      addresses: [{ name, location: parseLocation(proxy.url) }],
      reach: (point) => reached(point),
      fenceMsMax: FENCE_MS_MAX,
      mayBeTurnedAway: true,
    });
    const account = await engine.create(ACCOUNT, 2, OPENING_MINOR);
    expect(account.placement.shards).toEqual(['s0', 's1']);
    await engine.resizeSurely(ACCOUNT, { subAccounts: 4, shards: ['s0', 's1'] });
  });

  afterEach(async () => {
    proxy.resume();
    await proxy.accept();
    await site.end();
    await proxy.close();
  });

  const revive = async (): Promise<void> => {
    proxy.resume();
    await proxy.accept();
  };
  /** Resizes with the shard dying at `point`. What a busy machine gave up before that is asked for again. */
  const resizeDyingAt = async (
    point: FaultPoint,
    kill: () => Promise<void>,
    shards: readonly string[],
  ): Promise<OperationRecord> => {
    let isDead = false;
    reached = (at) => {
      if (at !== point) return undefined;
      reached = () => undefined;
      return kill().then(() => {
        isDead = true;
      });
    };
    return eventually(`a resize that comes to ${point}`, async () => {
      const operation = await engine.resize(ACCOUNT, { subAccounts: 6, shards });
      return isDead ? operation : undefined;
    });
  };
  const keyOn = async (shard: string, prefix: string): Promise<string> => {
    const { placement, subAccounts } = await engine.account(ACCOUNT);
    for (let number = 0; ; number += 1)
      if (routeRequest(`${prefix}${number}`, placement, subAccounts).shard === shard)
        return `${prefix}${number}`;
  };
  /** The living shard pays again at once; the dead one's share is turned away. */
  const expectOldPlacementGoesOn = async (): Promise<void> => {
    expect(await engine.account(ACCOUNT)).toMatchObject({
      placement: { shards: ['s0', 's1'] },
      subAccounts: 4,
      next: null,
      operationId: null,
      past: [],
    });
    const living = await engine.deduct(ACCOUNT, await keyOn('s0', 'living'), 1n);
    expect(living).toMatchObject({ kind: 'applied', shard: 's0' });
    const dead = await engine.deduct(ACCOUNT, await keyOn('s1', 'dead'), 1n);
    expect(dead).toEqual({ kind: 'shardUnavailable', shard: 's1' });
  };
  const moveOn = (): Promise<OperationRecord> =>
    engine.resizeSurely(ACCOUNT, { subAccounts: 6, shards: ['s1', 's2'] });
  const retryAll = (load: RetryingLoad): Promise<unknown> =>
    eventually('every key carried out', async () => {
      const rest = load.sent.filter((sent) => !load.tookEffect.includes(sent));
      await Promise.all(rest.map((sent) => load.send(sent, engine)));
      return load.tookEffect.length === load.sent.length ? true : undefined;
    });
  const extraKeys = async (): Promise<string[]> =>
    (await engine.entryKeys(ACCOUNT)).filter((key) => key.startsWith('living') || key.startsWith('dead'));

  it.each(DEATHS)(
    'is given up when the shard $death: the account goes on as it was, and moves when it is asked again',
    async ({ kill }) => {
      const load = site.load({ accountId: ACCOUNT, workers: 32, instances: [engine] });
      await load.progress(200);
      const operation = await resizeDyingAt('resize.prepared', () => kill(proxy), ['s1', 's2']);
      expect(operation).toMatchObject({
        status: 'failed',
        error: { code: 'SHARD_UNAVAILABLE', detail: expect.stringContaining('s1') as string },
      });
      await expectOldPlacementGoesOn();
      await load.progress(50);
      await load.stop();
      // Nobody is told that the account is short: what a dead shard holds is not known.
      expect(Object.keys(load.tally).sort()).toEqual(['applied', 'replayed', 'shardUnavailable']);

      await revive();
      expect(await moveOn()).toMatchObject({ result: { subAccounts: 6 } });
      await retryAll(load);
      const extra = await extraKeys();
      await expectAtRest(engine, ACCOUNT, {
        totalMinor: OPENING_MINOR + load.changeMinor - BigInt(extra.length),
        keys: [...load.sent.map(({ asked }) => asked.requestId), ...extra],
      });
      expect((await engine.rows(ACCOUNT)).filter(({ shard }) => shard === 's0')).toMatchObject([
        { row: { state: 'closed', availableMinor: 0n } },
        { row: { state: 'closed', availableMinor: 0n } },
      ]);
    },
  );

  it('that cannot even be prepared fails at once and holds nobody up', async () => {
    await proxy.refuse();
    const load = site.load({ accountId: ACCOUNT, workers: 8, instances: [engine] });
    const operation = await engine.resize(ACCOUNT, { subAccounts: 6, shards: ['s1', 's2'] });
    expect(operation).toMatchObject({ status: 'failed', error: { code: 'SHARD_UNAVAILABLE' } });
    await load.progress(20);
    await load.stop();
    expect(Object.keys(load.tally).sort()).toEqual(['applied', 'replayed', 'shardUnavailable']);
    await expectOldPlacementGoesOn();

    await revive();
    await moveOn();
    await retryAll(load);
    const extra = await extraKeys();
    await expectAtRest(engine, ACCOUNT, {
      totalMinor: OPENING_MINOR + load.changeMinor - BigInt(extra.length),
    });
  });

  it('is complete when the shard dies right behind it: the new placement holds', async () => {
    const operation = await resizeDyingAt('resize.fenced', () => proxy.refuse(), ['s0', 's2']);
    expect(operation).toMatchObject({ status: 'done', result: { shards: ['s0', 's2'] } });
    // The key may have taken effect on s1 before: whose past home that was is told to come again, the others are paid.
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, number) => engine.deduct(ACCOUNT, `after-${number}`, 1n)),
    );
    expect([...new Set(answers.map(({ kind }) => kind))].sort()).toEqual(['applied', 'shardUnavailable']);

    await revive();
    await eventually('every key carried out', async () => {
      const again = await Promise.all(
        answers.map((_, number) => engine.deduct(ACCOUNT, `after-${number}`, 1n)),
      );
      return again.every(({ kind }) => kind === 'applied' || kind === 'replayed') ? true : undefined;
    });
    await expectAtRest(engine, ACCOUNT, {
      totalMinor: OPENING_MINOR - 60n,
      keys: answers.map((_, number) => `after-${number}`),
    });
  });
});
