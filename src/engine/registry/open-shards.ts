import type { Directory } from '../../shards/directory/directory';
import { DatabaseRefusedError, type NoteFault } from '../../shards/faults';
import type { Databases, ShardOptions } from '../../shards/open-database';
import type { OpenPools } from '../../shards/open-pools';
import type { DeductionSettings } from '../../shards/run-deduction';
import type { Shard } from '../../shards/shard';
import type { ShardAddress } from '../../shards/shard-address';
import type { KnownShards } from '../../shards/shard-identity';
import type { Surroundings } from '../../shards/surroundings';
import type { EngineObserver } from '../observer';

const RETRY_PAUSE_MS = 1_000;

export interface OpenShardsParts extends Pick<ShardOptions, 'describeAccount' | 'parallelism'> {
  readonly deductionSettings: DeductionSettings;
  readonly keepsFeed: boolean;
  readonly openPools: OpenPools;
  readonly directory: Directory;
  readonly databases: Databases;
  readonly observer: EngineObserver;
  readonly noteFault: NoteFault;
  readonly surroundings: Surroundings;
}

/**
 * The connections to shards. A shard that does not answer is tried again in the background until it does, so that the others
 * serve meanwhile; a database that is not the shard it should be is refused by name.
 */
export class OpenShards {
  readonly #shards: Shard[] = [];
  readonly #refused = new Map<string, DatabaseRefusedError>();
  #isStopped = false;

  constructor(private readonly parts: OpenShardsParts) {}

  /** Why the databases of shards are refused, by the shards' names. */
  get refused(): ReadonlyMap<string, DatabaseRefusedError> {
    return this.#refused;
  }

  /** The shard at an address; not connected, and none of these connections yet. */
  at(address: ShardAddress): Shard {
    const { databases, directory, noteFault, describeAccount, parallelism, surroundings } = this.parts;
    return databases.shardAt(address, {
      describeAccount,
      parallelism,
      surroundings,
      deductionSettings: this.parts.deductionSettings,
      keepsFeed: this.parts.keepsFeed,
      openPools: this.parts.openPools,
      clusterId: () => directory.clusterId(),
      known: this.#known(),
      noteFault,
    });
  }

  /** From now on the shard is closed with the others. */
  keep(shard: Shard): void {
    this.#shards.push(shard);
  }

  /**
   * Opens a shard. One that does not answer, or does not let the user in, is tried again in the background.
   *
   * @throws DatabaseRefusedError when its database is not the shard
   */
  async open(shard: Shard): Promise<void> {
    try {
      await shard.open();
      this.parts.observer.shardState(shard.name, true);
    } catch (error) {
      if (error instanceof DatabaseRefusedError && error.code !== 'DATABASE_ACCESS_DENIED') throw error;
      this.#failed(shard, error);
      void this.#keepOpening(shard);
    }
  }

  /** The same while the others serve already: a refused database ends nothing, and may be mended. */
  async openWhileServing(shard: Shard): Promise<void> {
    try {
      await this.open(shard);
    } catch (error) {
      this.#failed(shard, error);
      void this.#keepOpening(shard);
    }
  }

  /** Opens all that are kept, each to its end: what is closed in the middle of its migration reports errors that are none. */
  async openAll(): Promise<void> {
    const opened = await Promise.allSettled(this.#shards.map((shard) => this.open(shard)));
    for (const each of opened) if (each.status === 'rejected') throw each.reason;
  }

  /** Nothing may be sent to the shard any more. */
  async letGo(shard: Shard): Promise<void> {
    this.#shards.splice(this.#shards.indexOf(shard), 1);
    await shard.close();
  }

  refuse(name: string, error: DatabaseRefusedError | undefined): void {
    if (error) this.#refused.set(name, error);
    else this.#refused.delete(name);
    this.parts.observer.shardRefused(name, error);
  }

  /** Shards that could not be opened yet stay so. */
  stopOpening(): void {
    this.#isStopped = true;
  }

  /** Ends every connection, all of them even where one rejects. */
  async close(): Promise<void> {
    this.stopOpening();
    const closed = await Promise.allSettled(this.#shards.map((shard) => shard.close()));
    for (const each of closed) if (each.status === 'rejected') throw each.reason;
  }

  #known(): KnownShards {
    const { directory } = this.parts;
    return {
      incarnationOf: (name) => directory.incarnationOf(name),
      record: (name, from, to) => directory.recordIncarnation(name, from, to),
      isLost: (name, incarnation) => directory.isLost(name, incarnation),
      refused: (name, error) => {
        this.refuse(name, error);
      },
    };
  }

  async #keepOpening(shard: Shard): Promise<void> {
    for (;;) {
      await this.parts.surroundings.sleep(RETRY_PAUSE_MS);
      if (this.#isStopped || !this.#shards.includes(shard)) return;
      try {
        await shard.open();
        if (this.#shards.includes(shard)) this.parts.observer.shardState(shard.name, true);
        else await shard.close();
        return;
      } catch (error) {
        this.#failed(shard, error);
      }
    }
  }

  #failed(shard: Shard, error: unknown): void {
    const { observer } = this.parts;
    observer.shardState(shard.name, false);
    if (error instanceof DatabaseRefusedError) this.refuse(shard.name, error);
    else observer.deferred(`opening shard ${shard.name}`, error);
  }
}
