import { credit, deduct, reverse } from '../../test/models/commands';
import { entrySite } from '../../test/models/entry-site';
import { Dice } from '../../tools/kernel/dice';
import { type Entry, signedAmount } from '../ledger/entry';
import type { TailPosition } from './entry-tail';
import { readStatement } from './statements';

const SEEDS = 40;
const HOUR_US = 3_600_000_000;

describe('a statement', () => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    'agrees with a replay of the entries by their times, whatever the clocks say (seed %i)',
    async (seed) => {
      const dice = new Dice(seed);
      const below = (count: number): number => dice.between(0, count - 1);
      const { write, read, entries, setAhead } = site();
      for (let shard = 0; shard < 3; shard += 1) setAhead(shard, below(3) * below(2_000));
      for (let n = 0; n < 60; n += 1) await write(n, below(3), below(4));
      const all = entries();
      for (let question = 0; question < 10; question += 1) {
        const [a = 0, b = 0] = [below(all.length), below(all.length)].map(
          (at) => (all[at]?.createdAtUs ?? 0) + below(3) - 1,
        );
        const [fromUs, toUs] = [Math.min(a, b), Math.max(a, b)];
        const found = await read(fromUs, toUs, 1 + below(20));
        if (found === 'unsettled') continue;
        const within = all.filter(({ createdAtUs }) => createdAtUs >= fromUs && createdAtUs < toUs);
        expect(found.keys).toEqual(within.map(({ requestId }) => requestId));
        expect(found.entries).toBe(within.length);
        expect(found.openingMinor).toBe(totalOf(all.filter(({ createdAtUs }) => createdAtUs < fromUs)));
        expect(found.closingMinor).toBe(found.openingMinor + totalOf(within));
      }
    },
  );

  test('says the same again, whatever is written later', async () => {
    const { write, read } = site();
    for (let n = 0; n < 9; n += 1) await write(n, n % 3, 0);
    const first = await read(undefined, undefined, 4);
    if (first === 'unsettled') throw new Error('a statement up to now is always settled');
    for (let n = 9; n < 20; n += 1) await write(n, n % 3, 0);
    expect(first.keys).toHaveLength(9);
    expect(await read(undefined, first.toUs, 2)).toEqual(first);
  });

  test('does not end where a shard may still write', async () => {
    const { write, read, entries, setAhead } = site();
    setAhead(0, -5_000);
    await write(0, 1, 0);
    const [entry] = entries();
    expect(await read(undefined, (entry?.createdAtUs ?? 0) + 1, 10)).toBe('unsettled');
    expect(await read(undefined, (entry?.createdAtUs ?? 0) + HOUR_US, 10)).toBe('unsettled');
  });
});

function totalOf(entries: readonly Entry[]): bigint {
  return entries.reduce((sum, entry) => sum + signedAmount(entry), 0n);
}

function site() {
  const { shards, past: reader, write, setAhead, entriesOf } = entrySite(3);
  /** The entries of all shards, by an order of its own. */
  const entries = (): Entry[] =>
    shards
      .flatMap(({ name }, shard) => entriesOf(shard).map((entry) => ({ entry, shard: name })))
      .sort(
        (a, b) =>
          a.entry.createdAtUs - b.entry.createdAtUs ||
          (a.shard < b.shard ? -1 : a.shard > b.shard ? 1 : a.entry.version - b.entry.version),
      )
      .map(({ entry }) => entry);
  return {
    setAhead,
    entries,
    write: (n: number, subAccount: number, kind: number): Promise<void> => {
      const amountMinor = BigInt(n + 1);
      if (kind === 0) return write(credit({ requestId: `c${n}`, subAccount, amountMinor }));
      return kind === 1 && n > 0
        ? write(reverse({ reverses: `d${n - 1}`, requestId: `r${n}`, subAccount, amountMinor: 1n }))
        : write(deduct({ requestId: `d${n}`, subAccount, amountMinor }));
    },
    read: async (fromUs: number | undefined, toUs: number | undefined, limit: number) => {
      const keys: string[] = [];
      let balances;
      for (let after: TailPosition | undefined, end = toUs; ;) {
        const found = await readStatement(reader, 'acme', { fromUs, toUs: end, limit, after });
        if (found.kind !== 'read') return 'unsettled' as const;
        balances ??= found.balances ?? { openingMinor: 0n, closingMinor: 0n, entries: 0 };
        keys.push(...found.page.items.map(({ entry }) => entry.requestId));
        ({ toUs: end } = found);
        if (!found.page.hasMore) return { keys, toUs: end, ...balances };
        after = found.page.next;
      }
    },
  };
}
