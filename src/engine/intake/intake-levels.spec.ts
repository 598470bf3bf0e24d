import type { Shard } from '../../shards/shard';
import type { ShardSet } from '../shard-set';
import type { EngineObserver } from '../observer';
import { IntakeLevels } from './intake-levels';
import { INTAKE_SETTINGS } from './intake-settings';

const RECORDS_MAX = 100;

/** Levels of one shard, whose intake has what `depth` says. */
function levelsOf(depth: Awaited<ReturnType<Shard['intakeDepth']>>, clock = { ms: 0 }): IntakeLevels {
  const shard = { intakeDepth: () => Promise.resolve(depth) };
  return new IntakeLevels({
    shards: { names: ['s0'], shard: () => shard, lanes: () => ({ isDown: false }) } as unknown as ShardSet,
    observer: {
      intakeLevel: () => undefined,
      deferred: (_: string, error: unknown) => {
        throw error;
      },
    } as unknown as EngineObserver,
    now: () => clock.ms,
    settings: { ...INTAKE_SETTINGS, recordsMax: RECORDS_MAX },
  });
}

/** @returns how many of so many places are given */
function taken(
  levels: IntakeLevels,
  wanted: number,
  holderOf: (number: number) => [string, string?],
): number {
  const all = Array.from({ length: wanted }, (_, number) => {
    const [accountId, keyId] = holderOf(number);
    return levels.take('s0', { accountId, keyId });
  });
  return all.filter(Boolean).length;
}

const EMPTY = { waiting: 0, oldestUs: 0, accounts: [] };

describe("places in a shard's intake", () => {
  it('are left to others by an account, however much it has received', () => {
    const levels = levelsOf(EMPTY);
    expect(taken(levels, 500, () => ['a'])).toBe(50);
    expect(taken(levels, 500, () => ['b'])).toBe(25);
    expect(taken(levels, 500, () => ['c'])).toBe(25);
    expect(taken(levels, 1, () => ['d'])).toBe(0);
  });

  it('are left to others by a key with many accounts', () => {
    const levels = levelsOf(EMPTY);
    expect(taken(levels, 500, (number) => [`a${number}`, 'greedy'])).toBe(50);
    expect(taken(levels, 500, (number) => [`b${number}`, 'other'])).toBe(25);
  });

  it('are free again when records have ended', () => {
    const levels = levelsOf(EMPTY);
    taken(levels, 50, () => ['a', 'key']);
    for (let each = 0; each < 30; each += 1) levels.giveBack('s0', 'a');
    expect(taken(levels, 500, () => ['a', 'key'])).toBe(30);
  });

  it('are shared as the shard has counted, whoever has received what waits', async () => {
    const clock = { ms: 0 };
    const levels = levelsOf({ waiting: 60, oldestUs: 0, accounts: [{ accountId: 'a', waiting: 55 }] }, clock);
    await levels.count();
    clock.ms += 60_000;
    // The first counting told how much waits, and the next tells whose it is.
    await levels.count();
    expect(taken(levels, 10, () => ['a'])).toBe(0);
    expect(taken(levels, 10, () => ['b'])).toBe(10);
  });
});
