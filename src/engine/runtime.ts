import { Directory, DirectoryUnavailableError } from '../shards/directory/directory';
import { DatabaseRefusedError } from '../shards/faults';
import { type Databases, REAL_DATABASES } from '../shards/open-database';
import type { Shard } from '../shards/shard';
import type { KnownShards } from '../shards/shard-identity';
import { type Location, parseLocation, type ShardAddress } from '../shards/shard-address';
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
import { ClockWatch } from './clock-watch';
import { Collector, COLLECTOR_SETTINGS, type CollectorSettings } from './collector';
import { CREDIT_LIMIT_SETTINGS, CreditLimit } from './credit-limit';
import { Engine } from './engine';
import { NO_FAULTS, type ReachPoint } from './fault-points';
import { HOLD_EXPIRY_SETTINGS, HoldExpiry } from './hold-expiry';
import { HomeDeductions } from './home-deductions';
import { Housekeeping } from './housekeeping';
import { KeyLookUps } from './key-look-ups';
import { assertLaneSettings, type LaneSettings } from './lane-settings';
import { ReachLocks } from './locked-reach';
import { Mover } from './mover';
import type { EngineObserver } from './observer';
import { OperationRunner, RUNNER_SETTINGS } from './operations/operation-runner';
import { RebalanceJob } from './operations/rebalance-job';
import { RepairJob } from './operations/repair-job';
import { ResizeJob } from './operations/resize-job';
import { StatusJob } from './operations/status-job';
import { Rebalancer, REBALANCER_SETTINGS } from './rebalancer';
import { Recovery, RECOVERY_SETTINGS, type RecoverySettings } from './recovery';
import { ShardLooks } from './shard-looks';
import { ShardSet } from './shard-set';
import { Sweeper, SWEEPER_SETTINGS } from './sweeper';
import { Transfers } from './transfers';

export interface RuntimeOptions {
  readonly shards: readonly ShardAddress[];
  readonly directory: Location;
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
  readonly collector?: Partial<CollectorSettings>;
  /** Where `redis-lock` has its locks; in this process by default. */
  readonly locks?: LockService;
  /** How long a lane waits for company before each batch; by default only for what has arrived. */
  readonly mergeWindowMs?: number;
  /** Tests let the process crash, or a call fail, between two steps. */
  readonly reach?: ReachPoint;
}

/** A shard that is to begin anew, and the incarnation of the database that it begins anew without. */
export interface LostShard {
  readonly name: string;
  readonly incarnation: string;
}

const RETRY_PAUSE_MS = 1_000;

/** A fence takes milliseconds; one that is not complete after this is given up. */
export const FENCE_MS_MAX = 2_000;
const FENCE_PAUSE_MS = 50;

/**
 * Everything that stands behind the doors: directory, shards, lanes, engine and what runs beside it, wired together. The
 * service, the benchmarks and the tests all run this one.
 */
export class EngineRuntime {
  readonly instanceId: string;
  readonly idempotencyWindowMs: number;
  readonly directory: Directory;
  readonly accounts: AccountCache;
  readonly shards: ShardSet;
  readonly transfers: Transfers;
  readonly recovery: Recovery;
  readonly balances: Balances;
  readonly collector: Collector;
  readonly engine: Engine;
  readonly operations: OperationRunner;
  readonly rebalancer: Rebalancer;
  readonly sweeper: Sweeper;
  readonly holdExpiry: HoldExpiry;
  readonly observer: EngineObserver;
  readonly reach: ReachPoint;
  readonly #housekeeping: Housekeeping;
  readonly surroundings: Surroundings;
  readonly #databases: Databases;
  readonly #openShards: Shard[];
  readonly #looks: ShardLooks;
  readonly #refused = new Map<string, DatabaseRefusedError>();
  #announce: (accountId: string) => void = () => undefined;
  #started = false;
  #stopped = false;

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
    this.surroundings = surroundings;
    this.instanceId = newId();
    this.#databases = options.databases ?? REAL_DATABASES;
    const directoryDatabase = this.#databases.directoryDatabaseAt(options.directory);
    this.directory = new Directory(directoryDatabase, newId, (fault) => {
      observer.databaseFault(fault);
    });
    const windowMs = options.idempotencyWindowMs ?? ACCOUNT_CACHE_SETTINGS.windowMs;
    this.idempotencyWindowMs = windowMs;
    const accountLookUps = new AccountLookUps(this.directory, { now, turn });
    this.accounts = new AccountCache(accountLookUps, { ...ACCOUNT_CACHE_SETTINGS, windowMs }, now);
    this.#openShards = options.shards.map((address) => this.#shardAt(address));
    const { mergeWindowMs = 0 } = options;
    const gather = mergeWindowMs > 0 ? () => sleep(mergeWindowMs) : turn;
    this.shards = new ShardSet(this.#openShards, {
      settings: options.laneSettings,
      observer,
      now,
      turn: gather,
      sleep,
      later,
      newId,
    });
    this.#looks = new ShardLooks(() => this.#discover(), { now, sleep });
    this.shards.discoverWith((areMissing) => this.#looks.find(areMissing));

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
    const mover = new Mover(shards, newId, reach);
    const lookUps = new KeyLookUps(shards, turn);
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
    this.collector = new Collector({
      shards,
      accounts,
      transfers,
      mover,
      lookUps,
      locks,
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
      observer,
      now,
      sleep,
      reach,
      balances: this.balances,
      rebalancer: this.rebalancer,
      collector: this.collector,
      homeDeductions: this.#homeDeductions(),
      creditLimit: new CreditLimit(CREDIT_LIMIT_SETTINGS, now),
      leaseSettings: (options.strategySettings ?? STRATEGY_SETTINGS).lease,
      surroundings,
    });
    this.operations = this.#operations(windowMs);
    const discoverShards = (): Promise<void> => this.discoverShards();
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
      this.#stopped = true;
      await Promise.allSettled([...this.#openShards, this.directory].map((each) => each.close()));
      throw error;
    }
    this.recovery.start();
    this.operations.start();
    this.sweeper.start();
    this.holdExpiry.start();
    this.#housekeeping.start();
  }

  async #openEverything(): Promise<void> {
    await this.#openDirectory();
    await this.directory.registerShards(this.shards.names);
    for (const lost of this.options.lostShards ?? []) await this.#beginAnew(lost);
    // All of them to their end: what is closed in the middle of its migration reports errors that are none.
    const opened = await Promise.allSettled(this.#openShards.map((shard) => this.#openShard(shard)));
    for (const each of opened) if (each.status === 'rejected') throw each.reason;
    await this.discoverShards();
    this.#started = true;
  }

  /** Drains the lanes and ends every connection. Nothing may be submitted any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#housekeeping.stop();
    await this.operations.stop();
    await this.rebalancer.stop();
    await this.sweeper.stop();
    await this.holdExpiry.stop();
    await this.engine.leases.stop();
    await this.recovery.stop();
    await this.engine.whenIdle();
    this.shards.stop();
    for (const shard of this.#openShards) await shard.close();
    await this.directory.close();
  }

  /** Why the databases of shards are refused, by the shards' names. */
  get refused(): ReadonlyMap<string, DatabaseRefusedError> {
    return this.#refused;
  }

  /** What to do when an account's placement, size or status has changed here: other instances may want to know. */
  announceWith(announce: (accountId: string) => void): void {
    this.#announce = announce;
  }

  /** Tells other instances that an account has changed here. */
  announce(accountId: string): void {
    this.#announce(accountId);
  }

  /**
   * Takes a database in as a new shard: migrated, identified, and written down for every instance to connect to.
   *
   * Rejects with `ShardUnavailableError` or `DirectoryUnavailableError` when one of them does not answer, and with
   * `DatabaseRefusedError` when the database is another shard already.
   *
   * @returns false when there is a shard of this name
   */
  async registerShard(name: string, url: string): Promise<boolean> {
    if ((await this.directory.listShards()).some((shard) => shard.name === name)) return false;
    const shard = this.#shardAt({ name, location: parseLocation(url) });
    try {
      await shard.open();
    } catch (error) {
      await shard.close();
      throw error;
    }
    if (!(await this.directory.registerShard(name, url))) {
      await shard.close();
      return false;
    }
    this.#openShards.push(shard);
    this.shards.add(shard);
    this.observer.shardState(name, true);
    return true;
  }

  /**
   * Removes a registered shard that no account was ever placed on, for every instance. Its database stays as it is.
   *
   * Rejects with `DirectoryUnavailableError`.
   */
  async removeShard(name: string): Promise<'removed' | 'unknown' | 'configured' | 'used'> {
    const found = (await this.directory.listShards()).find((shard) => shard.name === name);
    if (!found) return 'unknown';
    if (found.url === null || this.options.shards.some((configured) => configured.name === name))
      return 'configured';
    if (!(await this.directory.beginShardRemoval(name))) return 'unknown';
    if (await this.directory.isShardUsed(name)) {
      await this.directory.giveUpShardRemoval(name);
      return 'used';
    }
    if (!(await this.directory.finishShardRemoval(name))) {
      // Somebody else was removing it as well, and was done first.
      if (!(await this.directory.listShards()).some((shard) => shard.name === name)) return 'unknown';
      throw new DirectoryUnavailableError('the accounts could not be gone through in time');
    }
    await this.discoverShards();
    return 'removed';
  }

  /** Connects to shards that were registered before this call, here or by another instance, and lets go of removed ones. */
  discoverShards(): Promise<void> {
    return this.#looks.look();
  }

  async #discover(): Promise<void> {
    // Before the list is read: a shard that is registered meanwhile is not in it.
    const known = [...this.shards.names, ...this.#refused.keys()];
    const listed = await this.directory.listShards();
    const names = new Set(listed.map(({ name }) => name));
    await this.#letGo(known.filter((name) => !names.has(name)));
    for (const { name, url } of listed) {
      if (url === null || this.shards.has(name)) continue;
      const shard = this.#registered(name, url);
      if (!shard) continue;
      this.#openShards.push(shard);
      // Opened before anything is sent there: what came too early would find it closed and take it for dead.
      if (this.#started) await this.#openShardLater(shard);
      else await this.#openShard(shard);
      this.shards.add(shard);
    }
  }

  /** Shards are removed from the directory only before anything was placed on them: nothing is under way there. */
  async #letGo(names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (this.options.shards.some((configured) => configured.name === name)) continue;
      const shard = this.shards.remove(name);
      this.#refused.delete(name);
      this.observer.shardRefused(name, undefined);
      this.observer.shardState(name, true);
      if (!shard) continue;
      this.#openShards.splice(this.#openShards.indexOf(shard), 1);
      await shard.close();
    }
  }

  /**
   * The shard at an address that the directory has. One that this instance cannot use ends nothing: it was written down
   * elsewhere, perhaps by an older build, and this instance's other shards are as good as before.
   */
  #registered(name: string, url: string): Shard | undefined {
    try {
      const location = parseLocation(url);
      if (location.kind === 'sqlite' && this.options.directory.kind !== 'sqlite')
        throw new RangeError('a file is no shard of an installation of several instances');
      return this.#shardAt({ name, location });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      const refused = new DatabaseRefusedError('SHARD_UNUSABLE', `shard "${name}": ${detail}`, {
        cause: error,
      });
      this.#refused.set(name, refused);
      this.observer.shardRefused(name, refused);
      return undefined;
    }
  }

  #shardAt(address: ShardAddress): Shard {
    return this.#databases.shardAt(address, {
      clusterId: () => this.directory.clusterId(),
      known: this.#known(),
      describeAccount: (accountId) => this.#describeAccount(accountId),
      parallelism: this.options.lanesPerShard,
      deductionSettings: this.options.strategySettings ?? STRATEGY_SETTINGS,
      surroundings: this.surroundings,
      noteFault: (fault) => {
        this.observer.databaseFault(fault);
      },
    });
  }

  #homeDeductions(): HomeDeductions {
    const { shards, observer, surroundings } = this;
    const { strategySettings: settings = STRATEGY_SETTINGS } = this.options;
    const { locks = new InProcessLocks(() => surroundings.now()) } = this.options;
    const ways = waysOfDeducting({ locks, settings, surroundings });
    return new HomeDeductions({ shards, ways, observer, newId: () => surroundings.newId() });
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
        settings: { fenceMsMax: FENCE_MS_MAX, fencePauseMs: FENCE_PAUSE_MS, windowMs },
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
      }),
    );
    runner.register(
      'repair',
      new RepairJob({
        directory,
        accounts,
        shards,
        shardMsMax: FENCE_MS_MAX,
        changed,
        recallLeases: (account) => this.engine.leases.recall(account),
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

  /** At start: a database that is not the shard ends it. One that lets the user not in is a shard that does not answer. */
  async #openShard(shard: Shard): Promise<void> {
    try {
      await shard.open();
      this.options.observer.shardState(shard.name, true);
    } catch (error) {
      if (error instanceof DatabaseRefusedError && error.code !== 'DATABASE_ACCESS_DENIED') throw error;
      this.#shardFailed(shard, error);
      void this.#keepOpening(shard);
    }
  }

  async #openShardLater(shard: Shard): Promise<void> {
    try {
      await this.#openShard(shard);
    } catch (error) {
      this.#shardFailed(shard, error);
      void this.#keepOpening(shard);
    }
  }

  /**
   * Done once: a database found later under the shard's name has another incarnation.
   *
   * @throws DatabaseRefusedError `SHARD_NOT_LOST`
   */
  async #beginAnew({ name, incarnation }: LostShard): Promise<void> {
    const { directory } = this;
    const known = await directory.incarnationOf(name);
    if (known !== incarnation) {
      if (known !== undefined && (await directory.isLost(name, incarnation))) return;
      throw notLost(name, `the directory knows no database ${incarnation} of it`);
    }
    if (await this.#answers(name)) throw notLost(name, 'its database answers');
    await directory.declareLost(name, incarnation);
    this.observer.shardBegunAnew(name, incarnation);
  }

  async #answers(name: string): Promise<boolean> {
    const url = (await this.directory.listShards()).find((shard) => shard.name === name)?.url ?? null;
    const configured = this.options.shards.find((address) => address.name === name);
    const address = configured ?? (url === null ? undefined : { name, location: parseLocation(url) });
    if (!address) return false;
    const shard = this.#shardAt(address);
    try {
      await shard.open();
      return true;
    } catch {
      return false;
    } finally {
      await shard.close();
    }
  }

  #known(): KnownShards {
    const { directory } = this;
    return {
      incarnationOf: (name) => directory.incarnationOf(name),
      record: (name, from, to) => directory.recordIncarnation(name, from, to),
      isLost: (name, incarnation) => directory.isLost(name, incarnation),
      refused: (name, error) => {
        if (error) this.#refused.set(name, error);
        else this.#refused.delete(name);
        this.observer.shardRefused(name, error);
      },
    };
  }

  async #keepOpening(shard: Shard): Promise<void> {
    while (!this.#stopped) {
      await this.surroundings.sleep(RETRY_PAUSE_MS);
      if (this.#isStopped() || !this.#openShards.includes(shard)) return;
      try {
        await shard.open();
        if (this.#openShards.includes(shard)) this.options.observer.shardState(shard.name, true);
        else await shard.close();
        return;
      } catch (error) {
        this.#shardFailed(shard, error);
      }
    }
  }

  #isStopped(): boolean {
    return this.#stopped;
  }

  #shardFailed(shard: Shard, error: unknown): void {
    this.options.observer.shardState(shard.name, false);
    if (error instanceof DatabaseRefusedError) {
      this.#refused.set(shard.name, error);
      this.observer.shardRefused(shard.name, error);
    } else this.options.observer.deferred(`opening shard ${shard.name}`, error);
  }

  async #describeAccount(accountId: string) {
    // A reading that is under way may have missed a status of which the rows that stand have been told since.
    const account = await this.accounts.read(accountId);
    if (!account) throw new RangeError(`rows of an account that the directory does not know: ${accountId}`);
    const { status, statusVersion, placement } = account;
    return { epoch: placement.epoch, accountStatus: status, accountStatusVersion: statusVersion };
  }
}

function notLost(name: string, why: string): DatabaseRefusedError {
  return new DatabaseRefusedError(
    'SHARD_NOT_LOST',
    `HOTSPLIT_LOST_SHARDS gives shard "${name}" up, but ${why}`,
  );
}
