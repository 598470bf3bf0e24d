import type { IntakeRecord } from '../../ledger/intake';
import { DirectoryUnavailableError } from '../../shards/directory/directory-database';
import type { LeaseStore } from '../../shards/directory/lease-store';
import type { Later } from '../../shards/surroundings';
import type { IntakePage } from '../../shards/shard';
import type { EngineOutcome } from '../engine-outcome';
import type { EngineObserver } from '../observer';
import { Periodic } from '../periodic';
import { PerShard } from '../per-shard';
import { remember } from '../remember';
import type { ShardSet } from '../shard-set';
import type { Screening } from '../screening/screening';
import { atMostMs } from '../within-ms';
import type { Charged, Charging } from './charging';
import { Flight } from './flight';
import type { IntakeLevels } from './intake-levels';
import type { IntakeSettings } from './intake-settings';

/** How long a record whose charge failed waits before the next try: doubled with each failure of its account. */
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 10_000;
const PAUSED_MAX = 10_000;

/** How long a pass over a shard's intake waits for its last charges before it begins anew without them. */
const PASS_ENDS_MS_MAX = 1_000;

/** Who is told that the shard's intake is somebody else's does not ask again for so long. */
const NOT_MINE_MS = 500;

export interface WorkerParts {
  readonly shards: ShardSet;
  /** Who works on which shard. */
  readonly directoryLeases: Pick<LeaseStore, 'acquire'>;
  readonly charging: Charging;
  readonly screening: Pick<Screening, 'isHeld' | 'waitMsMax'>;
  readonly levels: IntakeLevels;
  /** Told of each attempt that has come to its end here. */
  readonly ended: (record: IntakeRecord, outcome: EngineOutcome | undefined) => void;
  readonly observer: EngineObserver;
  readonly settings: IntakeSettings;
  readonly instanceId: string;
  readonly now: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly later?: Later | undefined;
}

interface ShardWork {
  readonly flight: Flight;
  run: Promise<void> | undefined;
  /** How often something came in here. */
  wakes: number;
  isMine: boolean;
  askAgainAt: number;
}

/**
 * Works off what was received, shard by shard, the oldest first. A pass goes over all that waits: an account whose charges
 * fail pauses and is passed by, and a shard that does not answer holds up no other.
 *
 * A lease keeps instances from doing the same work twice. Nothing rests on it, so without an answer from the directory the
 * work is done all the same.
 */
export class IntakeWorker {
  readonly #ticking: Periodic;
  readonly #shards = new PerShard((): ShardWork => ({
    flight: new Flight(),
    run: undefined,
    wakes: 0,
    isMine: true,
    askAgainAt: 0,
  }));
  readonly #paused = new Map<string, { readonly until: number; readonly ms: number }>();
  #isWorking = false;

  constructor(private readonly parts: WorkerParts) {
    this.#ticking = new Periodic(
      parts.settings.intervalMs,
      () => {
        for (const shard of parts.shards.names) this.#begin(shard);
        return Promise.resolve();
      },
      parts.later,
    );
  }

  start(): void {
    this.#isWorking = true;
    this.#ticking.start('after a pause');
  }

  /** Resolves when nothing is under way any more. What waits stays for whoever comes next. */
  async stop(): Promise<void> {
    this.#isWorking = false;
    await this.#ticking.stop();
    for (const { run } of this.#shards.values()) await run;
    await Promise.all([...this.#shards.values()].map(({ flight }) => flight.atMost(0)));
  }

  /** Something came in here: it need not wait for the next look, unless the shard's intake is somebody else's. */
  wake(shard: string): void {
    const work = this.#shards.of(shard);
    work.wakes += 1;
    if (work.isMine) this.#begin(shard);
  }

  #begin(shard: string): void {
    const work = this.#shards.of(shard);
    if (!this.#isWorking || work.run) return;
    work.run = this.#run(shard, work).finally(() => {
      work.run = undefined;
    });
  }

  /** Never rejects. */
  async #run(shard: string, work: ShardWork): Promise<void> {
    try {
      while (this.#isWorking && (await this.#passAndMore(shard, work)));
    } catch (error) {
      this.parts.observer.deferred(`the intake of ${shard}`, error);
    }
  }

  /** @returns whether there is reason to begin anew: something came in meanwhile, or some charges have ended */
  async #passAndMore(shard: string, work: ShardWork): Promise<boolean> {
    const { flight, wakes } = work;
    const { ended } = flight;
    if (!(await this.#pass(shard, work))) return false;
    await atMostMs(this.parts.sleep, PASS_ENDS_MS_MAX, flight.atMost(0));
    return work.wakes > wakes || flight.ended > ended;
  }

  /**
   * Goes over what is due. While screening is held, only over what has waited for a verdict for too long.
   *
   * @returns whether all of that was gone over
   */
  async #pass(shard: string, work: ShardWork): Promise<boolean> {
    const { isHeld, waitMsMax: olderThanMs } = this.parts.screening;
    if (isHeld) return this.#goOver(shard, work, { olderThanMs });
    return (
      (await this.#goOver(shard, work, { due: 'now' })) &&
      this.#goOver(shard, work, { due: 'by an earlier clock' })
    );
  }

  async #goOver(
    shard: string,
    work: ShardWork,
    which: Pick<IntakePage, 'due' | 'olderThanMs'>,
  ): Promise<boolean> {
    const { shards, settings } = this.parts;
    const { pageRecords: limit, inFlightMax } = settings;
    const lanes = shards.lanes(shard);
    let after: IntakeRecord | undefined;
    while (
      this.#isWorking &&
      !lanes.isDown &&
      (which.olderThanMs !== undefined || !this.parts.screening.isHeld)
    ) {
      const page = await lanes.shard.intakeInState({ ...which, state: 'received', limit, after });
      if (page.length === 0) return true;
      if (!(await this.#isMine(shard, work))) return false;
      for (const record of page) this.#start(shard, work, record);
      if (page.length < limit) return true;
      after = page.at(-1);
      await work.flight.atMost(Math.max(0, inFlightMax - limit));
    }
    return false;
  }

  #start(shard: string, { flight }: ShardWork, record: IntakeRecord): void {
    const { accountId, requestId } = record;
    const key = `${accountId} ${requestId}`;
    const pause = this.#paused.get(`${shard} ${accountId}`);
    if (flight.has(key) || (pause && pause.until > this.parts.now())) return;
    flight.start(key, this.#charge(shard, record));
  }

  async #charge(shard: string, record: IntakeRecord): Promise<boolean> {
    const { charging, levels, observer } = this.parts;
    let charged: Charged;
    try {
      charged = await charging.charge(shard, record);
    } catch (error) {
      observer.deferred(`charging what ${shard} received`, error);
      charged = { kind: 'waits', why: 'an error' };
    }
    const account = `${shard} ${record.accountId}`;
    if (charged.kind === 'waits') this.#pause(account);
    else this.#paused.delete(account);
    if (charged.kind !== 'ended') return false;
    levels.giveBack(shard, record.accountId);
    this.parts.ended(record, charged.outcome);
    observer.workedOff(shard, charged.end);
    return true;
  }

  #pause(account: string): void {
    const now = this.parts.now();
    const last = this.#paused.get(account);
    if (last && last.until > now) return;
    const ms = Math.min(last ? 2 * last.ms : PAUSE_MS_MIN, PAUSE_MS_MAX);
    remember(this.#paused, account, { until: now + ms, ms }, PAUSED_MAX);
  }

  async #isMine(shard: string, work: ShardWork): Promise<boolean> {
    const { directoryLeases, instanceId, settings, now } = this.parts;
    if (now() < work.askAgainAt) return work.isMine;
    try {
      work.isMine = await directoryLeases.acquire(`intake of ${shard}`, instanceId, settings.leaseMs);
    } catch (error) {
      if (!(error instanceof DirectoryUnavailableError)) throw error;
      work.isMine = true;
    }
    work.askAgainAt = now() + (work.isMine ? settings.leaseMs / 3 : NOT_MINE_MS);
    return work.isMine;
  }
}
