import { resolve } from 'node:path';
import type { SchemaPart } from '../shards/database';
import { type Location, type ShardAddress, withoutSecrets } from '../shards/shard-address';

/** Where an installation keeps its money, as its settings say. */
export interface Installation {
  readonly shards: readonly ShardAddress[];
  readonly directory: Location;
  readonly dataDir: string;
}

/** A database of an installation: a shard, the directory, or both. */
export interface InstallationDatabase {
  readonly id: string;
  readonly location: Location;
  readonly parts: readonly SchemaPart[];
  readonly shard: string | undefined;
}

/** Every database once: the directory mostly lives beside a shard. */
export function databasesOf({ shards, directory }: Installation): InstallationDatabase[] {
  const home = placeOf(directory);
  const withShards = shards.map(({ name, location }): InstallationDatabase => {
    const isHome = placeOf(location) === home;
    return { id: `shard-${name}`, location, parts: isHome ? ['shard', 'directory'] : ['shard'], shard: name };
  });
  if (withShards.some(({ parts }) => parts.includes('directory'))) return withShards;
  return [{ id: 'directory', location: directory, parts: ['directory'], shard: undefined }, ...withShards];
}

function placeOf(location: Location): string {
  return location.kind === 'sqlite' ? resolve(location.path) : withoutSecrets(location);
}
