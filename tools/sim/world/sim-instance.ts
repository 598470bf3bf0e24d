import { AccountService } from '../../../src/accounts/account.service';
import { LANE_SETTINGS, type LaneSettings } from '../../../src/engine/lane-settings';
import type { FeedPublisherSettings } from '../../../src/engine/feed/feed-publisher';
import type { LevelWatchSettings } from '../../../src/engine/levels/level-watch';
import type { PaymentRecoverySettings } from '../../../src/engine/paying/payment-recovery';
import type { RecoverySettings } from '../../../src/engine/recovery';
import { EngineRuntime, type RuntimeOptions } from '../../../src/engine/runtime';
import { ApiKeys } from '../../../src/platform/api-keys';
import { InProcessNotices } from '../../../src/platform/notices';
import { OperationService } from '../../../src/operations/operation.service';
import type { Databases } from '../../../src/shards/open-database';
import type { Shard } from '../../../src/shards/shard';
import type { Location } from '../../../src/shards/shard-address';
import type { Surroundings } from '../../../src/shards/surroundings';
import { type LeaseSettings, STRATEGY_SETTINGS } from '../../../src/strategies/strategy-settings';
import { type Dice } from '../../kernel/dice';
import { BatchDoor } from './batch-door';
import { type HeldUp, MarkedShard } from './marked-shard';
import { SelfSplit } from './self-split';
import type { SelfSplitPlan } from '../workload/plan';
import { lineTo, lineToDirectory } from './line';
import { SimDirectory } from './sim-directory';
import type { InstanceWorld, LineEnd } from './instance-world';

/** Its answer never came: it died, or was not there. */
export const NO_ANSWER = Symbol('no answer');

const START_MS_MAX = 10_000;

/** How often an instance looks which accounts are hot. */
const HEAT_MS = 150;

const KEY_SETTINGS = { recheckMs: 5_000, staleMsMax: 3_600_000 };

export interface InstanceSettings {
  readonly shards: readonly string[];
  readonly lanesPerShard: number;
  readonly laneSettings: Partial<LaneSettings>;
  readonly leaseSettings: Partial<LeaseSettings>;
  readonly recovery: Partial<RecoverySettings>;
  readonly paymentRecovery: Partial<PaymentRecoverySettings>;
  readonly batches: { readonly itemsMax: number; readonly waitMsMax: number };
  readonly intake: NonNullable<RuntimeOptions['intake']>;
  /** `null` where no feed is kept. */
  readonly feed: Partial<FeedPublisherSettings> | null;
  readonly screening: NonNullable<RuntimeOptions['screening']>;
  readonly levels: Partial<LevelWatchSettings>;
  /** Where nobody looks for hot accounts, none. */
  readonly selfSplit: SelfSplitPlan | undefined;
}

/** One service instance, as it runs behind its doors: the real engine on simulated databases. It can die at any await. */
export class SimInstance implements LineEnd {
  readonly runtime: EngineRuntime;
  readonly accounts: AccountService;
  readonly operations: OperationService;
  readonly keys: ApiKeys;
  readonly selfSplit: SelfSplit | undefined;
  readonly batches: BatchDoor;
  readonly died: Promise<typeof NO_ANSWER>;
  readonly shards: Shard[] = [];
  /** Its wall clock is wrong by this much. */
  wallOffsetMs = 0;
  isGone = false;
  wasKilled = false;
  stalledUntilMs = 0;
  /** Accounts of which no notice comes to it. */
  readonly deafTo = new Set<string>();
  /** By account: how long the next look for its leases is under way there, and its answer back. */
  readonly heldUp = new Map<string, HeldUp>();
  /** By shard: until when answers to it are lost. */
  readonly hearsNothingUntil = new Map<string, number>();
  /** How often it stalled so far. */
  stalls = 0;
  #takesCalls = false;
  #calls = 0;
  #ids = 0;
  readonly #chance: Dice;
  readonly #cutOff = new Set<string>();
  #die: (answer: typeof NO_ANSWER) => void = () => undefined;

  constructor(
    readonly name: string,
    private readonly world: InstanceWorld,
    settings: InstanceSettings,
  ) {
    this.#chance = world.chance.fork();
    this.died = new Promise((resolve) => (this.#die = resolve));
    this.runtime = new EngineRuntime({
      shards: settings.shards.map((shard) => ({ name: shard, location: locationOf(shard) })),
      directory: locationOf('directory'),
      lanesPerShard: settings.lanesPerShard,
      laneSettings: { ...LANE_SETTINGS, ...settings.laneSettings },
      strategySettings: {
        ...STRATEGY_SETTINGS,
        lease: { ...STRATEGY_SETTINGS.lease, ...settings.leaseSettings },
      },
      recovery: settings.recovery,
      paymentRecovery: settings.paymentRecovery,
      intake: settings.intake,
      feed: settings.feed,
      screening: settings.screening,
      ...(world.screening && {
        askScreening: (questions) => world.screening?.ask(questions, this) as Promise<unknown>,
      }),
      levels: settings.levels,
      heat: settings.selfSplit ? { intervalMs: HEAT_MS, ...settings.selfSplit } : null,
      observer: world.observerFor(name),
      surroundings: this.#surroundings(),
      databases: this.#databases(),
      startMsMax: START_MS_MAX,
      reach: (point) => {
        world.coverage.mark(`point ${point}`);
        return world.atPoint(this, point);
      },
    });
    this.runtime.announceWith((accountId) => {
      world.announce(this, accountId);
    });
    this.accounts = new AccountService(this.runtime);
    this.operations = new OperationService(this.runtime);
    if (settings.selfSplit)
      this.selfSplit = new SelfSplit(
        { runtime: this.runtime, operations: this.operations, world, name },
        settings.selfSplit,
      );
    this.batches = new BatchDoor({
      ...settings.batches,
      surroundings: this.#surroundings(),
      refused: () => {
        world.coverage.mark('items of a batch refused before they were begun');
      },
      defect: (error) => {
        world.observerFor(name).defect('of a batch', error);
      },
    });
    this.keys = new ApiKeys(this.runtime, 'the admin key', new InProcessNotices(), KEY_SETTINGS);
  }

  get takesCalls(): boolean {
    return this.#takesCalls && !this.isGone;
  }

  /** @returns why it is not up, if it is not: it may die, or find no directory, before it is */
  async start(): Promise<unknown> {
    const failed = await Promise.race([
      this.runtime.start().then(
        () => undefined,
        (error: unknown) => error,
      ),
      this.died,
    ]);
    if (failed !== undefined) return failed;
    this.runtime.rebalancer.start();
    this.#takesCalls = true;
    this.#sweepCreations();
    return undefined;
  }

  /** What a call came to; `NO_ANSWER` when this instance died meanwhile. */
  async call<T>(run: (instance: this) => Promise<T>): Promise<T | typeof NO_ANSWER> {
    if (!this.takesCalls) return NO_ANSWER;
    this.#calls += 1;
    try {
      return await Promise.race([run(this), this.died]);
    } finally {
      this.#calls -= 1;
    }
  }

  /** In order: takes no more calls, finishes what was taken, ends. */
  async stop(): Promise<void> {
    this.#takesCalls = false;
    while (this.#calls > 0 && !this.isGone) await this.world.timeline.sleep(5);
    await Promise.race([this.runtime.stop(), this.died]);
    if (!this.isGone) this.world.model.hasStopped(this.name);
    this.#end();
  }

  /** As `kill -9`: nothing of it happens any more, but for what was on its way to a database. */
  kill(): void {
    if (this.isGone) return;
    this.wasKilled = true;
    this.world.troubled();
    this.#end();
    // The servers notice at once, or when the session has been silent for too long.
    const { chance, timeline } = this.world;
    const noticedMs = chance.happens(0.8) ? chance.between(1, 300) : IDLE_SESSION_MS;
    timeline.after(noticedMs, () => {
      this.#disconnect();
    });
  }

  /** As SIGSTOP: nothing happens for a while, and then everything goes on as if no time had passed. */
  stall(ms: number): void {
    const { timeline } = this.world;
    this.stalls += 1;
    this.stalledUntilMs = timeline.nowMs + ms;
    this.world.troubled(this.stalledUntilMs);
    if (ms < IDLE_SESSION_MS) return;
    timeline.after(IDLE_SESSION_MS, () => {
      this.#disconnect();
    });
  }

  cutOff(database: string, isCut: boolean): void {
    if (isCut) this.#cutOff.add(database);
    else this.#cutOff.delete(database);
  }

  isCutOffFrom(database: string): boolean {
    return this.#cutOff.has(database);
  }

  #end(): void {
    this.isGone = true;
    this.#takesCalls = false;
    this.#die(NO_ANSWER);
  }

  #disconnect(): void {
    for (const shard of this.shards) this.world.database(shard.name).disconnect(shard);
  }

  /** What a service does now and then for accounts whose creation was cut short. */
  #sweepCreations(): void {
    this.world.timeline.after(
      CREATIONS_SWEEP_MS,
      () => {
        void this.accounts.finishCreations().then(() => {
          this.#sweepCreations();
        });
      },
      this,
    );
  }

  #surroundings(): Surroundings {
    const { timeline } = this.world;
    return {
      now: () => timeline.nowMs,
      wallMs: () => this.world.wallMs + this.wallOffsetMs,
      random: () => this.#chance.next(),
      newId: () => `${this.name}.${(this.#ids += 1)}`,
      sleep: (ms, signal) => timeline.sleep(ms, this, signal),
      later: (ms, run) => timeline.after(ms, run, this),
      turn: () => timeline.sleep(0, this),
    };
  }

  #databases(): Databases {
    return {
      shardAt: ({ name }, { clusterId, known, describeAccount, surroundings, parallelism, noteFault }) => {
        const database = this.world.database(name);
        const shard = new MarkedShard(
          {
            database,
            ...(this.world.guardsIdentity && { clusterId, known }),
            describeAccount,
            parallelism,
            noteFault,
            surroundings: surroundings ?? this.#surroundings(),
            interfere: lineTo(this.world, this, database),
          },
          {
            coverage: this.world.coverage,
            heldUp: this.heldUp,
            sleep: (ms) => this.world.timeline.sleep(ms, this),
          },
        );
        this.shards.push(shard);
        return shard;
      },
      directoryDatabaseAt: () =>
        new SimDirectory(this.world.directory, lineToDirectory(this.world, this, this.world.directory)),
    };
  }
}

/** A server ends a session that says nothing for this long, and rolls its transaction back. */
const IDLE_SESSION_MS = 10_000;

const CREATIONS_SWEEP_MS = 5_000;

function locationOf(name: string): Location {
  return { kind: 'mysql', url: simUrl(name) };
}

/** An address as it is registered; nothing is ever sent there. */
export function simUrl(name: string): string {
  return `mysql://sim@simulated:3306/${name}`;
}
