import { type EngineInstance, EngineSite } from '../setup/engine-site';
import { expectAtRest } from '../setup/expect-at-rest';
import { quantile } from '../setup/retrying-load';
import { STORES } from '../setup/stores';

const IN_FLIGHT = 256;
const OPENING_MINOR = 10_000_000n;
/** Calls answered between two resizes: some before, some during, some behind each. */
const CALLS_BETWEEN = 500;

const RUNS = STORES.flatMap((store) =>
  (store.mark === 'sqlite' ? [1] : [2]).map((instances) => ({ store, instances })),
);

describe.each(RUNS)(
  '[$store.mark] an account resized through $instances instance(s)',
  ({ store, instances }) => {
    let site: EngineSite;
    let engines: readonly EngineInstance[];

    beforeAll(async () => {
      site = await EngineSite.make(store, 4);
      engines = await Promise.all(Array.from({ length: instances }, () => site.start()));
    });

    afterAll(() => site.end());

    const at = (turn: number): EngineInstance => engines[turn % engines.length] as EngineInstance;

    it(`carries every key out once, 1 → 16 → 64 → 7 → 32 → 1 with ${IN_FLIGHT} in flight`, async () => {
      await at(0).create('acme', 1, OPENING_MINOR);
      let resizing = false;
      const duringMs: number[] = [];
      const betweenMs: number[] = [];
      const load = site.load({
        accountId: 'acme',
        workers: IN_FLIGHT,
        instances: engines,
        answered: (_sent, _answer, ms) => {
          (resizing ? duringMs : betweenMs).push(ms);
        },
      });
      for (const [turn, subAccounts] of [16, 64, 7, 32, 1].entries()) {
        await load.progress(CALLS_BETWEEN);
        resizing = true;
        await at(turn).resizeSurely('acme', { subAccounts });
        await load.progress(1);
        resizing = false;
        expect(await at(turn + 1).account('acme')).toMatchObject({
          subAccounts,
          next: null,
          operationId: null,
        });
      }
      await load.progress(CALLS_BETWEEN);
      await load.stop();

      expect(Object.keys(load.tally).sort()).toEqual(['applied', 'replayed']);
      const appliedMoreThanOnce = load.sent.filter(
        ({ answers }) => answers.filter(({ kind }) => kind === 'applied').length > 1,
      );
      expect(appliedMoreThanOnce).toEqual([]);
      await expectAtRest(at(0), 'acme', {
        totalMinor: OPENING_MINOR + load.changeMinor,
        keys: load.sent.map(({ asked }) => asked.requestId),
      });
      console.log(
        `resize under fire [${store.mark}, ${instances} instance(s), ${IN_FLIGHT} in flight]: ${load.sent.length} keys; ` +
          `${latencies('during a resize', duringMs)}; ${latencies('otherwise', betweenMs)}`,
      );
    });

    it('replays under every later size and placement what was carried out under the first', async () => {
      await at(0).create('moved', 4, 1_000n);
      const keys = Array.from({ length: 100 }, (_, number) => `first-${number}`);
      await Promise.all(keys.map((key, turn) => at(turn).deduct('moved', key, 1n)));
      const layouts = [
        { subAccounts: 2, shards: ['s0', 's2'] },
        { subAccounts: 9, shards: ['s1', 's2', 's3'] },
        { subAccounts: 1, shards: ['s3'] },
        { subAccounts: 8, shards: ['s0', 's1', 's2', 's3'] },
      ];
      for (const [turn, layout] of layouts.entries()) {
        const operation = await at(turn).resizeSurely('moved', layout);
        expect(operation).toMatchObject({ status: 'done', result: { subAccounts: layout.subAccounts } });
        expect([...(await at(turn).account('moved')).placement.shards].sort()).toEqual(layout.shards);
        const again = await Promise.all(keys.map((key, n) => at(turn + n).deduct('moved', key, 1n)));
        expect(again.map(({ kind }) => kind)).toEqual(keys.map(() => 'replayed'));
        const otherwise = await Promise.all(keys.map((key, n) => at(turn + n).deduct('moved', key, 2n)));
        expect(otherwise.map(({ kind }) => kind)).toEqual(keys.map(() => 'keyReused'));
      }
      expect((await at(0).deduct('moved', 'the-rest', 900n)).kind).toBe('applied');
      await expectAtRest(at(1), 'moved', { totalMinor: 0n, keys: [...keys, 'the-rest'] });
    });
  },
);

function latencies(when: string, ms: readonly number[]): string {
  const shown = (q: number): string => quantile(ms, q).toFixed(0);
  return `${ms.length} calls ${when}: p50 ${shown(0.5)} ms, p99 ${shown(0.99)} ms, longest ${shown(1)} ms`;
}
