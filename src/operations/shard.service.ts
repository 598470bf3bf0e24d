import { stat } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { Injectable } from '@nestjs/common';
import { EngineRuntime } from '../engine/runtime';
import { Health } from '../platform/health';
import { Settings } from '../platform/settings';
import { DirectoryUnavailableError } from '../shards/directory/directory';
import { DatabaseRefusedError, ShardFault, ShardUnavailableError } from '../shards/faults';
import { parseLocation, withoutSecrets } from '../shards/shard-address';

export interface ListedShard {
  readonly name: string;
  readonly status: 'up' | 'down';
  /** Without credentials. Unknown of one that another instance registered while the directory is away. */
  readonly address: string | undefined;
}

export type ShardRegistration =
  | { readonly kind: 'registered'; readonly shard: ListedShard }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'nameTaken' }
  /** The database answers, or its file is there, and it cannot be a new shard. */
  | { readonly kind: 'refused'; readonly detail: string }
  | { readonly kind: 'unreachable'; readonly detail: string };

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
    await this.runtime.discoverShards().catch(() => undefined);
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
   * Takes a database in as a new shard, usable at once.
   *
   * Rejects with `DirectoryUnavailableError` when it could not be written down.
   */
  async register(name: string, url: string): Promise<ShardRegistration> {
    const address = registrable(url) ? addressOf(url) : undefined;
    if (address === undefined) return { kind: 'malformed' };
    if (this.settings.workers > 1 && url.startsWith(SQLITE))
      return {
        kind: 'refused',
        detail: 'One process owns a SQLite file, and this service runs as several workers.',
      };
    if (!(await hasFolder(url))) return { kind: 'refused', detail: 'The folder of the file does not exist.' };
    try {
      return (await this.runtime.registerShard(name, url))
        ? { kind: 'registered', shard: { name, status: 'up', address } }
        : { kind: 'nameTaken' };
    } catch (error) {
      if (error instanceof DirectoryUnavailableError) throw error;
      if (error instanceof DatabaseRefusedError) return { kind: 'refused', detail: error.message };
      const code = driverCode(error);
      if (code === undefined) throw error;
      this.runtime.observer.deferred(`registering shard ${name}`, error);
      // A server that answers and has no such database is not away.
      return error instanceof ShardUnavailableError && code !== 'ER_BAD_DB_ERROR'
        ? { kind: 'unreachable', detail: `The database cannot be reached (${code}).` }
        : { kind: 'refused', detail: `The database cannot be opened (${code}).` };
    }
  }

  #addresses(registered: readonly { name: string; url: string | null }[]): Map<string, string> {
    return new Map([
      ...this.settings.shardAddresses.map(({ name, location }) => [name, withoutSecrets(location)] as const),
      ...registered.flatMap(({ name, url }) => (url === null ? [] : [[name, addressOf(url) ?? ''] as const])),
    ]);
  }
}

/** The directory keeps the URL for ever, so it must not depend on where a process is started. */
function registrable(url: string): boolean {
  return !url.startsWith(SQLITE) || isAbsolute(url.slice(SQLITE.length));
}

/** A folder that a slip of the pen names is not made; and making one on some file systems never ends. */
async function hasFolder(url: string): Promise<boolean> {
  if (!url.startsWith(SQLITE)) return true;
  const folder = await stat(dirname(url.slice(SQLITE.length))).catch(() => undefined);
  return folder?.isDirectory() === true;
}

const SQLITE = 'sqlite:';

/** A URL without its credentials. @returns undefined for what is none */
function addressOf(url: string): string | undefined {
  if (!url.isWellFormed() || CONTROL_CHARACTER.test(url)) return undefined;
  try {
    return withoutSecrets(parseLocation(url));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

// eslint-disable-next-line no-control-regex -- a path or a URL has none, and what reads it might stop at one
const CONTROL_CHARACTER = /[\0-\x1f\x7f]/;

/** The code of the operating system's or the driver's error behind a fault: it says what is wrong and quotes nothing. */
function driverCode(fault: unknown): string | undefined {
  let error = fault;
  while (error instanceof ShardFault || error instanceof ShardUnavailableError) error = error.cause;
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(code) ? code : undefined;
}
