import { credit, deduct, reverse } from '../../test/models/commands';
import { entrySite } from '../../test/models/entry-site';
import { Dice } from '../../tools/kernel/dice';
import { type Entry, signedAmount } from '../ledger/entry';
import { type BalanceAtRead, readBalanceAt } from './balance-at';

const SEEDS = 60;
const SHARDS = 4;
const HOUR_MS = 3_600_000;

describe('the balance at an instant', () => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    'is that of a replay of all entries before it, and stays so, while the account moves and clocks disagree (seed %i)',
    async (seed) => {
      const dice = new Dice(seed);
      const below = (count: number): number => dice.between(0, count - 1);
      const { write, ask, move, setAhead, entries, pass } = site(dice);
      for (let shard = 0; shard < SHARDS; shard += 1) setAhead(shard, (below(3) - 1) * below(50));
      await write();
      const answers = new Map<number, bigint>();
      for (let n = 0; n < 150; n += 1) {
        if (dice.happens(0.1)) move();
        if (dice.happens(0.02)) pass(2 * HOUR_MS);
        await write();
        const instantUs = dice.oneOf(entries()).createdAtUs + below(3) - 1 + below(2) * below(60_000);
        const read = await ask(instantUs);
        if (read.kind === 'read') answers.set(instantUs, read.totalMinor);
        else expect(read.kind).toBe('unsettled');
      }
      expect(answers.size).toBeGreaterThan(20);
      for (const [instantUs, answer] of answers)
        expect([instantUs, answer]).toEqual([
          instantUs,
          totalOf(entries().filter((each) => each.createdAtUs < instantUs)),
        ]);
    },
  );

  it('is not that of an instant which a shard could still write before', async () => {
    const { write, ask, setAhead, entries } = site(new Dice(1));
    setAhead(0, -5_000);
    await write(1);
    const instantUs = (entries()[0]?.createdAtUs ?? 0) + 1;
    expect((await ask(instantUs)).kind).toBe('unsettled');
  });
});

/** A replay that knows nothing of sums, quarters and shards. */
function totalOf(entries: readonly Entry[]): bigint {
  let total = 0n;
  for (const entry of entries) total += signedAmount(entry);
  return total;
}

/** An account that moves between shards; it is written to, and moves, while its past is read. */
function site(dice: Dice) {
  const { clock, shards, past, write, setAhead, entriesOf, clocksUs } = entrySite(SHARDS);
  const used = new Set([0]);
  let placement = [0];
  let written = 0;
  const move = (): void => {
    placement = [dice.between(0, SHARDS - 1), dice.between(0, SHARDS - 1)];
    for (const shard of placement) used.add(shard);
  };
  const writeOne = async (shard = dice.oneOf(placement)): Promise<void> => {
    used.add(shard);
    const n = (written += 1);
    const given = { subAccount: shard, amountMinor: BigInt(n) };
    const kind = n === 1 ? 0 : dice.between(0, 2);
    if (kind === 0) await write(credit({ ...given, requestId: `c${n}` }));
    else if (kind === 1) await write(deduct({ ...given, requestId: `d${n}` }));
    else await write(reverse({ ...given, reverses: `d${n - 1}`, requestId: `r${n}`, amountMinor: 1n }));
  };
  return {
    setAhead,
    move,
    pass: (ms: number) => {
      clock.pass(ms);
    },
    write: writeOne,
    entries: (): Entry[] => shards.flatMap((_, shard) => entriesOf(shard)),
    ask: (atUs: number): Promise<BalanceAtRead> => {
      const reader = {
        ...past,
        reach: () => Promise.resolve(shards.filter((_, shard) => used.has(shard))),
        otherClocksUs: async (reach: readonly string[]) => {
          if (dice.happens(0.3)) {
            move();
            await writeOne();
          }
          return clocksUs().filter((_, shard) => !reach.includes(`s${shard}`));
        },
      };
      return readBalanceAt(reader, 'acme', atUs);
    },
  };
}
