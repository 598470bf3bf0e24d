import { rowStatusOf } from '../shards/directory/account-record';
import { Directory } from '../shards/directory/directory';
import { DatabaseRefusedError, type ShardFault } from '../shards/faults';
import { RoomWatch } from '../shards/room-watch';
import { type Databases, REAL_DATABASES } from '../shards/open-database';
import type { OpenPools } from '../shards/open-pools';
import type { Location, ShardAddress } from '../shards/shard-address';
import { type Later, REAL_SURROUNDINGS, type Surroundings } from '../shards/surroundings';
import { InProcessLocks, type LockService } from '../strategies/lock-service';
import {
  assertStrategySettings,
  STRATEGY_SETTINGS,
  type StrategySettings,
} from '../strategies/strategy-settings';
import { waysOfDeducting } from '../strategies/ways-of-deducting';
import { AccountLookUps } from './account-look-ups';
import { ACCOUNT_CACHE_SETTINGS, AccountCache } from './account-cache';
import { Balances } from './balances';
import { Budgets } from './budgets/budgets';
import { ClockWatch } from './clock-watch';
import { Collector, COLLECTOR_SETTINGS, type CollectorSettings } from './collector';
import { BALANCE_LIMIT_SETTINGS, BalanceLimit } from './balance-limit';
import { CREDIT_LINE_SWEEP_SETTINGS, CreditLineSweep } from './credit-lines/credit-line-sweep';
import { CreditLines } from './credit-lines/credit-lines';
import { Engine } from './engine';
import { FEED_PUBLISHER_SETTINGS, FeedPublisher, type FeedPublisherSettings } from './feed/feed-publisher';
import { DurableCursor } from './feed/durable-cursor';
import { FeedReader } from './feed/feed-reader';
import { directorySource, type FeedSource, shardSource } from './feed/feed-source';
import { FeedWatch } from './feed/feed-watch';
import { HeatMeter, type MeteredShard } from './heat/heat-meter';
import { HEAT_SETTINGS, type HeatSettings, HeatWatch } from './heat/heat-watch';
import { type ReportExchange, SharedReports } from './heat/shared-reports';
import { LevelLooks } from './levels/level-looks';
import { LEVEL_WATCH_SETTINGS, LevelWatch, type LevelWatchSettings } from './levels/level-watch';
import { NO_FAULTS, type ReachPoint } from './fault-points';
import { HOLD_EXPIRY_SETTINGS, HoldExpiry } from './hold-expiry';
import { HomeDeductions } from './home-deductions';
import { Housekeeping } from './housekeeping';
import { Intake } from './intake/intake';
import { INTAKE_SETTINGS, type IntakeSettings } from './intake/intake-settings';
import { ENTRIES, INTAKES, KeyLookUps } from './key-look-ups';
import { assertLaneSettings, type LaneSettings } from './lane-settings';
import { LoadMix } from './load-mix';
import { ReachLocks } from './locked-reach';
import { Mover } from './mover';
import type { EngineObserver } from './observer';
import { OperationRunner, RUNNER_SETTINGS } from './operations/operation-runner';
import { RebalanceJob } from './operations/rebalance-job';
import { RepairJob } from './operations/repair-job';
import { ResizeJob } from './operations/resize-job';
import { StatusJob } from './operations/status-job';
import { Rebalancer, REBALANCER_SETTINGS } from './rebalancer';
import { Deliveries } from './paying/deliveries';
import { Paying } from './paying/paying';
import {
  PAYMENT_RECOVERY_SETTINGS,
  PaymentRecovery,
  type PaymentRecoverySettings,
} from './paying/payment-recovery';
import { Recovery, RECOVERY_SETTINGS, type RecoverySettings } from './recovery';
import { type LostShard, ShardRegistry } from './registry/shard-registry';
import type { AskScreening } from './screening/question';
import { Screening } from './screening/screening';
import { SCREENING_SETTINGS, type ScreeningSettings } from './screening/screening-settings';
import type { ShardSet } from './shard-set';
import { Sweeper, SWEEPER_SETTINGS } from './sweeper';
import { Transfers } from './transfers';

/** Whoever looks after the levels of balances and dies is followed by another instance after this. */
export const LEVELS_LEASE_MS = 2_000;

export interface RuntimeOptions {
  readonly shards: readonly ShardAddress[];
  readonly directory: Location;
  /** The data folder, in which files are that are registered as shards. */
  readonly dataDir?: string | undefined;
  readonly lanesPerShard: number;
  readonly laneSettings: LaneSettings;
  readonly observer: EngineObserver;
  readonly surroundings?: Surroundings;
  readonly databases?: Databases;
  /** How long the directory is waited for at start. */
  readonly startMsMax: number;
  /** Shards whose databases are lost for good, each with the incarnation that is given up. */
  readonly lostShards?: readonly LostShard[];
  /** How long keys are looked for where a past placement had their home; 30 days by default. */
  readonly idempotencyWindowMs?: number;
  /** Between two looks of the rebalancer at the busy accounts, once it is started. */
  readonly rebalanceMs?: number;
  readonly strategySettings?: StrategySettings;
  readonly recovery?: Partial<RecoverySettings>;
  readonly paymentRecovery?: Partial<PaymentRecoverySettings>;
  readonly collector?: Partial<CollectorSettings>;
  /** `left alone`: what is received waits for other instances. */
  readonly intake?: Partial<Omit<IntakeSettings, 'windowMs'>> | 'left alone';
  readonly screening?: Partial<ScreeningSettings>;
  /** The operator's screening service. */
  readonly askScreening?: AskScreening | undefined;
  /** Where `redis-lock` has its locks; in this process by default. */
  readonly locks?: LockService;
  /** Of the feed of events; `null` where none is kept. */
  readonly feed?: Partial<FeedPublisherSettings> | null;
  /** Of the levels of balances, which are only kept where a feed is. */
  readonly levels?: Partial<LevelWatchSettings>;
  /** Of hot accounts; `null`: nobody looks for them. */
  readonly heat?: Partial<HeatSettings> | null;
  /** Where instances tell each other what they are busy with, before they do so over the directory. */
  readonly heatExchange?: ReportExchange | undefined;
  /** How long a lane waits for company before each batch; by default only for what has arrived. */
  readonly mergeWindowMs?: number;
  /** After how long a move's fence, or a repair's reading of a shard, is given up; `FENCE_MS_MAX` by default. */
  readonly fenceMsMax?: number;
  /** Tests let the process crash, or a call fail, between two steps. */
  readonly reach?: ReachPoint;
}

const RETRY_PAUSE_MS = 1_000;

/** A fence takes milliseconds; one that is not complete after this is given up. */
export const FENCE_MS_MAX = 2_000;
const FENCE_PAUSE_MS = 50;

/** So much longer than a fence may take, requests wait for the placement behind it. */
const FENCE_WAIT_BEYOND_MS = 3_000;

/**
 * Everything that stands behind the doors: directory, shards, lanes, engine and what runs beside it, wired together. The
 * service, the benchmarks and the tests all run this one.
 */
export class EngineRuntime {
  readonly instanceId: string;
  readonly idempotencyWindowMs: number;
  readonly directory: Directory;
  readonly accounts: AccountCache;
  readonly registry: ShardRegistry;
  /** Sessions of databases, by what they are for. */
  readonly openPools: OpenPools = new Set();
  /** Which databases have no room left. */
  readonly room: RoomWatch;
  readonly shards: ShardSet;
  /** Whether single requests and large batches come at the same time. */
  readonly mix = new LoadMix();
  readonly transfers: Transfers;
  readonly recovery: Recovery;
  readonly balances: Balances;
  readonly collector: Collector;
  readonly engine: Engine;
  /** Whether what nobody waits for may be charged. */
  readonly screening: Screening;
  readonly intake: Intake;
  /** Limits on what is deducted from accounts. */
  readonly budgets: Budgets;
  /** Payments between accounts, and what finishes those that nobody did. */
  readonly paying: Paying;
  readonly paymentRecovery: PaymentRecovery;
  readonly operations: OperationRunner;
  readonly rebalancer: Rebalancer;
  readonly sweeper: Sweeper;
  /** What accounts may be in debt for. */
  readonly creditLines: CreditLines;
  readonly holdExpiry: HoldExpiry;
  /** `undefined` where no feed is kept. */
  readonly feed:
    { readonly publisher: FeedPublisher; readonly reader: FeedReader; readonly watch: FeedWatch } | undefined;
  /** `undefined` where no feed is kept. */
  readonly levels: LevelWatch | undefined;
  /** Which accounts are hot. */
  readonly heat: HeatWatch;
  readonly observer: EngineObserver;
  readonly reach: ReachPoint;
  readonly #creditLineSweep: CreditLineSweep;
  readonly #housekeeping: Housekeeping;
  readonly surroundings: Surroundings;
  readonly #fenceMsMax: number;
  #announce: (accountId: string) => void = () => undefined;

  constructor(private readonly options: RuntimeOptions) {
    this.observer = options.observer;
    assertLaneSettings(options.laneSettings);
    assertStrategySettings(options.strategySettings ?? STRATEGY_SETTINGS);
    const { observer, surroundings = REAL_SURROUNDINGS, reach = NO_FAULTS } = options;
    const now = (): number => surroundings.now();
    const sleep = (ms: number, signal?: AbortSignal): Promise<void> => surroundings.sleep(ms, signal);
    const turn = (): Promise<void> => surroundings.turn();
    const newId = (): string => surroundings.newId();
    const later: Later = (ms, run) => surroundings.later(ms, run);
    this.reach = reach;
    this.#fenceMsMax = options.fenceMsMax ?? FENCE_MS_MAX;
    this.surroundings = surroundings;
    this.instanceId = newId();
    const { databases = REAL_DATABASES, strategySettings = STRATEGY_SETTINGS } = options;
    const directoryDatabase = databases.directoryDatabaseAt(options.directory, this.openPools);
    this.room = new RoomWatch(surroundings, (database, isFull) => {
      observer.databaseRoom(database, isFull);
    });
    const noteFault = (fault: ShardFault): void => {
      observer.databaseFault(fault);
      this.room.note(fault);
    };
    const keepsFeed = options.feed !== null;
    this.directory = new Directory(directoryDatabase, newId, noteFault, keepsFeed, {
      now,
      asked: (answer) => {
        observer.directoryAsked(answer);
      },
    });
    const windowMs = options.idempotencyWindowMs ?? ACCOUNT_CACHE_SETTINGS.windowMs;
    this.idempotencyWindowMs = windowMs;
    const accountLookUps = new AccountLookUps(this.directory, { now, turn });
    this.accounts = new AccountCache(accountLookUps, { ...ACCOUNT_CACHE_SETTINGS, windowMs }, now);
    const meter = new HeatMeter(now);
    const { mergeWindowMs = 0 } = options;
    const gather = mergeWindowMs > 0 ? () => sleep(mergeWindowMs) : turn;
    this.registry = new ShardRegistry({
      configured: options.shards,
      lost: options.lostShards ?? [],
      location: options.directory,
      dataDir: options.dataDir,
      directory: this.directory,
      databases,
      lanes: {
        settings: options.laneSettings,
        observer,
        meter,
        mix: this.mix,
        now,
        turn: gather,
        sleep,
        later,
        newId,
      },
      parallelism: options.lanesPerShard,
      deductionSettings: strategySettings,
      keepsFeed,
      openPools: this.openPools,
      describeAccount: (accountId) => this.#describeAccount(accountId),
      observer,
      noteFault,
      surroundings,
    });
    this.shards = this.registry.shards;

    const { shards, accounts, directory, instanceId } = this;
    const { leases } = directory;
    this.transfers = new Transfers(shards, observer, reach);
    const { transfers } = this;
    this.recovery = new Recovery({
      shards,
      transfers,
      leases,
      observer,
      instanceId,
      now,
      reach,
      later,
      settings: { ...RECOVERY_SETTINGS, ...options.recovery },
    });
    const locks = new ReachLocks(shards);
    const mover = new Mover(shards, newId, { reach, observer });
    const lookUps = new KeyLookUps(shards, turn, ENTRIES);
    const intakes = new KeyLookUps(shards, turn, INTAKES);
    this.balances = new Balances({ shards, accounts, locks, sleep });
    this.rebalancer = new Rebalancer({
      shards,
      accounts,
      leases,
      mover,
      transfers,
      observer,
      instanceId,
      now,
      later,
      settings: { ...REBALANCER_SETTINGS, intervalMs: options.rebalanceMs ?? REBALANCER_SETTINGS.intervalMs },
    });
    this.creditLines = new CreditLines({
      directory,
      accounts,
      shards,
      balances: this.balances,
      transfers,
      reach,
      waitOutLeases: (account) => this.engine.leases.waitOut(account),
      changed: (accountId) => {
        this.announce(accountId);
      },
    });
    this.#creditLineSweep = new CreditLineSweep({
      directory,
      leases,
      lines: this.creditLines,
      observer,
      instanceId,
      later,
      settings: CREDIT_LINE_SWEEP_SETTINGS,
    });
    this.sweeper = new Sweeper({
      shards,
      accounts,
      leases,
      mover,
      transfers,
      observer,
      instanceId,
      reach,
      later,
      settings: SWEEPER_SETTINGS,
    });
    this.holdExpiry = new HoldExpiry({
      shards,
      leases,
      observer,
      instanceId,
      reach,
      later,
      settings: HOLD_EXPIRY_SETTINGS,
    });
    this.heat = this.#heat(meter);
    this.feed = options.feed === null ? undefined : this.#feed(options.feed);
    this.levels = this.feed && this.#levels(options.levels);
    this.collector = new Collector({
      shards,
      accounts,
      transfers,
      mover,
      lookUps,
      locks,
      settleCredit: (accountId) => this.creditLines.settle(accountId),
      levels: this.levels,
      observer,
      now,
      sleep,
      turn,
      reach,
      settings: { ...COLLECTOR_SETTINGS, ...options.collector },
    });
    this.engine = new Engine({
      shards,
      accounts,
      transfers,
      lookUps,
      intakes,
      observer,
      now,
      sleep,
      reach,
      balances: this.balances,
      rebalancer: this.rebalancer,
      collector: this.collector,
      homeDeductions: this.#homeDeductions(meter),
      meter,
      balanceLimit: new BalanceLimit(BALANCE_LIMIT_SETTINGS, now),
      leaseSettings: strategySettings.lease,
      fenceWaitMsMax: this.#fenceMsMax + FENCE_WAIT_BEYOND_MS,
      surroundings,
      queue: (request, account) => this.intake.queued.submit(request, account),
    });
    const deliveries = new Deliveries({ shards, accounts, transfers, observer, newId, sleep, reach });
    this.budgets = new Budgets({
      directory,
      accounts,
      shards,
      surroundings,
      balances: this.balances,
      engine: this.engine,
    });
    this.paying = new Paying({ shards, accounts, engine: this.engine, deliveries });
    this.paymentRecovery = new PaymentRecovery({
      shards,
      deliveries,
      leases,
      observer,
      instanceId,
      now,
      reach,
      later,
      settings: { ...PAYMENT_RECOVERY_SETTINGS, ...options.paymentRecovery },
    });
    this.screening = new Screening({
      settings: { ...SCREENING_SETTINGS, ...options.screening },
      ask: options.askScreening,
      observer,
      now,
      random: () => surroundings.random(),
      sleep,
      turn,
    });
    this.intake = new Intake({
      screening: this.screening,
      surroundings,
      shards,
      accounts,
      leases: this.engine.leases,
      entries: lookUps,
      intakes,
      engine: this.engine,
      budgets: this.budgets.debits,
      exhausted: (account, budgetIds) => this.budgets.exhausted(account, budgetIds),
      balances: this.balances,
      directoryLeases: leases,
      observer,
      instanceId,
      reach,
      now,
      sleep,
      later,
      settings: {
        ...INTAKE_SETTINGS,
        ...(options.intake !== 'left alone' && options.intake),
        windowMs,
      },
    });
    this.operations = this.#operations(windowMs);
    const discoverShards = (): Promise<void> => this.registry.discover();
    const clocks = new ClockWatch({
      directory: { name: 'directory', clockUs: () => directory.nowUs() },
      shards: () => shards.all.map(({ shard }) => shard),
      surroundings,
      observer,
    });
    const lookAtClocks = (): Promise<void> => clocks.look();
    this.#housekeeping = new Housekeeping({ directory, observer, discoverShards, lookAtClocks, later });
  }

  /**
   * Opens directory and shards. The directory is waited for; a shard that does not answer is tried again in the
   * background while the others serve.
   *
   * @throws DatabaseRefusedError when a database is not what it is configured as
   */
  async start(): Promise<void> {
    try {
      await this.#openEverything();
    } catch (error) {
      await Promise.allSettled([this.registry.close(), this.directory.close()]);
      throw error;
    }
    this.recovery.start();
    this.paymentRecovery.start();
    this.operations.start();
    this.sweeper.start();
    this.#creditLineSweep.start();
    this.holdExpiry.start();
    if (this.options.intake !== 'left alone') this.intake.start();
    this.feed?.publisher.start();
    this.levels?.start();
    if (this.options.heat !== null) this.heat.start();
    this.#housekeeping.start();
  }

  async #openEverything(): Promise<void> {
    await this.#openDirectory();
    await this.registry.start();
  }

  /** Drains the lanes and ends every connection. Nothing may be submitted any more. */
  async stop(): Promise<void> {
    this.registry.stopOpening();
    await this.#housekeeping.stop();
    await this.heat.stop();
    await this.operations.stop();
    await this.rebalancer.stop();
    await this.sweeper.stop();
    await this.#creditLineSweep.stop();
    await this.holdExpiry.stop();
    await this.intake.stop();
    await this.engine.leases.stop();
    await this.paymentRecovery.stop();
    await this.recovery.stop();
    await this.engine.whenIdle();
    await this.levels?.stop();
    await this.feed?.publisher.stop();
    await this.registry.close();
    await this.#giveLeasesBack();
    await this.directory.close();
  }

  /** All of them: nothing works any more that could take one again. Without the directory they end by themselves. */
  async #giveLeasesBack(): Promise<void> {
    try {
      await this.directory.leases.releaseAll(this.instanceId);
    } catch (error) {
      this.observer.deferred('giving leases back', error);
    }
  }

  /** What to do when an account's placement, size or status has changed here: other instances may want to know. */
  announceWith(announce: (accountId: string) => void): void {
    this.#announce = announce;
  }

  /** Tells other instances that an account has changed here. */
  announce(accountId: string): void {
    this.#announce(accountId);
  }

  /** The shards that accounts may be placed on, and whether they answer. */
  shardsAtHand(): MeteredShard[] {
    return this.shards.all.map(({ shard, isDown }) => ({
      shard: shard.name,
      lanes: shard.parallelism,
      isDown,
    }));
  }

  #feed(settings: Partial<FeedPublisherSettings> = {}) {
    const { directory, shards, observer, instanceId, surroundings, reach } = this;
    const sources = (): FeedSource[] => [directorySource(directory), ...shards.all.map(shardSource)];
    const publisher = new FeedPublisher({
      sources,
      leases: directory.leases,
      observer,
      settings: { ...FEED_PUBLISHER_SETTINGS, ...settings },
      instanceId,
      now: () => surroundings.now(),
      reach,
      later: (ms, run) => surroundings.later(ms, run),
    });
    const reader = new FeedReader({
      sources,
      observer,
      sleep: (ms, signal) => surroundings.sleep(ms, signal),
      newId: () => surroundings.newId(),
    });
    const watch = new FeedWatch(sources, (ms, run) => surroundings.later(ms, run));
    return { publisher, reader, watch };
  }

  #levels(settings: Partial<LevelWatchSettings> = {}): LevelWatch {
    const { directory, shards, balances, observer, surroundings, reach } = this;
    const { intervalMs, restMs } = { ...LEVEL_WATCH_SETTINGS, ...settings };
    return new LevelWatch({
      directory,
      looks: new LevelLooks({ levels: directory.levels, balances, shards, restMs, reach }),
      cursor: this.durableCursor('levels', LEVELS_LEASE_MS),
      sources: () => shards.all.map(shardSource),
      observer,
      settings: { intervalMs, restMs },
      sleep: (ms, signal) => surroundings.sleep(ms, signal),
      later: (ms, run) => surroundings.later(ms, run),
    });
  }

  /** The cursor of a reader of the feed that the service itself runs, at one of its instances. */
  durableCursor(name: string, leaseMs: number): DurableCursor {
    const { directory, instanceId, surroundings } = this;
    const { readers, leases } = directory;
    return new DurableCursor({ name, readers, leases, instanceId, leaseMs, now: () => surroundings.now() });
  }

  #heat(meter: HeatMeter): HeatWatch {
    const { directory, observer, surroundings, instanceId } = this;
    return new HeatWatch({
      meter,
      reports: new SharedReports(directory.heat, this.options.heatExchange),
      store: directory.heat,
      leases: directory.leases,
      shards: () => this.shardsAtHand(),
      settings: { ...HEAT_SETTINGS, ...this.options.heat },
      instanceId,
      observer,
      now: () => surroundings.now(),
      later: (ms, run) => surroundings.later(ms, run),
    });
  }

  #homeDeductions(meter: HeatMeter): HomeDeductions {
    const { shards, observer, surroundings } = this;
    const { strategySettings: settings = STRATEGY_SETTINGS } = this.options;
    const { locks = new InProcessLocks(() => surroundings.now()) } = this.options;
    const ways = waysOfDeducting({ locks, settings, surroundings });
    return new HomeDeductions({
      shards,
      ways,
      observer,
      meter,
      now: () => surroundings.now(),
      newId: () => surroundings.newId(),
    });
  }

  #operations(windowMs: number): OperationRunner {
    const { directory, accounts, shards, balances, rebalancer, reach } = this;
    const sleep = (ms: number): Promise<void> => this.surroundings.sleep(ms);
    const runner = new OperationRunner({
      store: directory.operations,
      observer: this.observer,
      settings: RUNNER_SETTINGS,
      newId: () => this.surroundings.newId(),
      later: (ms, run) => this.surroundings.later(ms, run),
    });
    const changed = (accountId: string): void => {
      this.#announce(accountId);
    };
    runner.register(
      'resize',
      new ResizeJob({
        directory,
        accounts,
        shards,
        reach,
        sleep,
        settings: { fenceMsMax: this.#fenceMsMax, fencePauseMs: FENCE_PAUSE_MS, windowMs },
        changed,
        recallLeases: (account) => this.engine.leases.recall(account),
        settled: (accountId) => {
          this.sweeper.sweepSoon(accountId);
        },
      }),
    );
    runner.register(
      'status',
      new StatusJob({
        directory,
        accounts,
        shards,
        balances,
        reach,
        changed,
        waitOutLeases: (account) => this.engine.leases.waitOut(account),
        settleCredit: (accountId) => this.creditLines.settle(accountId),
      }),
    );
    runner.register(
      'repair',
      new RepairJob({
        directory,
        accounts,
        shards,
        shardMsMax: this.#fenceMsMax,
        changed,
        recallLeases: (account) => this.engine.leases.recall(account),
        settleCredit: (accountId) => this.creditLines.settle(accountId),
        settled: (accountId) => {
          this.sweeper.sweepSoon(accountId);
        },
      }),
    );
    runner.register('rebalance', new RebalanceJob({ accounts, rebalancer }));
    return runner;
  }

  async #openDirectory(): Promise<void> {
    const deadline = this.surroundings.now() + this.options.startMsMax;
    for (;;) {
      try {
        await this.directory.open();
        return;
      } catch (error) {
        if (error instanceof DatabaseRefusedError || this.surroundings.now() > deadline) throw error;
        this.options.observer.deferred('opening the directory', error);
        await this.surroundings.sleep(RETRY_PAUSE_MS);
      }
    }
  }

  async #describeAccount(accountId: string) {
    // A reading that is under way may have missed a status of which the rows that stand have been told since.
    const account = await this.accounts.read(accountId);
    if (!account) throw new RangeError(`rows of an account that the directory does not know: ${accountId}`);
    const { statusVersion, placement } = account;
    const accountStatus = rowStatusOf(account);
    return { epoch: placement.epoch, accountStatus, accountStatusVersion: statusVersion };
  }
}
