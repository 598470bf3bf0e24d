import { Directory } from '../shards/directory/directory';
import { DatabaseRefusedError } from '../shards/faults';
import { directoryDatabaseAt, shardAt } from '../shards/open-database';
import { REAL_SURROUNDINGS, type Surroundings } from '../shards/run-batch';
import type { Shard } from '../shards/shard';
import type { Location, ShardAddress } from '../shards/shard-address';
import { ACCOUNT_CACHE_SETTINGS, AccountCache } from './account-cache';
import { CREDIT_LIMIT_SETTINGS, CreditLimit } from './credit-limit';
import { Engine } from './engine';
import { assertLaneSettings, type LaneSettings } from './lane-settings';
import type { EngineObserver } from './observer';
import { ShardSet } from './shard-set';
import { RECOVERY_SETTINGS, Transfers } from './transfers';

export interface RuntimeOptions {
  readonly shards: readonly ShardAddress[];
  readonly directory: Location;
  readonly lanesPerShard: number;
  readonly laneSettings: LaneSettings;
  readonly observer: EngineObserver;
  readonly surroundings?: Surroundings;
  /** How long the directory is waited for at start. */
  readonly startMsMax: number;
}

const RETRY_PAUSE_MS = 1_000;

/**
 * Everything that stands behind the doors: directory, shards, lanes, engine and recovery, wired together. The service,
 * the benchmarks and the tests all run this one.
 */
export class EngineRuntime {
  readonly directory: Directory;
  readonly accounts: AccountCache;
  readonly shards: ShardSet;
  readonly transfers: Transfers;
  readonly engine: Engine;
  readonly #surroundings: Surroundings;
  readonly #openShards: Shard[];
  #stopped = false;

  readonly observer: EngineObserver;

  constructor(private readonly options: RuntimeOptions) {
    this.observer = options.observer;
    assertLaneSettings(options.laneSettings);
    const { observer, surroundings = REAL_SURROUNDINGS } = options;
    const now = (): number => surroundings.now();
    this.#surroundings = surroundings;
    this.directory = new Directory(directoryDatabaseAt(options.directory));
    this.accounts = new AccountCache(this.directory, ACCOUNT_CACHE_SETTINGS, now);
    this.#openShards = options.shards.map((address) =>
      shardAt(address, {
        clusterId: () => this.directory.clusterId(),
        describeAccount: (accountId) => this.#describeAccount(accountId),
        parallelism: options.lanesPerShard,
        surroundings,
      }),
    );
    this.shards = new ShardSet(this.#openShards, {
      settings: options.laneSettings,
      observer,
      now,
      turn: () => surroundings.turn(),
    });
    this.transfers = new Transfers(this.shards, observer, RECOVERY_SETTINGS);
    this.engine = new Engine({
      shards: this.shards,
      accounts: this.accounts,
      transfers: this.transfers,
      creditLimit: new CreditLimit(CREDIT_LIMIT_SETTINGS, now),
      observer,
      sleep: (ms) => surroundings.sleep(ms),
    });
  }

  /**
   * Opens directory and shards. The directory is waited for; a shard that does not answer is tried again in the
   * background while the others serve.
   *
   * @throws DatabaseRefusedError when a database is not what it is configured as
   */
  async start(): Promise<void> {
    await this.#openDirectory();
    await this.directory.registerShards(this.shards.names);
    await Promise.all(this.#openShards.map((shard) => this.#openShard(shard)));
    this.transfers.startRecovery();
  }

  /** Drains the lanes and ends every connection. Nothing may be submitted any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.transfers.stopRecovery();
    await this.engine.whenIdle();
    for (const shard of this.#openShards) await shard.close();
    await this.directory.close();
  }

  async #openDirectory(): Promise<void> {
    const deadline = this.#surroundings.now() + this.options.startMsMax;
    for (;;) {
      try {
        await this.directory.open();
        return;
      } catch (error) {
        if (error instanceof DatabaseRefusedError || this.#surroundings.now() > deadline) throw error;
        this.options.observer.deferred('opening the directory', error);
        await this.#surroundings.sleep(RETRY_PAUSE_MS);
      }
    }
  }

  async #openShard(shard: Shard): Promise<void> {
    try {
      await shard.open();
      this.options.observer.shardState(shard.name, true);
    } catch (error) {
      if (error instanceof DatabaseRefusedError) throw error;
      this.#shardFailed(shard, error);
      void this.#keepOpening(shard);
    }
  }

  async #keepOpening(shard: Shard): Promise<void> {
    while (!this.#stopped) {
      await this.#surroundings.sleep(RETRY_PAUSE_MS);
      if (this.#isStopped()) return;
      try {
        await shard.open();
        this.options.observer.shardState(shard.name, true);
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
    this.options.observer.deferred(`opening shard ${shard.name}`, error);
  }

  async #describeAccount(accountId: string) {
    const account = await this.accounts.read(accountId);
    if (!account) throw new RangeError(`rows of an account that the directory does not know: ${accountId}`);
    const { status, statusVersion, placement } = account;
    return { epoch: placement.epoch, accountStatus: status, accountStatusVersion: statusVersion };
  }
}
