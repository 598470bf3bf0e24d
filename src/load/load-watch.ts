import { parseMetrics, type Sample } from './metrics-text';

/** What was counted until a moment, by one instance. */
interface Counts {
  readonly at: number;
  readonly applied: number;
  readonly refused: number;
  readonly failed: number;
  /** Deductions that took no longer than each bound, in seconds. */
  readonly buckets: readonly (readonly [bound: number, count: number])[];
}

/** What happened in a second, over all instances that have answered lately. */
export interface Point {
  /** Seconds since 1970. */
  readonly at: number;
  readonly applied: number;
  readonly refused: number;
  readonly failed: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export interface Alarm {
  readonly what: string;
  /** Where more is to be seen of it. */
  readonly view?: 'shards' | 'audits';
}

export interface ShardLoad {
  readonly depth: number;
  readonly isUp: boolean;
  readonly batchCommands: number | undefined;
  readonly batchMs: number | undefined;
}

export interface Load {
  readonly points: readonly Point[];
  /** Instances that answered within the last half minute. */
  readonly instances: number;
  readonly shards: ReadonlyMap<string, ShardLoad>;
  readonly alarms: readonly Alarm[];
  readonly samples: readonly Sample[];
}

const POINTS_MAX = 300;
const INSTANCE_MS = 30_000;

/** Outcomes for which the service, and not the caller, is the reason. */
const FAILED = /overloaded|unavailable|defect|unknown/i;
/** Outcomes that are what was asked for, now or before; all others are refusals or failures. */
const APPLIED = new Set([
  ...['applied', 'replayed', 'held', 'holdSettled', 'received', 'intakeEnded', 'flushed'],
  ...['departed', 'arrived', 'alreadyArrived', 'settled', 'leveled'],
]);

interface Instance {
  last: Counts;
  rates: Omit<Point, 'at'> & { readonly buckets: Counts['buckets'] };
  heardAt: number;
}

/** Rates out of what several instances behind one address count, each of which answers now and then. */
export class LoadWatch {
  readonly #instances = new Map<string, Instance>();
  #points: Point[] = [];
  #known: Load | undefined;

  /** @param text what `/metrics` said. @param now milliseconds since 1970 */
  note(text: string, now: number): Load {
    const samples = parseMetrics(text);
    this.#count(String(valueOf(samples, 'process_start_time_seconds')), countsOf(samples, now));
    for (const [id, { heardAt }] of this.#instances)
      if (now - heardAt > INSTANCE_MS) this.#instances.delete(id);
    const point = this.#point(now);
    if (point) this.#points = [...this.#points, point].slice(-POINTS_MAX);
    return (this.#known = {
      points: this.#points,
      instances: this.#instances.size,
      shards: shardsOf(samples),
      alarms: alarmsOf(samples),
      samples,
    });
  }

  get known(): Load | undefined {
    return this.#known;
  }

  #count(id: string, counts: Counts): void {
    const instance = this.#instances.get(id);
    const rates = instance ? ratesBetween(instance.last, counts) : undefined;
    const none = { applied: 0, refused: 0, failed: 0, p50Ms: null, p99Ms: null, buckets: [] };
    this.#instances.set(id, { last: counts, rates: rates ?? instance?.rates ?? none, heardAt: counts.at });
  }

  #point(now: number): Point | undefined {
    const all = [...this.#instances.values()].map(({ rates }) => rates);
    if (all.every(({ buckets }) => buckets.length === 0)) return undefined;
    const sum = (of: (rates: Instance['rates']) => number): number =>
      all.reduce((total, each) => total + of(each), 0);
    const bounds = all.find(({ buckets }) => buckets.length > 0)?.buckets.map(([bound]) => bound) ?? [];
    const buckets = bounds.map(
      (bound, place) => [bound, sum((each) => each.buckets[place]?.[1] ?? 0)] as const,
    );
    return {
      at: now / 1_000,
      applied: sum(({ applied }) => applied),
      refused: sum(({ refused }) => refused),
      failed: sum(({ failed }) => failed),
      p50Ms: quantileMs(buckets, 0.5),
      p99Ms: quantileMs(buckets, 0.99),
    };
  }
}

function countsOf(samples: readonly Sample[], at: number): Counts {
  let [applied, refused, failed] = [0, 0, 0];
  const buckets = new Map<number, number>();
  for (const { name, labels, value } of samples) {
    if (name === 'hotsplit_commands_total') {
      const outcome = labels['outcome'] ?? '';
      if (APPLIED.has(outcome)) applied += value;
      else if (FAILED.test(outcome)) failed += value;
      else refused += value;
    } else if (name === 'hotsplit_command_seconds_bucket') {
      const bound = labels['le'] === '+Inf' ? Infinity : Number(labels['le']);
      buckets.set(bound, (buckets.get(bound) ?? 0) + value);
    }
  }
  return { at, applied, refused, failed, buckets: [...buckets].sort(([a], [b]) => a - b) };
}

function ratesBetween(before: Counts, after: Counts): Instance['rates'] | undefined {
  const seconds = (after.at - before.at) / 1_000;
  if (seconds < 0.2) return undefined;
  const rate = (of: (counts: Counts) => number): number => Math.max(0, of(after) - of(before)) / seconds;
  const known = new Map(before.buckets);
  return {
    applied: rate(({ applied }) => applied),
    refused: rate(({ refused }) => refused),
    failed: rate(({ failed }) => failed),
    p50Ms: null,
    p99Ms: null,
    buckets: after.buckets.map(([bound, count]) => [bound, Math.max(0, count - (known.get(bound) ?? 0))]),
  };
}

/** @param buckets cumulative, by rising bounds */
export function quantileMs(buckets: readonly (readonly [number, number])[], share: number): number | null {
  const total = buckets.at(-1)?.[1] ?? 0;
  if (total === 0) return null;
  const wanted = total * share;
  let [below, floor] = [0, 0];
  for (const [bound, count] of buckets) {
    if (count >= wanted) {
      if (bound === Infinity) return floor * 1_000;
      const within = count === below ? 1 : (wanted - below) / (count - below);
      return (floor + (bound - floor) * within) * 1_000;
    }
    [below, floor] = [count, bound];
  }
  return null;
}

function valueOf(samples: readonly Sample[], wanted: string): number | undefined {
  return samples.find(({ name }) => name === wanted)?.value;
}

function shardsOf(samples: readonly Sample[]): ReadonlyMap<string, ShardLoad> {
  const names = new Set(
    samples.filter(({ name }) => name === 'hotsplit_lane_depth').map(({ labels }) => labels['shard'] ?? ''),
  );
  const sum = (wanted: string, shard: string): number | undefined => {
    const own = samples.filter(({ name, labels }) => name === wanted && labels['shard'] === shard);
    return own.length === 0 ? undefined : own.reduce((total, { value }) => total + value, 0);
  };
  const mean = (of: string, shard: string): number | undefined => {
    const count = sum(`${of}_count`, shard);
    return count ? (sum(`${of}_sum`, shard) ?? 0) / count : undefined;
  };
  return new Map(
    [...names].sort().map((shard) => {
      const seconds = mean('hotsplit_batch_seconds', shard);
      return [
        shard,
        {
          depth: sum('hotsplit_lane_depth', shard) ?? 0,
          isUp: sum('hotsplit_shard_up', shard) !== 0,
          batchCommands: mean('hotsplit_batch_commands', shard),
          batchMs: seconds === undefined ? undefined : seconds * 1_000,
        },
      ] as const;
    }),
  );
}

/** What wants attention, by the rules that the alerts of the deployment have too. */
function alarmsOf(samples: readonly Sample[]): readonly Alarm[] {
  return samples.flatMap(({ name, labels, value }): Alarm[] => {
    const shard = labels['shard'] ?? '';
    if (name === 'hotsplit_shard_up' && value === 0)
      return [{ what: `Shard ${shard} does not answer.`, view: 'shards' }];
    if (name === 'hotsplit_database_full' && value > 0)
      return [{ what: `Database ${labels['database'] ?? ''} has no room left to write.`, view: 'shards' }];
    if (name === 'hotsplit_directory_up' && value === 0) return [{ what: 'The directory does not answer.' }];
    if (name === 'hotsplit_redis_up' && value === 0)
      return [{ what: 'Redis does not answer; everything goes on without it.' }];
    if (name === 'hotsplit_defects_total' && value > 0)
      return [{ what: `${value} commands failed by a defect since the service started; its log has them.` }];
    if (name === 'hotsplit_audit_findings' && value > 0)
      return [{ what: `The last audit found ${value} broken invariants.`, view: 'audits' }];
    if (name === 'hotsplit_transfers_undelivered' && value > 0)
      return [
        {
          what: `${value} transfers from ${labels['from'] ?? ''} to ${labels['to'] ?? ''} are due and cannot be delivered.`,
          view: 'shards',
        },
      ];
    return [];
  });
}
