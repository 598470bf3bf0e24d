import { credit, deduct } from '../../test/models/commands';
import { entrySite } from '../../test/models/entry-site';
import { type TailPosition, type TailedPage, tailEntries } from './entry-tail';
import type { EntryFilter, ListingShard } from './merged-entries';

const DAY_MS = 24 * 3_600_000;

describe('entries that are followed, oldest first', () => {
  test('come in one order over the shards, page by page', async () => {
    const { write, readOn } = site();
    const ids = Array.from({ length: 11 }, (_, n) => `d${n}`);
    for (const [n, id] of ids.entries()) await write(n % 2, id);
    expect(await readOn({ limit: 3 })).toEqual(ids);
  });

  test('are gone on with at the end of the list, with what was written since', async () => {
    const { write, readOn } = site();
    expect(await readOn()).toEqual([]);
    await write(0, 'a');
    expect(await readOn()).toEqual(['a']);
    expect(await readOn()).toEqual([]);
    await write(1, 'b');
    await write(0, 'c');
    expect(await readOn()).toEqual(['b', 'c']);
  });

  test('are not held back where one clock is a day ahead, and none is passed over when it was put right', async () => {
    const { write, readOn, setAhead } = site();
    setAhead(0, DAY_MS);
    await write(0, 'ahead');
    await write(1, 'right');
    expect(await readOn()).toEqual(['right', 'ahead']);
    await write(1, 'right too');
    expect(await readOn()).toEqual(['right too']);
    setAhead(0, 0);
    await write(1, 'later');
    expect(await readOn()).toEqual(['later']);
  });

  test('have what a shard wrote whose clock is behind and that the account came to later', async () => {
    const { write, readOn, setAhead } = site();
    setAhead(1, -3_600_000);
    const before = { shards: [0] };
    await write(0, 'before');
    expect(await readOn(before)).toEqual(['before']);
    await write(1, 'on the new shard');
    expect(await readOn()).toEqual(['on the new shard']);
  });

  test('are filtered, and the reader comes on where shards stop before their end', async () => {
    const { write, readOn, stopEvery } = site();
    for (let n = 0; n < 60; n += 1) await write(n % 2, `d${n}`, n % 20 === 19 ? 'rare' : null);
    stopEvery(7);
    expect(await readOn({ reference: 'rare', limit: 10 })).toEqual(['d19', 'd39', 'd59']);
    await write(0, 'd60', 'rare');
    expect(await readOn({ reference: 'rare', limit: 10 })).toEqual(['d60']);
    expect(await readOn({ kinds: ['credit'] })).toEqual([]);
  });
});

/** Reads on from where it has come, until there is no more. */
function site() {
  const { reader, write: writeCommand, setAhead, shards } = entrySite();
  let position: TailPosition | undefined;
  let stopsEvery = Infinity;
  /** Goes through so many entries at a time, as a shard of any size does. */
  const stopping = shards.map((shard): ListingShard => ({
    name: shard.name,
    newestEntryUs: (accountId) => shard.newestEntryUs(accountId),
    settledUntilUs: (accountId) => shard.settledUntilUs(accountId),
    listEntries: async (query) => {
      const { accountId, before, after, order } = query;
      const any = { accountId, before, ...(after && { after }), ...(order && { order }) };
      const slice = await shard.listEntries({ ...any, limit: stopsEvery });
      const stoppedAt = slice.entries[stopsEvery - 1];
      if (!stoppedAt) return shard.listEntries(query);
      return { ...(await shard.listEntries({ ...query, toUs: stoppedAt.createdAtUs + 1 })), stoppedAt };
    },
  }));
  return {
    setAhead,
    stopEvery: (entries: number): void => {
      stopsEvery = entries;
    },
    write: (shard: number, requestId: string, reference: string | null = null) =>
      writeCommand(
        (shard === 0 ? credit : deduct)({ requestId, subAccount: shard, amountMinor: 1n, reference }),
      ),
    readOn: async ({
      shards: some = [0, 1],
      limit = 100,
      ...filter
    }: EntryFilter & { readonly shards?: readonly number[]; readonly limit?: number } = {}): Promise<
      string[]
    > => {
      const ids: string[] = [];
      for (;;) {
        const reached = some.flatMap((n) => stopping[n] ?? []);
        const page: TailedPage = await tailEntries({ ...reader, shards: reached }, 'acme', {
          ...filter,
          limit,
          after: position,
        });
        ids.push(...page.items.map(({ entry }) => entry.requestId));
        position = page.next;
        if (!page.hasMore) return ids;
      }
    },
  };
}
