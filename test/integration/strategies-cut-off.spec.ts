import { STRATEGIES } from '../../src/ledger/strategy';
import { parseLocation } from '../../src/shards/shard-address';
import { LEASE_SETTINGS } from '../../src/strategies/strategy-settings';
import { eventually } from '../setup/eventually';
import { type EngineInstance, EngineSite } from '../setup/engine-site';
import { expectAtRest } from '../setup/expect-at-rest';
import { dealt, STORES, type TestStore } from '../setup/stores';
import { TcpRelay } from '../../tools/kernel/tcp-relay';

const OPENING_MINOR = 1_000_000n;
const SERVERS = STORES.filter(({ mark }) => mark !== 'sqlite');
const RUNS = dealt(STRATEGIES, SERVERS).map(({ store, kind: strategy }) => ({ store, strategy }));

/** What a strategy comes to when its connections end in the middle: whatever had committed is found by its key. */
describe.each(RUNS)('[$store.mark] the strategy $strategy, cut off', ({ store, strategy }) => {
  let proxied: ProxiedSite;
  let site: EngineSite;
  let proxy: TcpRelay;
  let engine: EngineInstance;

  beforeAll(async () => {
    proxied = await startProxied(store);
    ({ site, proxy, engine } = proxied);
    await engine.create('acme', 2, OPENING_MINOR, strategy);
  });

  afterAll(() => proxied.end());

  it('counts every key once, and answers for what it does not know with "ask again"', async () => {
    const load = site.load({ accountId: 'acme', workers: 32, instances: [engine] });
    for (let cut = 0; cut < 5; cut += 1) {
      await load.progress(100);
      proxy.cut();
    }
    await load.progress(100);
    await load.stop();
    expect(['applied', 'replayed', 'shardUnavailable', 'overloaded']).toEqual(
      expect.arrayContaining(Object.keys(load.tally)),
    );
    // Told "ask again", its clients do.
    await eventually('every key carried out', async () => {
      const rest = load.sent.filter((sent) => !load.tookEffect.includes(sent));
      await Promise.all(rest.map((sent) => load.send(sent, engine)));
      return load.tookEffect.length === load.sent.length ? true : undefined;
    });
    await expectAtRest(engine, 'acme', {
      totalMinor: OPENING_MINOR + load.changeMinor,
      keys: load.sent.map(({ asked }) => asked.requestId),
    });
  });

  it('turns its requests away while the shard refuses connections, and is back with it', async () => {
    await engine.whenNothingIsLent('acme');
    const before = await engine.total('acme');
    await proxy.refuse();
    const asked = Array.from({ length: 20 }, (_, number) => engine.deduct('acme', `away-${number}`, 1n));
    const kinds = new Set((await Promise.all(asked)).map(({ kind }) => kind));
    expect([...kinds]).toEqual(['shardUnavailable']);
    await proxy.accept();
    await eventually('all of them carried out', async () => {
      const again = asked.map((_, number) => engine.deduct('acme', `away-${number}`, 1n));
      const answers = await Promise.all(again);
      return answers.every(({ kind }) => kind === 'applied' || kind === 'replayed') ? true : undefined;
    });
    await engine.whenNothingIsLent('acme');
    expect(await engine.total('acme')).toBe(before - 20n);
  });

  it('carries a deduction out once whose answer was lost behind its COMMIT', async () => {
    // More than any lease has: `leased` carries it out durably, whatever became of its leases before.
    const amountMinor = LEASE_SETTINGS.amountMaxMinor + 1n;
    await engine.create('large', 1, 2n * amountMinor, strategy);
    const lost = proxy.loseAnswerTo('lost-answer');
    const outcome = await engine.deduct('large', 'lost-answer', amountMinor);
    await lost;
    // With `queued` it is the receipt whose answer is lost, and the charge is the first all the same.
    expect(strategy === 'queued' ? ['applied', 'replayed'] : ['replayed']).toContain(outcome.kind);
    expect(await engine.total('large')).toBe(amountMinor);
  });
});

/** What `leased` sends to its shard: a look-up before the answer, and a flush behind it. On accounts whose leases nothing befell. */
describe.each(SERVERS)('[$mark] a deduction answered from memory, cut off', (store) => {
  let site: ProxiedSite;

  beforeAll(async () => {
    site = await startProxied(store);
  });

  afterAll(() => site.end());

  it('is not carried out when its look-up was cut off', async () => {
    const { engine, proxy } = site;
    await engine.create('acme', 1, OPENING_MINOR, 'leased');
    const lost = proxy.loseAnswerTo('lost-look-up');
    expect((await engine.deduct('acme', 'lost-look-up', 7n)).kind).toBe('shardUnavailable');
    await lost;
    await engine.whenNothingIsLent('acme');
    expect(await engine.total('acme')).toBe(OPENING_MINOR);
    expect(await engine.deduct('acme', 'lost-look-up', 7n)).toMatchObject({
      kind: 'applied',
      isDeferred: true,
    });
    await expectAtRest(engine, 'acme', { totalMinor: OPENING_MINOR - 7n, keys: ['lost-look-up'] });
  });

  it('is written once when the answer to its flush was lost', async () => {
    const { engine, proxy } = site;
    await engine.create('globex', 1, OPENING_MINOR, 'leased');
    expect(await engine.deduct('globex', 'lost-flush', 7n)).toHaveProperty('isDeferred', true);
    await proxy.loseAnswerTo('lost-flush');
    await expectAtRest(engine, 'globex', { totalMinor: OPENING_MINOR - 7n, keys: ['lost-flush'] });
  });
});

interface ProxiedSite {
  readonly site: EngineSite;
  readonly proxy: TcpRelay;
  readonly engine: EngineInstance;
  readonly end: () => Promise<void>;
}

/** One shard that an instance reaches through a network to be broken at will. */
async function startProxied(store: TestStore): Promise<ProxiedSite> {
  const site = await EngineSite.make(store, 1);
  const { name, location } = site.shards[0] as (typeof site.shards)[number];
  if (location.kind !== 'mysql') throw new Error('a proxy stands before a server');
  const proxy = await TcpRelay.before(location.url);
  const engine = await site.start({
    addresses: [{ name, location: parseLocation(proxy.url) }],
    mayBeTurnedAway: true,
  });
  const end = async (): Promise<void> => {
    await proxy.accept();
    await site.end();
    await proxy.close();
  };
  return { site, proxy, engine, end };
}
