import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { isOutside } from '../shards/registered-location';
import { type AllowedHost, type Location, nodeHosts } from '../shards/shard-address';

/** Where databases may be that an administrator has taken in while the service runs. */
export interface ShardRules {
  readonly hosts: readonly AllowedHost[];
  readonly dataDir: string;
  /** Files are for one process: none where the directory is on a server that several instances share. */
  readonly sqlite: boolean;
}

/** What SQLite and the service keep beside a database. Taken for an empty database, a log would be overwritten. */
const BESIDE = /(-wal|-shm|-journal|\.owner)$/;

/**
 * The URL under which the directory keeps a database that may become a shard, as far as its address says; `undefined` for one
 * that may not. Nothing is connected to, and nothing made.
 */
export async function registrableUrl(location: Location, rules: ShardRules): Promise<string | undefined> {
  if (location.kind === 'sqlite') {
    const place = rules.sqlite ? await placeIn(rules.dataDir, location.path) : undefined;
    return place === undefined ? undefined : `sqlite:${place}`;
  }
  const isAllowed = nodeHosts(location.url).every((node) =>
    rules.hosts.some(({ host, port }) => host === node.host && (port === undefined || port === node.port)),
  );
  return isAllowed ? location.url : undefined;
}

/** The path from a folder to a file that is, or would be, in it or below it once every link on the way has been followed. */
async function placeIn(folder: string, path: string): Promise<string | undefined> {
  try {
    const inside = await realpath(folder);
    for (const file of [path, `${path}.owner`]) {
      if (isOutside(await resolvedPath(file), inside)) return undefined;
    }
    const resolved = await resolvedPath(path);
    return BESIDE.test(resolved) ? undefined : relative(inside, resolved);
  } catch {
    // A folder that is not there, or cannot be looked into.
    return undefined;
  }
}

async function resolvedPath(path: string): Promise<string> {
  const isThere = await lstat(path).then(
    () => true,
    () => false,
  );
  return isThere ? realpath(path) : join(await realpath(dirname(path)), basename(path));
}
