import { STRATEGIES } from '../../src/ledger/strategy';
import { parseLocation } from '../../src/shards/shard-address';
import { eventually } from '../setup/eventually';
import { type EngineInstance, EngineSite } from '../setup/engine-site';
import { expectAtRest } from '../setup/expect-at-rest';
import { STORES } from '../setup/stores';
import { TcpProxy } from '../../chaos/network/tcp-proxy';

const OPENING_MINOR = 1_000_000n;
const SERVERS = STORES.filter(({ mark }) => mark !== 'sqlite');
const RUNS = SERVERS.flatMap((store) => STRATEGIES.map((strategy) => ({ store, strategy })));

/** What a strategy comes to when its connections end in the middle: whatever had committed is found by its key. */
describe.each(RUNS)('[$store.mark] the strategy $strategy, cut off', ({ store, strategy }) => {
  let site: EngineSite;
  let proxy: TcpProxy;
  let engine: EngineInstance;

  beforeAll(async () => {
    site = await EngineSite.make(store, 1);
    const { name, location } = site.shards[0] as (typeof site.shards)[number];
    if (location.kind !== 'mysql') throw new Error('a proxy stands before a server');
    proxy = await TcpProxy.before(location.url);
    engine = await site.start({ addresses: [{ name, location: parseLocation(proxy.url) }] });
    await engine.create('acme', 2, OPENING_MINOR, strategy);
  });

  afterAll(async () => {
    await proxy.accept();
    await site.end();
    await proxy.close();
  });

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
    const before = await engine.total('acme');
    const lost = proxy.loseAnswerTo('lost-answer');
    const outcome = await engine.deduct('acme', 'lost-answer', 7n);
    await lost;
    if (strategy !== 'leased') expect(outcome.kind).toBe('replayed');
    else if (outcome.kind !== 'replayed') {
      // What is answered from memory is looked up first. If that was cut off, nothing was done.
      expect(outcome.kind).toBe('shardUnavailable');
      expect((await engine.deduct('acme', 'lost-answer', 7n)).kind).toBe('applied');
    }
    await engine.whenNothingIsLent('acme');
    expect(await engine.total('acme')).toBe(before - 7n);
  });
});
