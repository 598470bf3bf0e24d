import type { ListedKind } from '../ledger/entry';
import { addTo, type KindSum, type KindSums } from '../ledger/running-sum';
import type { EntrySum } from '../shards/shard';
import {
  countOf,
  type EntriesSummed,
  QUARTER_US,
  SUM_STATEMENTS_MAX,
  sumEntries,
  type SummingShard,
} from './entry-sums';
import type { ListingShard } from './merged-entries';
import { type RunningShard, sumsBefore } from './running-sums';
import { type PastReader, settleReach } from './settled-reach';

type SummaryShard = ListingShard & SummingShard & RunningShard;

/** Which of an account's entries are summed up, and into what. */
export interface PeriodsAsked {
  /** Inclusive (µs); the account's beginning when absent. */
  readonly fromUs: number | undefined;
  /** Exclusive (µs); none left out when absent. */
  readonly toUs: number | undefined;
  /** Names the period that a quarter of an hour since 1970 belongs to. */
  readonly nameOf: (quarter: number) => string;
}

/** So many are summed up one by one: that takes fewer statements than a running sum at the beginning of each period. */
export const FEW_ENTRIES = 200_000;

/** A running sum at the beginning of a period costs two statements at most. */
const PERIODS_MAX = SUM_STATEMENTS_MAX * 2;

/**
 * Sums up an account's entries by kind and period: few of them one by one, many by the running sums at the beginnings of the
 * periods. A sum of many entries stands at the first quarter of an hour of its period.
 */
export async function sumPeriods(
  reader: PastReader<SummaryShard>,
  accountId: string,
  { fromUs, toUs, nameOf }: PeriodsAsked,
  fewEntries = FEW_ENTRIES,
): Promise<EntriesSummed> {
  const { shards, untilUs } = await settleReach(reader, accountId);
  const asked = { accountId, settledUs: untilUs };
  const endUs =
    toUs ?? Math.max(...(await Promise.all(shards.map((shard) => shard.newestEntryUs(accountId))))) + 1;
  let before = fromUs === undefined ? NOTHING : await sumsBefore(shards, { ...asked, beforeUs: fromUs });
  if (before.kind === 'tooMany') return before;
  const all = await sumsBefore(shards, { ...asked, beforeUs: endUs });
  if (all.kind === 'tooMany') return all;
  const count = countOf(all.sums) - countOf(before.sums);
  if (count <= fewEntries) return sumEntries(shards, { accountId, fromUs, toUs });
  const beginUs = fromUs ?? (await oldestEntryUs(shards, accountId));
  const starts = periodStarts({ beginUs, endUs, nameOf });
  if (starts === 'tooMany') return sumEntries(shards, { accountId, fromUs, toUs });
  const found: EntrySum[] = [];
  for (const [index, startUs] of starts.entries()) {
    const next = starts[index + 1];
    const behind = next === undefined ? all : await sumsBefore(shards, { ...asked, beforeUs: next });
    if (behind.kind === 'tooMany') return behind;
    found.push(...difference(behind.sums, before.sums, Math.floor(startUs / QUARTER_US)));
    before = behind;
  }
  return { kind: 'summed', sums: found };
}

const NOTHING = { kind: 'summed', sums: new Map() } as const;

/**
 * Where the first period begins that has a part of a range, and all others in it (µs). The beginning of the next one is looked for in
 * growing steps and then by halves.
 */
export function periodStarts({
  beginUs,
  endUs,
  nameOf,
}: {
  readonly beginUs: number;
  readonly endUs: number;
  readonly nameOf: (quarter: number) => string;
}): number[] | 'tooMany' {
  const last = Math.floor((endUs - 1) / QUARTER_US);
  const starts = [beginUs];
  for (let quarter = Math.floor(beginUs / QUARTER_US); ;) {
    const name = nameOf(quarter);
    let step = 1;
    while (quarter + step <= last && nameOf(quarter + step) === name) step *= 2;
    let [within, beyond] = [quarter + Math.floor(step / 2), Math.min(quarter + step, last + 1)];
    while (beyond - within > 1) {
      const middle = Math.floor((within + beyond) / 2);
      if (nameOf(middle) === name) within = middle;
      else beyond = middle;
    }
    if (beyond > last) return starts;
    if (starts.length === PERIODS_MAX) return 'tooMany';
    starts.push(beyond * QUARTER_US);
    quarter = beyond;
  }
}

function difference(behind: KindSums, before: KindSums, quarter: number): EntrySum[] {
  const sums = new Map<ListedKind, KindSum>(behind);
  for (const [kind, { count, amountMinor }] of before)
    addTo(sums, { kind, count: -count, amountMinor: -amountMinor });
  return [...sums].flatMap(([kind, sum]) => (sum.count === 0 ? [] : [{ kind, quarter, ...sum }]));
}

async function oldestEntryUs(shards: readonly ListingShard[], accountId: string): Promise<number> {
  const before = { createdAtUs: Number.MAX_SAFE_INTEGER, shard: '', subAccount: 0, version: 0 };
  const query = { accountId, before, order: 'oldest first', limit: 1 } as const;
  const found = await Promise.all(shards.map((shard) => shard.listEntries(query)));
  return Math.min(...found.flatMap(({ entries }) => entries.map(({ createdAtUs }) => createdAtUs)));
}
