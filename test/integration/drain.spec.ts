import { chanceOf } from '../models/engine-time';
import { type EngineInstance, EngineSite } from '../setup/engine-site';
import { expectAtRest } from '../setup/expect-at-rest';
import { FundsWatch } from '../setup/funds-watch';
import { STORES } from '../setup/stores';

const SHARDS = 4;
const SUB_ACCOUNTS = 16;
const CLIENTS = 64;
const OPENING_MINOR = 32_000n;
const THREE_SHARES = Number((3n * OPENING_MINOR) / BigInt(SUB_ACCOUNTS));

const RUNS = STORES.flatMap((store) => [
  { store, instances: 1 },
  // Two processes never share SQLite's files.
  ...(store.mark === 'sqlite' ? [] : [{ store, instances: 2 }]),
]);

/** An account is one balance, however many pieces it lies in: it pays to the last unit and refuses nothing before. */
describe.each(RUNS)(
  '[$store.mark] an account drained through $instances instance(s)',
  ({ store, instances }) => {
    let site: EngineSite;
    let engines: readonly EngineInstance[];

    beforeAll(async () => {
      site = await EngineSite.make(store, SHARDS);
      engines = await Promise.all(Array.from({ length: instances }, () => site.start()));
    });

    afterAll(() => site.end());

    const at = (turn: number): EngineInstance => engines[turn % engines.length] as EngineInstance;

    it('pays hostile amounts to exactly zero, refuses none that it could pay, and then refuses all', async () => {
      await at(0).create('acme', SUB_ACCOUNTS, OPENING_MINOR);
      const funds = new FundsWatch(OPENING_MINOR);
      const paid = new Map<string, bigint>();

      const client = async (number: number): Promise<void> => {
        const chance = chanceOf(number);
        for (let turn = 0; ; turn += 1) {
          const key = `c${number}-${turn}`;
          const amountMinor = BigInt(
            chance() < 0.005 ? THREE_SHARES + Math.floor(chance() * 9) : 1 + Math.floor(chance() * 9),
          );
          const ask = (instance: number) =>
            funds.watch(amountMinor, () => at(instance).deduct('acme', key, amountMinor));
          // Now and then a client does not wait for its answer and asks again, the other instance if there is one.
          const outcomes = await Promise.all(
            chance() < 0.1 ? [ask(number), ask(number + 1)] : [ask(number + turn)],
          );
          if (outcomes.some(({ kind }) => kind === 'applied')) paid.set(key, amountMinor);
          const [outcome] = outcomes;
          if (outcome.kind === 'insufficientFunds' && outcome.availableMinor === 0n) return;
        }
      };
      await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));

      expect(funds.wronglyRefused).toEqual([]);
      expect(Object.keys(funds.tally).sort()).toEqual(['applied', 'insufficientFunds', 'replayed']);
      expect(funds.tally['applied']).toBe(paid.size);
      expect([...paid.values()].reduce((sum, amount) => sum + amount, 0n)).toBe(OPENING_MINOR);
      await expectAtRest(at(0), 'acme', { totalMinor: 0n, keys: [...paid.keys()] });

      const after = await Promise.all(
        Array.from({ length: CLIENTS }, (_, number) => at(number).deduct('acme', `after-${number}`, 1n)),
      );
      expect(after).toEqual(after.map(() => ({ kind: 'insufficientFunds', availableMinor: 0n })));
      const again = await Promise.all(
        [...paid].slice(-CLIENTS).map(([key, amount], number) => at(number).deduct('acme', key, amount)),
      );
      expect(again.map(({ kind }) => kind)).toEqual(again.map(() => 'replayed'));
      expect(await at(1).total('acme')).toBe(0n);
    });

    it('pays in one piece what lies scattered over all of its sub-accounts', async () => {
      await at(0).create('scattered', SUB_ACCOUNTS, 1_600n);
      expect(await at(1).deduct('scattered', 'too-much', 1_601n)).toEqual({
        kind: 'insufficientFunds',
        availableMinor: 1_600n,
      });
      expect((await at(0).deduct('scattered', 'all', 1_600n)).kind).toBe('applied');
      expect((await at(1).deduct('scattered', 'all', 1_600n)).kind).toBe('replayed');
      await expectAtRest(at(0), 'scattered', { totalMinor: 0n, keys: ['all'] });
    });
  },
);
