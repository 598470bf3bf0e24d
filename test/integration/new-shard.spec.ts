import type { SubAccountState } from '../../src/ledger/sub-account';
import type { Location, ShardAddress } from '../../src/shards/shard-address';
import { type EngineInstance, EngineSite } from '../setup/engine-site';
import { expectAtRest } from '../setup/expect-at-rest';
import { STORES } from '../setup/stores';

const OPENING_MINOR = 1_000_000n;
const OLD_KEYS = Array.from({ length: 200 }, (_, number) => `old-${number}`);
const IN_FLIGHT = 32;

/** The third database is no shard when the instances start. */
describe.each(STORES)('[$mark] a shard added while the service runs', (store) => {
  let site: EngineSite;
  let engines: readonly EngineInstance[];

  beforeAll(async () => {
    site = await EngineSite.make(store, 3);
    // Two processes never share SQLite's files.
    const instances = store.mark === 'sqlite' ? 1 : 2;
    engines = await Promise.all(Array.from({ length: instances }, () => site.start({}, 2)));
  });

  afterAll(() => site.end());

  const at = (turn: number): EngineInstance => engines[turn % engines.length] as EngineInstance;
  const everywhere = async (keys: readonly string[]): Promise<string[]> => {
    const answers = await Promise.all(
      engines.flatMap((engine) => keys.map((key) => engine.deduct('acme', key, 3n))),
    );
    return [...new Set(answers.map(({ kind }) => kind))];
  };
  const statesOn = async (shard: string): Promise<[SubAccountState, bigint][]> =>
    (await at(0).rows('acme'))
      .filter((each) => each.shard === shard)
      .map(({ row }) => [row.state, row.availableMinor + row.heldMinor]);

  it('takes an account’s sub-accounts, while old keys are replayed and new ones carried out', async () => {
    await at(0).create('acme', 8, OPENING_MINOR);
    await Promise.all(OLD_KEYS.map((key, turn) => at(turn).deduct('acme', key, 3n)));
    const { name, location } = site.shards[2] as ShardAddress;
    expect(await at(0).runtime.registry.register(name, urlOf(location))).toBe(true);
    expect(await at(0).runtime.registry.register(name, urlOf(location))).toBe(false);

    const load = site.load({ accountId: 'acme', workers: IN_FLIGHT, instances: engines });
    const replays: string[] = [];
    let spread = false;
    const replaying = Promise.all(
      engines.map(async (engine) => {
        for (let turn = 0; !spread; turn += 1)
          replays.push((await engine.deduct('acme', OLD_KEYS[turn % OLD_KEYS.length] as string, 3n)).kind);
      }),
    );
    await load.progress(100);
    const shards = ['s0', 's1', 's2'];
    await at(0).resizeSurely('acme', { subAccounts: 9, shards });
    await load.progress(200);
    spread = true;
    await replaying;
    await load.stop();

    expect(new Set(replays)).toEqual(new Set(['replayed']));
    expect(Object.keys(load.tally).sort()).toEqual(['applied', 'replayed']);
    expect(await everywhere(OLD_KEYS)).toEqual(['replayed']);
    // The other instance was never told by hand.
    const onNew = await Promise.all(
      OLD_KEYS.map((_, turn) => at(turn + 1).deduct('acme', `new-${turn}`, 3n)),
    );
    const paidBy = onNew.map((outcome) => (outcome.kind === 'applied' ? outcome.shard : outcome.kind));
    expect([...new Set(paidBy)].sort()).toEqual(shards);
    const keys = [...load.sent.map(({ asked }) => asked.requestId), ...OLD_KEYS];
    await expectAtRest(at(0), 'acme', {
      totalMinor: OPENING_MINOR + load.changeMinor - 6n * BigInt(OLD_KEYS.length),
      keys: [...keys, ...OLD_KEYS.map((_, turn) => `new-${turn}`)],
    });
    expect((await statesOn('s2')).map(([state]) => state)).toEqual(['open', 'open', 'open']);
  });

  it('and one that an account is moved off is left with closed, empty rows and the keys it knows', async () => {
    const before = await at(0).total('acme');
    await at(1).resizeSurely('acme', { subAccounts: 4, shards: ['s1', 's2'] });
    await at(0).whenSettled();
    const onOld = await statesOn('s0');
    expect(onOld.length).toBeGreaterThan(0);
    expect(onOld).toEqual(onOld.map(() => ['closed', 0n]));
    expect(await everywhere(OLD_KEYS)).toEqual(['replayed']);
    expect(await everywhere(OLD_KEYS.map((_, turn) => `new-${turn}`))).toEqual(['replayed']);

    // The whole balance is paid by the two shards that are left.
    expect((await at(1).deduct('acme', 'all', before)).kind).toBe('applied');
    expect(await everywhere(['one-more'])).toEqual(['insufficientFunds']);
    expect(await everywhere(OLD_KEYS)).toEqual(['replayed']);
    await expectAtRest(at(1), 'acme', { totalMinor: 0n });
  });
});

function urlOf(location: Location): string {
  return location.kind === 'sqlite' ? `sqlite:${location.path}` : location.url;
}
