import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase, mariadbUrls, type TestDatabase } from './servers';

/** Empty databases for one installation of the service, and a data folder. */
export interface ServiceSite {
  readonly folder: string;
  /** The shards' addresses, in order; the first holds the directory too. */
  readonly shards: readonly string[];
  drop(): Promise<void>;
}

export interface SiteKind {
  readonly mark: 'sqlite' | 'mariadb';
  readonly make: (shardCount: number) => Promise<ServiceSite>;
}

export const sqliteSites: SiteKind = {
  mark: 'sqlite',
  make: (shardCount) => {
    const folder = makeFolder();
    return Promise.resolve({
      folder,
      shards: Array.from({ length: shardCount }, (_, n) => `sqlite:${join(folder, `shard-${n}.sqlite`)}`),
      drop: () => {
        dropFolder(folder);
        return Promise.resolve();
      },
    });
  },
};

/** One database for each shard, on the servers in turn. */
export const mariadbSites: SiteKind = {
  mark: 'mariadb',
  make: async (shardCount) => {
    const folder = makeFolder();
    const servers = mariadbUrls();
    const databases: TestDatabase[] = [];
    for (let shard = 0; shard < shardCount; shard += 1) {
      databases.push(await createDatabase(servers[shard % servers.length] as string, `t_service_${shard}`));
    }
    return {
      folder,
      shards: databases.map(({ url }) => url),
      drop: async () => {
        await Promise.all(databases.map((database) => database.drop()));
        dropFolder(folder);
      },
    };
  },
};

/** The stores that the REST suites run on. */
export const SITES: readonly SiteKind[] = [sqliteSites, mariadbSites];

/** For what the API decides before it asks any database. */
export const ANY_SITE: readonly SiteKind[] = [sqliteSites];

function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'hotsplit-service-'));
}

function dropFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
