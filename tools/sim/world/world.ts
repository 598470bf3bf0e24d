import type { EngineObserver } from '../../../src/engine/observer';
import { CALM, type Hazards } from '../faults/weather';
import { LedgerModel } from '../model/ledger-model';
import { ScreeningModel } from '../model/screening-model';
import type { ScreeningPlan } from '../workload/plan';
import type { Dice } from '../../kernel/dice';
import { Coverage } from './coverage';
import type { InstanceWorld, LineEnd } from './instance-world';
import { DirectoryServer } from './sim-directory';
import { SimDatabase } from './sim-database';
import { type InstanceSettings, SimInstance } from './sim-instance';
import { SimScreening } from './sim-screening';
import { Timeline } from './timeline';
import { Trace } from './trace';

/** 2026-01-01: when every world begins. */
const BEGINS_MS = 1_767_225_600_000;

/** As `innodb_lock_wait_timeout` of the product's sessions. */
const LOCK_WAIT_MS_MAX = 1_000;

/** After what is broken a stop may leave something undone for so long: breakers open, sessions of the dead hold locks. */
const TROUBLE_MS = 20_000;

/** How long a notice from one instance to the others is under way, when it arrives. */
const NOTICE_MS_MAX = 200;

export interface WorldOptions {
  readonly chance: Dice;
  readonly directoryImage: Buffer;
  readonly keepTrace: boolean;
}

/** Everything in one simulated run: databases, the directory, service instances, and what goes wrong between them. */
export class World implements InstanceWorld {
  readonly chance: Dice;
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly coverage = new Coverage();
  readonly model: LedgerModel;
  readonly directory: DirectoryServer;
  readonly instances: SimInstance[] = [];
  /** Accounts whose strategy is being changed from `leased`. */
  readonly leavingLeases = new Set<string>();
  /** Notices between instances are lost with this probability. */
  noticesLost = 0;
  guardsIdentity = false;
  splitsItself = false;
  /** The operator's screening service, where there is one. */
  screening: SimScreening | undefined;
  /** Shards whose database is on a cluster of servers. */
  onClusters: ReadonlySet<string> = new Set();
  /** What happens to an instance at a place between two steps; nothing when it answers nothing. */
  atPoint: InstanceWorld['atPoint'] = () => undefined;
  readonly #emptied = new Map<string, () => void>();
  readonly #databases = new Map<string, SimDatabase>();
  readonly #hazards = new Map<string, Hazards>();
  readonly #clockOffsetsMs = new Map<string, number>();
  #instances = 0;
  #troubledAtMs = -Infinity;

  constructor({ chance, directoryImage, keepTrace }: WorldOptions) {
    this.chance = chance;
    this.timeline = new Timeline(chance.fork());
    this.trace = new Trace(this.timeline, keepTrace);
    this.model = new LedgerModel(this.trace, {
      nowMs: () => this.timeline.nowMs,
      mark: (event) => {
        this.coverage.mark(event);
      },
      isDead: (name) => this.instances.some((each) => each.name === name && each.wasKilled),
      isTroubled: () => this.timeline.nowMs - this.#troubledAtMs < TROUBLE_MS,
      recallReason: (accountId) => this.#recallReason(accountId),
    });
    this.directory = new DirectoryServer(directoryImage, () => this.#clockUs('directory'), {
      reopened: (operation) => {
        this.model.violated('endedForGood', `operation ${operation}`);
      },
      levelChanged: (accountId, change) => {
        const { told, before, after } = change;
        if (told) this.coverage.mark(`balance ${told.crossing}`);
        const has = told ? ` with ${told.availableMinor}` : '';
        this.trace.note(`${accountId} goes from ${before ?? 'no level'} to ${after ?? 'none'}${has}`);
        const broken = this.model.account(accountId).levels.changed(change);
        if (broken) this.model.violated(broken.rule, `${accountId}: ${broken.detail}`, accountId);
      },
    });
  }

  /** A shard's database; it is there as soon as anyone asks for it. */
  database(name: string): SimDatabase {
    const known = this.#databases.get(name);
    if (known) return known;
    const made = new SimDatabase(name, {
      clockUs: () => this.#clockUs(name),
      lockWait: { msMax: LOCK_WAIT_MS_MAX, later: (ms, run) => this.timeline.after(ms, run) },
      watcher: this.model,
      replication: {
        lots: this.chance.named(`replication of ${name}`),
        takenAway: () => {
          this.troubled();
          this.coverage.mark('fault transaction rolled back within a trip');
          this.trace.note(`replication takes a transaction of ${name} away`);
        },
      },
    });
    if (this.onClusters.has(name)) made.joinCluster();
    this.#databases.set(name, made);
    return made;
  }

  get databases(): SimDatabase[] {
    return [...this.#databases.values()];
  }

  get wallMs(): number {
    return BEGINS_MS + this.timeline.nowMs;
  }

  /** A new process. It is not started. */
  newInstance(settings: InstanceSettings): SimInstance {
    const instance = new SimInstance(`i${(this.#instances += 1)}`, this, settings);
    this.instances.push(instance);
    return instance;
  }

  get living(): SimInstance[] {
    return this.instances.filter(({ takesCalls }) => takesCalls);
  }

  hazardsOf(database: string): Hazards {
    return this.#hazards.get(database) ?? CALM;
  }

  setHazards(database: string, hazards: Hazards): void {
    this.#hazards.set(database, hazards);
  }

  calmDown(): void {
    this.#hazards.clear();
    if (this.screening) this.screening.isTroubled = false;
  }

  /** Charges are screened in this world. */
  screenBy(plan: ScreeningPlan): void {
    const { timeline, coverage } = this;
    const model = new ScreeningModel({ onFailure: plan.onFailure, waitMsMax: plan.waitMsMax });
    this.model.screening = model;
    this.screening = new SimScreening({
      plan,
      chance: this.chance.named('screening'),
      timeline,
      coverage,
      model,
    });
  }

  troubled(untilMs = this.timeline.nowMs): void {
    this.#troubledAtMs = Math.max(untilMs, this.#troubledAtMs);
  }

  /** Sets a database's clock forward or back. */
  jumpClock(name: string, ms: number): void {
    this.troubled();
    this.#clockOffsetsMs.set(name, (this.#clockOffsetsMs.get(name) ?? 0) + ms);
  }

  /** So much time passes for every database; for the instances it is a moment. */
  passTime(ms: number): void {
    for (const name of ['directory', ...this.#databases.keys()]) this.jumpClock(name, ms);
  }

  /** The server goes away: what was not committed is rolled back, and nobody reaches it. */
  takeAway(name: string): void {
    if (name === 'directory') {
      this.directory.isAway = true;
      return;
    }
    const database = this.database(name);
    database.isAway = true;
    for (const { shards } of this.instances)
      for (const shard of shards) if (shard.name === name) database.disconnect(shard);
  }

  isEmptied(name: string): boolean {
    return this.#emptied.has(name);
  }

  /** An empty database stands where a shard's was. */
  emptied(name: string): void {
    this.troubled();
    this.#emptied.set(name, this.database(name).replaceByEmpty());
  }

  /** The shard's own database is back, as it was. */
  restored(name: string): void {
    this.troubled();
    this.#emptied.get(name)?.();
    this.#emptied.delete(name);
  }

  bringBack(name: string): void {
    if (name === 'directory') this.directory.isAway = false;
    else this.database(name).isAway = false;
  }

  /** An instance has changed an account: the others may hear of it, sooner or later. */
  announce(from: LineEnd, accountId: string): void {
    for (const other of this.instances) {
      if (other === from || other.isGone) continue;
      if (other.deafTo.has(accountId) || this.chance.happens(this.noticesLost)) {
        this.coverage.mark('fault notice lost');
        continue;
      }
      this.timeline.after(
        this.chance.next() * NOTICE_MS_MAX,
        () => {
          other.runtime.accounts.refresh(accountId);
        },
        other,
      );
    }
  }

  observerFor(instance: string): EngineObserver {
    return {
      batchDone: () => undefined,
      deducted: () => undefined,
      flushed: ({ deductions, found }) => {
        this.coverage.mark('lease deduction written', deductions);
        if (found > 0) this.coverage.mark('lease deduction found', found);
      },
      shortfall: ({ accountId, requestId, reason }) => {
        this.coverage.mark('lease shortfall');
        this.coverage.mark(`lease shortfall: ${reason}`);
        this.trace.note(`${instance} cannot charge ${requestId} of ${accountId} any more: ${reason}`);
        const isStopping = this.instances.some((each) => each.name === instance && !each.takesCalls);
        this.model.fellShort(instance, { accountId, requestId, reason }, isStopping);
      },
      shardRefused: (shard, error) => {
        if (!error) return;
        this.coverage.mark(`shard refused: ${error.code}`);
        this.trace.note(`${instance} refuses ${shard}: ${error.code}`);
      },
      received: () => undefined,
      workedOff: (shard, end) => {
        this.coverage.mark(`worked off ${end}`);
        this.trace.note(`${instance} worked off ${end} on ${shard}`);
      },
      intakeLevel: () => undefined,
      screened: ({ verdict, by }) => {
        this.coverage.mark(`screened ${verdict} by ${by}`);
      },
      screeningFailed: ({ code }) => {
        this.coverage.mark(`screening failed: ${code}`);
      },
      screeningCall: () => undefined,
      screeningState: (isAsked) => {
        this.coverage.mark(isAsked ? 'screening circuit closed' : 'screening circuit opened');
      },
      shardNotAdded: () => undefined,
      shardBegunAnew: () => undefined,
      shardState: (shard, up) => {
        this.coverage.mark(up ? 'breaker closed' : 'breaker opened');
        this.trace.note(`${instance} finds ${shard} ${up ? 'up' : 'down'}`);
      },
      databaseFault: ({ verdict }) => {
        this.coverage.mark(`database fault ${verdict}`);
      },
      databaseRoom: (database, isFull) => {
        this.trace.note(`${instance} finds ${database} ${isFull ? 'full' : 'not full'}`);
      },
      clockSkew: ({ skewMs }) => {
        if (Math.abs(skewMs) > 1_000) this.coverage.mark('clock skew measured');
      },
      accountSetAside: ({ isAside }) => {
        this.coverage.mark(isAside ? 'account set aside' : 'account no longer set aside');
      },
      defect: (incident, error) => {
        this.model.violated('noDefect', `${instance} reports a defect ${incident}: ${describe(error)}`);
      },
      collected: ({ locked }) => {
        this.coverage.mark(locked ? 'collector round under locks' : 'collector round by readings');
      },
      sent: () => undefined,
      directoryAsked: () => undefined,
      deferred: (work, error) => {
        this.coverage.mark('background work deferred');
        this.trace.note(
          `${instance} puts off ${work}: ${error instanceof Error ? error.message : String(error)}`,
        );
      },
      published: ({ source, rows }) => {
        this.coverage.mark('feed row published', rows);
        this.trace.note(`${instance} publishes ${rows} rows of the feed of ${source}`);
      },
      undelivered: ({ of, fromShard, toShard, count }) => {
        this.coverage.mark(`${of === 'within' ? 'transfers' : of} found stuck`, count);
        this.trace.note(`${instance} cannot deliver ${count} (${of}) from ${fromShard} to ${toShard}`);
      },
    };
  }

  /** No shard's clock is further: microseconds since 1970. */
  get latestUs(): number {
    return Math.max(...this.databases.map((database) => database.nowUs()));
  }

  /** In the middle of what an account is, by the directory; otherwise somebody is short, or wants to reverse. */
  #recallReason(accountId: string): string {
    if (this.leavingLeases.has(accountId)) return 'by a change of strategy';
    const [open] = this.directory.read(
      `SELECT kind FROM operation WHERE account_id = ? AND step <> 'ended' AND kind <> 'rebalance' LIMIT 1`,
      [accountId],
    );
    if (open?.[0] === 'resize') return 'by a fence';
    return open?.[0] === 'status' ? 'by a change of status' : 'for funds';
  }

  #clockUs(name: string): number {
    return (this.wallMs + (this.#clockOffsetsMs.get(name) ?? 0)) * 1_000;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
