/** How busy an instance was with one account, in a second of the last few. */
export interface AccountWork {
  readonly accountId: string;
  /** Commands carried out. */
  readonly perSecond: number;
  /** Of those that came besides, how many were refused for want of money or of room in a queue. */
  readonly refusedPerSecond: number;
  /** How many lanes (or transactions of its own) it kept busy: 1 is one of them, all the time. */
  readonly busy: number;
}

/** How busy the lanes of an instance to one shard were. */
export interface ShardWork {
  readonly shard: string;
  readonly lanes: number;
  /** How many of them were busy. */
  readonly busy: number;
  /** Of how many commands its batches consisted. */
  readonly batchCommands: number;
  /** How long the first command of a batch had waited for it. */
  readonly waitMs: number;
  /** It could not be reached just now. */
  readonly isDown: boolean;
}

/** What one instance tells the others every second. */
export interface HeatReport {
  readonly instanceId: string;
  readonly accounts: readonly AccountWork[];
  readonly shards: readonly ShardWork[];
}

/** An account's work over all instances. */
export type AccountHeat = AccountWork;

/** A shard as all instances see it. */
export interface ShardHeat {
  readonly shard: string;
  /** The part of the time that lanes to it were busy, over all instances that have used it; 0 to 1. */
  readonly busy: number;
  /** Lanes of all instances that have used it. */
  readonly lanes: number;
  readonly batchCommands: number;
  readonly waitMs: number;
  /** For any instance. */
  readonly isDown: boolean;
}

export interface Heat {
  /** The busiest first. */
  readonly accounts: readonly AccountHeat[];
  readonly shards: ReadonlyMap<string, ShardHeat>;
  readonly instances: number;
}

/** Adds up what the instances report. */
export function sumReports(reports: readonly HeatReport[]): Heat {
  const accounts = new Map<string, AccountHeat>();
  for (const work of reports.flatMap((report) => report.accounts)) {
    const sum = accounts.get(work.accountId);
    accounts.set(work.accountId, sum ? together(sum, work) : work);
  }
  const shards = new Map<string, ShardWork[]>();
  for (const work of reports.flatMap((report) => report.shards))
    shards.set(work.shard, [...(shards.get(work.shard) ?? []), work]);
  return {
    accounts: [...accounts.values()].sort(byRate),
    shards: new Map([...shards].map(([shard, works]) => [shard, shardHeat(shard, works)])),
    instances: reports.length,
  };
}

function byRate(a: AccountHeat, b: AccountHeat): number {
  return b.perSecond - a.perSecond || (a.accountId < b.accountId ? -1 : 1);
}

function together(a: AccountWork, b: AccountWork): AccountWork {
  return {
    accountId: a.accountId,
    perSecond: a.perSecond + b.perSecond,
    refusedPerSecond: a.refusedPerSecond + b.refusedPerSecond,
    busy: a.busy + b.busy,
  };
}

/** Instances that leave the shard alone do not make it look idle. */
function shardHeat(shard: string, works: readonly ShardWork[]): ShardHeat {
  const busy = sumOf(works, (work) => work.busy);
  const lanes = sumOf(
    works.filter((work) => work.busy > 0),
    (work) => work.lanes,
  );
  const weighed = (of: (work: ShardWork) => number): number =>
    busy === 0 ? 0 : sumOf(works, (work) => of(work) * work.busy) / busy;
  return {
    shard,
    lanes,
    busy: lanes === 0 ? 0 : Math.min(1, busy / lanes),
    batchCommands: weighed((work) => work.batchCommands),
    waitMs: weighed((work) => work.waitMs),
    isDown: works.some((work) => work.isDown),
  };
}

function sumOf<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}
