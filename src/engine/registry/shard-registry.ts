import { type Directory, DirectoryUnavailableError } from '../../shards/directory/directory';
import { DatabaseRefusedError } from '../../shards/faults';
import type { Shard } from '../../shards/shard';
import { registeredLocation } from '../../shards/registered-location';
import type { Location, ShardAddress } from '../../shards/shard-address';
import type { EngineObserver } from '../observer';
import { type LaneEnvironment } from '../shard-lanes';
import { ShardSet } from '../shard-set';
import { OpenShards, type OpenShardsParts } from './open-shards';
import { ShardLooks } from './shard-looks';

/** A shard that is to begin anew, and the incarnation of the database that it begins anew without. */
export interface LostShard {
  readonly name: string;
  readonly incarnation: string;
}

export interface ShardRegistryParts extends OpenShardsParts {
  readonly configured: readonly ShardAddress[];
  readonly lost: readonly LostShard[];
  /** Where files are that were registered while the installation ran. */
  readonly dataDir: string | undefined;
  /** Where the directory is. */
  readonly location: Location;
  readonly lanes: LaneEnvironment;
}

/**
 * The shards of this installation: those that are configured, and those that the directory lists because they were registered
 * while the installation ran, here or by another instance.
 */
export class ShardRegistry {
  /** Those that requests may be routed to. */
  readonly shards: ShardSet;
  readonly #open: OpenShards;
  readonly #looks: ShardLooks;
  readonly #directory: Directory;
  readonly #observer: EngineObserver;
  #isServing = false;

  constructor(private readonly parts: ShardRegistryParts) {
    this.#directory = parts.directory;
    this.#observer = parts.observer;
    this.#open = new OpenShards(parts);
    const shards = parts.configured.map((address) => this.#open.at(address));
    for (const shard of shards) this.#open.keep(shard);
    this.shards = new ShardSet(shards, parts.lanes);
    this.#looks = new ShardLooks(() => this.#discover(), parts.surroundings);
    this.shards.discoverWith((areMissing) => this.#looks.find(areMissing));
  }

  /** Why the databases of shards are refused, by the shards' names. */
  get refused(): ReadonlyMap<string, DatabaseRefusedError> {
    return this.#open.refused;
  }

  /**
   * Opens all shards; the directory is open already. A shard that does not answer is tried again in the background.
   *
   * @throws DatabaseRefusedError when a configured database is not the shard it is configured as
   */
  async start(): Promise<void> {
    await this.#directory.registerShards(this.shards.names);
    for (const lost of this.parts.lost) await this.#beginAnew(lost);
    await this.#open.openAll();
    await this.discover();
    this.#isServing = true;
  }

  /** Shards that could not be opened yet stay so; the others serve on. */
  stopOpening(): void {
    this.#open.stopOpening();
  }

  /** Ends every connection. Nothing may be submitted any more. */
  async close(): Promise<void> {
    this.shards.stop();
    await this.#open.close();
  }

  /**
   * Takes a database in as a new shard: migrated, identified, and written down for every instance to connect to.
   *
   * @param url a file's path is relative to the data folder
   *
   * Rejects with `ShardUnavailableError` or `DirectoryUnavailableError` when one of them does not answer, and with
   * `DatabaseRefusedError` when the database is another shard already.
   *
   * @returns false when there is a shard of this name
   */
  async register(name: string, url: string): Promise<boolean> {
    if (await this.#find(name)) return false;
    const shard = this.#open.at({ name, location: registeredLocation(url, this.parts.dataDir) });
    try {
      await shard.open();
    } catch (error) {
      await shard.close();
      throw error;
    }
    if (!(await this.#directory.registerShard(name, url))) {
      await shard.close();
      return false;
    }
    this.#open.keep(shard);
    this.shards.add(shard);
    this.#observer.shardState(name, true);
    return true;
  }

  /**
   * Removes a registered shard that no account was ever placed on, for every instance. Its database stays as it is.
   *
   * Rejects with `DirectoryUnavailableError`.
   */
  async remove(name: string): Promise<'removed' | 'unknown' | 'configured' | 'used'> {
    const found = await this.#find(name);
    if (!found) return 'unknown';
    if (found.url === null || this.#isConfigured(name)) return 'configured';
    if (!(await this.#directory.beginShardRemoval(name))) return 'unknown';
    if (await this.#directory.isShardUsed(name)) {
      await this.#directory.giveUpShardRemoval(name);
      return 'used';
    }
    if (!(await this.#directory.finishShardRemoval(name))) {
      // Another caller was removing the shard as well, and was done first.
      if (!(await this.#find(name))) return 'unknown';
      throw new DirectoryUnavailableError('the accounts could not be gone through in time');
    }
    await this.discover();
    return 'removed';
  }

  /** Connects to shards that were registered before this call, here or by another instance, and lets go of removed ones. */
  discover(): Promise<void> {
    return this.#looks.look();
  }

  async #discover(): Promise<void> {
    // Before the list is read: a shard that is registered meanwhile is not in it.
    const known = [...this.shards.names, ...this.refused.keys()];
    const listed = await this.#directory.listShards();
    const names = new Set(listed.map(({ name }) => name));
    await this.#letGo(known.filter((name) => !names.has(name)));
    for (const { name, url } of listed) {
      if (url === null || this.shards.has(name)) continue;
      const shard = this.#registered(name, url);
      if (!shard) continue;
      this.#open.keep(shard);
      // Opened before anything is sent there: a request that came too early would find the shard closed and take it for dead.
      if (this.#isServing) await this.#open.openWhileServing(shard);
      else await this.#open.open(shard);
      this.shards.add(shard);
    }
  }

  /** Shards are removed from the directory only before anything was placed on them: nothing is under way there. */
  async #letGo(names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (this.#isConfigured(name)) continue;
      const shard = this.shards.remove(name);
      this.#open.refuse(name, undefined);
      this.#observer.shardState(name, true);
      if (shard) await this.#open.letGo(shard);
    }
  }

  /**
   * The shard at an address that the directory has. One that this instance cannot use ends nothing: the address was written
   * down elsewhere, perhaps by an older build, and this instance's other shards are as good as before.
   */
  #registered(name: string, url: string): Shard | undefined {
    try {
      const location = registeredLocation(url, this.parts.dataDir);
      if (location.kind === 'sqlite' && this.parts.location.kind !== 'sqlite')
        throw new RangeError('a file is no shard of an installation of several instances');
      return this.#open.at({ name, location });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.#open.refuse(
        name,
        new DatabaseRefusedError('SHARD_UNUSABLE', `shard "${name}": ${detail}`, { cause: error }),
      );
      return undefined;
    }
  }

  /**
   * Done once: a database found later under the shard's name has another incarnation.
   *
   * @throws DatabaseRefusedError `SHARD_NOT_LOST`
   */
  async #beginAnew({ name, incarnation }: LostShard): Promise<void> {
    const known = await this.#directory.incarnationOf(name);
    if (known !== incarnation) {
      if (known !== undefined && (await this.#directory.isLost(name, incarnation))) return;
      throw notLost(name, `the directory knows no database ${incarnation} of it`);
    }
    if (await this.#answers(name)) throw notLost(name, 'its database answers');
    await this.#directory.declareLost(name, incarnation);
    this.#observer.shardBegunAnew(name, incarnation);
  }

  async #answers(name: string): Promise<boolean> {
    const url = (await this.#find(name))?.url ?? null;
    const configured = this.parts.configured.find((address) => address.name === name);
    const address =
      configured ??
      (url === null ? undefined : { name, location: registeredLocation(url, this.parts.dataDir) });
    if (!address) return false;
    const shard = this.#open.at(address);
    try {
      await shard.open();
      return true;
    } catch {
      return false;
    } finally {
      await shard.close();
    }
  }

  #isConfigured(name: string): boolean {
    return this.parts.configured.some((configured) => configured.name === name);
  }

  async #find(name: string): Promise<{ name: string; url: string | null } | undefined> {
    return (await this.#directory.listShards()).find((shard) => shard.name === name);
  }
}

function notLost(name: string, why: string): DatabaseRefusedError {
  return new DatabaseRefusedError(
    'SHARD_NOT_LOST',
    `HOTSPLIT_LOST_SHARDS gives shard "${name}" up, but ${why}`,
  );
}
