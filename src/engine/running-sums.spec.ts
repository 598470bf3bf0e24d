import { credit, deduct } from '../../test/models/commands';
import { entrySite } from '../../test/models/entry-site';
import { changeOf } from './entry-sums';
import { sumsBefore } from './running-sums';

const HOUR_MS = 3_600_000;

/** The shard in memory goes through 20 entries with one statement, and one call sends 50. */
const SLICE = 20;
const CALL_MAX = 1_000;

describe('running sums', () => {
  it('are kept of what is old: the same entries are not gone through again, however many there are', async () => {
    const { write, ask, statements } = site();
    await write(10 * SLICE + 5);
    expect([await ask(), statements()]).toEqual([-204n, 11]);
    expect([await ask(), statements()]).toEqual([-204n, 1]);
  });

  it('are kept on the way of a call that has too much to do, and the next one goes on', async () => {
    const { write, ask } = site();
    await write(2 * CALL_MAX + SLICE);
    expect(await ask()).toBe('tooMany');
    expect(await ask()).toBe('tooMany');
    expect(await ask()).toBe(-2_019n);
  });

  it('are not kept of what is younger than clocks may be wrong by', async () => {
    const { clock, write, ask, shard, settledUs } = site();
    await write(2 * SLICE);
    clock.pass(-2 * HOUR_MS + 1_000);
    expect(await ask()).toBe(-39n);
    expect(await shard.findRunningSum('acme', settledUs())).toBeUndefined();
  });

  it('are made again when they are gone, and done without when they cannot be kept', async () => {
    const { write, ask, shard, statements } = site();
    await write(5 * SLICE);
    await ask();
    await shard.forgetRunningSums('acme');
    const keep = jest.spyOn(shard, 'keepRunningSum').mockRejectedValue(new Error('the disk is full'));
    statements();
    expect([await ask(), statements()]).toEqual([-99n, 6]);
    expect([await ask(), statements()]).toEqual([-99n, 6]);
    keep.mockRestore();
    await ask();
    statements();
    expect([await ask(), statements()]).toEqual([-99n, 1]);
  });

  it('of moments between them have the entries up to there', async () => {
    const { write, ask, entries } = site();
    await write(5 * SLICE);
    await ask();
    for (const [index, { createdAtUs }] of entries().entries())
      expect(await ask(createdAtUs)).toBe(index === 0 ? 0n : BigInt(2 - index));
  });
});

function site() {
  const { clock, shards, write, entriesOf, clocksUs } = entrySite(1);
  const [shard] = shards;
  if (!shard) throw new Error('there is one shard');
  const sum = jest.spyOn(shard, 'sumEntries');
  const settledUs = (): number => clocksUs()[0] ?? 0;
  return {
    clock,
    shard,
    settledUs,
    entries: () => entriesOf(0).sort((a, b) => a.createdAtUs - b.createdAtUs),
    /** A credit of 1 and deductions of 1; two hours pass. */
    write: async (count: number): Promise<void> => {
      const given = { subAccount: 0, amountMinor: 1n };
      await write(credit({ ...given, requestId: 'c' }));
      for (let n = 1; n < count + 1; n += 1) await write(deduct({ ...given, requestId: `d${n}` }));
      clock.pass(2 * HOUR_MS);
    },
    /** Statements that summed entries up since it was asked last. */
    statements: (): number => {
      const { length } = sum.mock.calls;
      sum.mockClear();
      return length;
    },
    ask: async (beforeUs = settledUs()): Promise<bigint | 'tooMany'> => {
      const found = await sumsBefore([shard], { accountId: 'acme', beforeUs, settledUs: settledUs() });
      return found.kind === 'summed' ? changeOf(found.sums) : 'tooMany';
    },
  };
}
