import { isAbsolute, relative, resolve } from 'node:path';
import { type Location, parseLocation } from './shard-address';

/**
 * Where a shard is that the directory lists. A SQLite file stands there by its place in the data folder: so the folder can be
 * moved, and a copy of it uses its own files and never those that it was copied from.
 *
 * @param dataDir the data folder; without one, files are where their URLs say
 * @throws RangeError for a file outside the data folder, naming both
 */
export function registeredLocation(url: string, dataDir: string | undefined): Location {
  const location = parseLocation(url);
  if (location.kind !== 'sqlite' || dataDir === undefined) return location;
  const path = resolve(dataDir, location.path);
  if (isOutside(path, resolve(dataDir)))
    throw new RangeError(
      `the directory has it at ${path}, which is not in the data folder ${resolve(dataDir)}: the file of another folder is not ` +
        'written to. If the file is where it belongs, name all shards in HOTSPLIT_SHARDS, the first one first',
    );
  return { kind: 'sqlite', path };
}

/** Whether a path, both without links, is neither in a folder nor below it. */
export function isOutside(path: string, folder: string): boolean {
  const below = relative(folder, path);
  return below === '' || below.startsWith('..') || isAbsolute(below);
}
