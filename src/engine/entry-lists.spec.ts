import { credit, deduct, row } from '../../test/models/commands';
import { TestClock } from '../../test/models/test-clock';
import { MemoryDatabase } from '../shards/memory/memory-database';
import { MemoryShard } from '../shards/memory/memory-shard';
import { NO_HINT } from '../shards/shard';
import { type EntriesPage, listEntries } from './entry-lists';

const DAY_MS = 24 * 3_600_000;

describe('a list of entries', () => {
  test('begins at a moment before which nothing can appear, while the clocks agree', async () => {
    const { write, list } = site();
    await write(0, 'a');
    await write(1, 'b');
    expect(await list()).toEqual(['b', 'a']);
  });

  test('waits a little for a clock that is behind, and then has what the other wrote', async () => {
    const { write, list, clock, setAhead } = site();
    setAhead(0, 700);
    await write(0, 'ahead');
    await write(1, 'right');
    expect(await list()).toEqual(['ahead', 'right']);
    expect(clock.sleptMs).toHaveLength(1);
    expect(clock.sleptMs[0]).toBeLessThan(1_000);
  });

  test('does not wait where nothing was written by the clock that is ahead', async () => {
    const { write, list, clock, setAhead } = site();
    await write(1, 'old');
    clock.pass(5_000);
    setAhead(0, 700);
    expect(await list()).toEqual(['old']);
    expect(clock.sleptMs).toEqual([]);
  });

  test.each([1_500, 3_600_000, DAY_MS])('has everything while one clock is %i ms ahead', async (ms) => {
    const { write, list, setAhead } = site();
    setAhead(0, ms);
    await write(0, 'ahead');
    await write(1, 'right');
    await write(0, 'ahead too');
    await write(1, 'right too');
    expect(await list()).toEqual(['ahead too', 'ahead', 'right too', 'right']);
  });

  test('has everything after a clock that was a day ahead was put right', async () => {
    const { write, list, setAhead } = site();
    setAhead(0, DAY_MS);
    await write(0, 'meanwhile');
    setAhead(0, 0);
    await write(0, 'since then');
    await write(1, 'elsewhere');
    expect(await list()).toEqual(['meanwhile', 'elsewhere', 'since then']);
  });

  test('has shorter pages where entries have long texts, and all entries in the end', async () => {
    const { write, page, pages } = site();
    const ids = Array.from({ length: 300 }, (_, n) => `long ${n}`);
    for (const [n, id] of ids.entries()) await write(n % 2, id, JSON.stringify({ text: 'x'.repeat(4_000) }));
    expect((await page({ limit: 1_000 })).ids).toEqual(ids.slice(-130).reverse());
    expect(await pages(1_000)).toEqual([...ids].reverse());
  });

  test('is paged without gaps or repeats across what was written before and after a clock went back', async () => {
    const { write, pages, setAhead } = site();
    const written: string[] = [];
    const some = async (name: string): Promise<void> => {
      for (let n = 0; n < 7; n += 1) {
        await write(n % 2, `${name}${n}`);
        written.push(`${name}${n}`);
      }
    };
    await some('before');
    setAhead(0, DAY_MS);
    await some('ahead');
    setAhead(0, 0);
    await some('after');
    const listed = await pages(3);
    expect(listed).toHaveLength(written.length);
    expect(new Set(listed)).toEqual(new Set(written));
  });

  test('has what is written below a cursor when a clock goes back between two pages', async () => {
    const { write, page, setAhead, clock } = site();
    for (const id of ['a', 'b', 'c', 'd']) {
      await write(0, id);
      clock.pass(5_000);
    }
    const first = await page({ limit: 2 });
    setAhead(0, -12_000);
    await write(0, 'late');
    const second = await page({ limit: 10, before: first.next });
    expect(first.ids).toEqual(['d', 'c']);
    expect(second.ids).toEqual(['late', 'b', 'a']);
  });
});

/** An account on two shards, each with a clock of its own. */
function site() {
  const clock = new TestClock();
  const aheadMs = [0, 0];
  const shards = [0, 1].map((number) => {
    const startsUs = 1_700_000_000_000_000;
    const clockUs = (): number => startsUs + Math.round((clock.now() + (aheadMs[number] ?? 0)) * 1_000);
    const database = new MemoryDatabase(`s${number}`, clockUs);
    database.account('acme').rows.set(number, row({ index: number, availableMinor: 1_000n }));
    return new MemoryShard({
      database,
      surroundings: clock,
      describeAccount: () => Promise.reject(new Error('all rows are here')),
    });
  });
  const sleep = (ms: number): Promise<void> => clock.sleep(ms);
  const page = async (asked: EntriesPage) => {
    const { items, next } = await listEntries({ shards, sleep }, 'acme', asked);
    return { ids: items.map(({ entry }) => entry.requestId), next };
  };
  return {
    clock,
    page,
    setAhead: (shard: number, ms: number): void => {
      aheadMs[shard] = ms;
    },
    write: async (shard: number, requestId: string, metadata: string | null = null): Promise<void> => {
      clock.pass(1);
      const command = shard === 0 ? credit : deduct;
      const written = command({ requestId, subAccount: shard, amountMinor: 1n, metadata });
      await shards[shard]?.applyBatch([written], NO_HINT);
      clock.pass(1);
    },
    list: async () => (await page({ limit: 100 })).ids,
    pages: async (limit: number): Promise<string[]> => {
      const all: string[] = [];
      for (let before: EntriesPage['before']; ;) {
        const { ids, next } = await page({ limit, before });
        all.push(...ids);
        if (!next) return all;
        before = next;
      }
    },
  };
}
