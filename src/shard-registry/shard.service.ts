import { isAbsolute } from 'node:path';
import { Injectable } from '@nestjs/common';
import { EngineRuntime } from '../engine/runtime';
import { type DatabaseState, Health } from '../health/health';
import { Settings } from '../platform/settings';
import { DirectoryUnavailableError } from '../shards/directory/directory';
import { DatabaseRefusedError, ShardFault, ShardUnavailableError } from '../shards/faults';
import { registeredLocation } from '../shards/registered-location';
import { type Location, parseLocation, withoutSecrets } from '../shards/shard-address';
import { registrableUrl, type ShardRules } from './registrable-shard';

export interface ListedShard {
  readonly name: string;
  readonly status: DatabaseState;
  /** Without credentials. Unknown of one that another instance registered while the directory is away. */
  readonly address: string | undefined;
}

export type ShardRegistration =
  | { readonly kind: 'registered'; readonly shard: ListedShard }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'nameTaken' }
  /** Why is in the log only: told to the caller, it would tell closed ports from filtered ones, and what is in files. */
  | { readonly kind: 'refused' };

export type ShardRemoval = Awaited<ReturnType<EngineRuntime['registry']['remove']>>;

/**
 * How long a database on the network is refused at least: longer than it takes to give a silent host up, so that the time
 * tells no more than the answer.
 */
const REFUSAL_MS_MIN = 4_000;

/** The installation's shards: a list with their health, and new ones. No URL leaves with its credentials. */
@Injectable()
export class ShardService {
  constructor(
    private readonly runtime: EngineRuntime,
    private readonly settings: Settings,
    private readonly health: Health,
  ) {}

  /** Those known to this instance, and those that the directory knows if it can be asked. */
  async list(): Promise<ListedShard[]> {
    const registered = await this.runtime.directory.listShards().catch(() => []);
    await this.runtime.registry.discover().catch(() => undefined);
    const states = await this.health.shards();
    const addresses = this.#addresses(registered);
    const names = new Set([...Object.keys(states), ...registered.map(({ name }) => name)]);
    return [...names].map((name) => ({
      name,
      status: states[name] ?? 'down',
      address: addresses.get(name),
    }));
  }

  /**
   * Takes a database in as a new shard, usable at once, if it is where the settings allow.
   *
   * Rejects with `DirectoryUnavailableError` when it could not be written down.
   */
  async register(name: string, url: string): Promise<ShardRegistration> {
    const location = registrable(url) ? locationOf(url) : undefined;
    if (location === undefined) return { kind: 'malformed' };
    const { surroundings, observer } = this.runtime;
    const beganAt = surroundings.now();
    try {
      const kept = await registrableUrl(location, this.#rules());
      if (kept === undefined)
        throw new DatabaseRefusedError(
          'SHARD_UNUSABLE',
          `${withoutSecrets(location)} is not where shards may be`,
        );
      return (await this.runtime.registry.register(name, kept))
        ? { kind: 'registered', shard: { name, status: 'up', address: withoutSecrets(location) } }
        : { kind: 'nameTaken' };
    } catch (error) {
      if (error instanceof DirectoryUnavailableError || !isOfDatabase(error)) throw error;
      observer.shardNotAdded(name, error);
      if (location.kind === 'mysql')
        await surroundings.sleep(Math.max(0, beganAt + REFUSAL_MS_MIN - surroundings.now()));
      return { kind: 'refused' };
    }
  }

  /** Rejects with `DirectoryUnavailableError`. */
  remove(name: string): Promise<ShardRemoval> {
    return this.runtime.registry.remove(name);
  }

  #rules(): ShardRules {
    const { shardHosts, dataDir, directoryLocation, workers } = this.settings;
    return { hosts: shardHosts, dataDir, sqlite: directoryLocation.kind === 'sqlite' && workers === 1 };
  }

  #addresses(registered: readonly { name: string; url: string | null }[]): Map<string, string> {
    return new Map([
      ...registered.flatMap(({ name, url }) => {
        const location =
          url === null ? undefined : unlessMalformed(() => registeredLocation(url, this.settings.dataDir));
        return location ? [[name, withoutSecrets(location)] as const] : [];
      }),
      // What is configured is used, whatever the directory has.
      ...this.settings.shardAddresses.map(({ name, location }) => [name, withoutSecrets(location)] as const),
    ]);
  }
}

/** A path must not depend on where a process is started. */
function registrable(url: string): boolean {
  return !url.startsWith(SQLITE) || isAbsolute(url.slice(SQLITE.length));
}

const SQLITE = 'sqlite:';

function locationOf(url: string): Location | undefined {
  return url.isWellFormed() && !CONTROL_CHARACTER.test(url)
    ? unlessMalformed(() => parseLocation(url))
    : undefined;
}

function unlessMalformed(read: () => Location): Location | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

// eslint-disable-next-line no-control-regex -- a path or a URL has none, and what reads it might stop at one
const CONTROL_CHARACTER = /[\0-\x1f\x7f]/;

/** Whether an error is about the database or its files, and no defect of the service. */
function isOfDatabase(error: unknown): boolean {
  if (error instanceof DatabaseRefusedError || error instanceof ShardUnavailableError) return true;
  if (error instanceof ShardFault) return error.verdict !== 'defect';
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(code);
}
