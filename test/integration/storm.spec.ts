import type { EngineObserver } from '../../src/engine/observer';
import { type EngineInstance, EngineSite } from '../setup/engine-site';
import { expectAtRest } from '../setup/expect-at-rest';
import { STORES } from '../setup/stores';

const IN_FLIGHT = 512;
const REFUSALS = 4_096;
const OTHER_WORKERS = 16;
const OTHER_OPENING_MINOR = 1_000_000n;

/** Many deductions against an account that has nothing, beside one that has. */
describe.each(STORES)('[$mark] a storm against an empty account', (store) => {
  let site: EngineSite;
  let engine: EngineInstance;
  const rounds: Parameters<EngineObserver['collected']>[0][] = [];

  beforeAll(async () => {
    site = await EngineSite.make(store, 2);
    engine = await site.start({ observer: { collected: (round) => rounds.push(round) } });
    await engine.create('empty', 8, 0n);
    await engine.create('funded', 8, OTHER_OPENING_MINOR);
  });

  afterAll(() => site.end());

  const deepest = (): number => Math.max(...engine.runtime.shards.all.flatMap(({ depths }) => depths));

  it('is refused to the last, in rounds and not one by one, while other accounts are served', async () => {
    const other = site.load({ accountId: 'funded', workers: OTHER_WORKERS, instances: [engine] });
    const answers: unknown[] = [];
    let depth = 0;
    const goesOn = (): boolean => answers.length < REFUSALS || other.sent.length <= 2 * OTHER_WORKERS;
    const client = async (number: number): Promise<void> => {
      for (let turn = 0; goesOn(); turn += 1) {
        answers.push(await engine.deduct('empty', `k${number}-${turn}`, 1n));
        depth = Math.max(depth, deepest());
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, (_, number) => client(number)));
    const served = other.sent.length;
    await other.progress(1);
    await other.stop();

    expect(answers.length).toBeGreaterThanOrEqual(REFUSALS);
    const wrong = answers.filter((answer) => JSON.stringify(answer, numbers) !== REFUSED);
    expect(wrong).toEqual([]);
    // Nothing waits but what is in flight: no request leaves work behind.
    expect(depth).toBeLessThanOrEqual(IN_FLIGHT + 2 * OTHER_WORKERS);
    expect(Math.max(...rounds.map(({ requests }) => requests))).toBeLessThanOrEqual(IN_FLIGHT);
    expect(rounds.length).toBeLessThan(answers.length / 4);
    expect(Object.keys(other.tally).sort()).toEqual(['applied', 'replayed']);
    console.log(
      `storm [${store.mark}]: ${answers.length} refusals in ${rounds.length} rounds of the collector, ` +
        `at most ${depth} commands in a lane; ${served} requests served beside it`,
    );
    await expectAtRest(engine, 'funded', {
      totalMinor: OTHER_OPENING_MINOR + other.changeMinor,
      keys: other.sent.map(({ asked }) => asked.requestId),
    });
  });

  it('is over with the first money that comes in, of which it gets all there is', async () => {
    const asked = Array.from({ length: IN_FLIGHT }, (_, number) => engine.deduct('empty', `s-${number}`, 1n));
    expect((await engine.credit('empty', 'salary', 100n)).kind).toBe('applied');
    const answers = await Promise.all(asked);
    const later = await Promise.all(
      answers.map((_, number) => engine.deduct('empty', `later-${number}`, 1n)),
    );
    const paid = [...answers, ...later].filter(({ kind }) => kind === 'applied').length;
    expect(paid).toBe(100);
    expect(later.at(-1)).toEqual({ kind: 'insufficientFunds', availableMinor: 0n });
    await expectAtRest(engine, 'empty', { totalMinor: 0n });
  });
});

const numbers = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value;
const REFUSED = JSON.stringify({ kind: 'insufficientFunds', availableMinor: '0' });
