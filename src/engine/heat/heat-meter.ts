import { isAllowanceId } from '../../ledger/allowance';
import type { Command } from '../../ledger/command';
import { FrequentAccounts } from './frequent-accounts';
import type { AccountWork, HeatReport, ShardWork } from './heat-report';

/** A command as a lane has it. */
interface Carried {
  readonly command: Pick<Command, 'accountId' | 'kind'>;
}

/** A batch that a lane has ended. */
export interface EndedBatch {
  readonly shard: string;
  readonly commands: readonly Carried[];
  readonly seconds: number;
  /** How long the first of them had waited. */
  readonly waitedMs: number;
}

/** Where a meter is read. */
export interface MeteredShard {
  readonly shard: string;
  readonly lanes: number;
  readonly isDown: boolean;
}

/** What the service does by itself: an account that was resized or leveled is not used for that. */
const OWN_WORK: ReadonlySet<Command['kind']> = new Set([
  'takeOver',
  'endIntake',
  'payBack',
  'expire',
  'recall',
  'transferIn',
  'restoreHalf',
  'transferOut',
  'fence',
  'layout',
  'status',
  'level',
]);

/** Accounts that are counted for sure, whatever else is used; and that a report names. */
const COUNTED = 256;
const REPORTED_MAX = 64;
/** Less than this is not reported: many accounts are used now and then. */
const REPORTED_PER_SECOND_MIN = 1;

/** After this long, what was counted weighs half. */
const HALF_LIFE_MS = 2_000;

interface LaneWork {
  batches: number;
  commands: number;
  busySeconds: number;
  waitedMs: number;
}

/**
 * Which accounts and shards this instance works for, over the last seconds. On the hot path there is one addition for each
 * run of commands of one account in a batch; everything else happens once a second.
 */
export class HeatMeter {
  readonly #accounts = new FrequentAccounts(COUNTED);
  readonly #shards = new Map<string, LaneWork>();
  #readAt: number;

  constructor(private readonly now: () => number) {
    this.#readAt = now();
  }

  /** Commands of one account that follow each other are counted together; what nobody asked for is not counted. */
  batchEnded({ shard, commands, seconds, waitedMs }: EndedBatch): void {
    const work = this.#workOn(shard);
    const { length } = commands;
    work.batches += 1;
    work.commands += length;
    work.busySeconds += seconds;
    work.waitedMs += waitedMs;
    for (let from = 0, to = 0; from < length; from = to) {
      const { accountId, kind } = (commands[from] as Carried).command;
      const isOwn = OWN_WORK.has(kind);
      for (to += 1; to < length; to += 1) {
        const next = (commands[to] as Carried).command;
        if (next.accountId !== accountId || OWN_WORK.has(next.kind) !== isOwn) break;
      }
      if (!isOwn && !isAllowanceId(accountId))
        this.#accounts.add(accountId, to - from, (seconds * (to - from)) / length);
    }
  }

  /** A transaction of one account alone, by a strategy other than `merged`. */
  transactionEnded(accountId: string, seconds: number): void {
    this.#accounts.add(accountId, 1, seconds);
  }

  /** Was not carried out: there was no money, or no room in a queue. */
  refused(accountId: string, times = 1): void {
    this.#accounts.refuse(accountId, times);
  }

  /** What this instance works for; then it weighs less. */
  read(instanceId: string, shards: readonly MeteredShard[]): HeatReport {
    const now = this.now();
    const ms = Math.max(1, now - this.#readAt);
    this.#readAt = now;
    const factor = 0.5 ** (ms / HALF_LIFE_MS);
    // With `n` a second, what was counted and has faded comes to `n * seconds / (1 - factor)`.
    const perSecond = ((1 - factor) * 1_000) / ms;
    const report = {
      instanceId,
      accounts: this.#accounts
        .top(REPORTED_MAX)
        .map(({ accountId, count, refused, busySeconds }) => ({
          accountId,
          perSecond: rounded(count * perSecond),
          refusedPerSecond: rounded(refused * perSecond),
          busy: rounded(busySeconds * perSecond),
        }))
        .filter(isReported),
      shards: shards.map((shard) => this.#report(shard, perSecond)),
    };
    this.#accounts.fade(factor);
    this.#fadeShards(factor, shards);
    return report;
  }

  #report({ shard, lanes, isDown }: MeteredShard, perSecond: number): ShardWork {
    const { batches, commands, busySeconds, waitedMs } = this.#shards.get(shard) ?? IDLE;
    return {
      shard,
      lanes,
      isDown,
      busy: rounded(busySeconds * perSecond),
      batchCommands: batches > 0 ? rounded(commands / batches) : 0,
      waitMs: batches > 0 ? rounded(waitedMs / batches) : 0,
    };
  }

  #workOn(shard: string): LaneWork {
    let work = this.#shards.get(shard);
    if (work === undefined) this.#shards.set(shard, (work = { ...IDLE }));
    return work;
  }

  #fadeShards(factor: number, shards: readonly MeteredShard[]): void {
    const known = new Set(shards.map(({ shard }) => shard));
    for (const [shard, work] of this.#shards) {
      if (!known.has(shard)) this.#shards.delete(shard);
      work.batches *= factor;
      work.commands *= factor;
      work.busySeconds *= factor;
      work.waitedMs *= factor;
    }
  }
}

const IDLE: Readonly<LaneWork> = { batches: 0, commands: 0, busySeconds: 0, waitedMs: 0 };

function isReported({ perSecond, refusedPerSecond }: AccountWork): boolean {
  return perSecond + refusedPerSecond >= REPORTED_PER_SECOND_MIN;
}

/** Reports are written down as text. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
