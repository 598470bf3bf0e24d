import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
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

/** Whether a database may become a shard, as far as its address says. Nothing is connected to, and nothing made. */
export async function isAllowed(location: Location, rules: ShardRules): Promise<boolean> {
  if (location.kind === 'sqlite') return rules.sqlite && (await isInside(location.path, rules.dataDir));
  return nodeHosts(location.url).every((node) =>
    rules.hosts.some(({ host, port }) => host === node.host && (port === undefined || port === node.port)),
  );
}

/** Whether a file is, or would be, in a folder or below it once every link on the way has been followed. */
async function isInside(path: string, folder: string): Promise<boolean> {
  try {
    const inside = await realpath(folder);
    for (const file of [path, `${path}.owner`]) {
      const resolved = await resolvedPath(file);
      const below = relative(inside, resolved);
      if (below === '' || below.startsWith('..') || isAbsolute(below)) return false;
    }
    return !BESIDE.test(await resolvedPath(path));
  } catch {
    // A folder that is not there, or cannot be looked into.
    return false;
  }
}

async function resolvedPath(path: string): Promise<string> {
  const isThere = await lstat(path).then(
    () => true,
    () => false,
  );
  return isThere ? realpath(path) : join(await realpath(dirname(path)), basename(path));
}
