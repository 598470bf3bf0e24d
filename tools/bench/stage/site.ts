import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import type { Location, ShardAddress } from '../../../src/shards/shard-address';
import { RefusedRun } from '../refused-run';
import type { Cleanups } from '../../kernel/cleanups';
import { serverCountOf, serversOf, type Servers, shardCountOf, type StoreKind } from './store-kind';

/** Fresh, empty databases for one account to be measured on. The directory lives beside the first shard. */
export interface Site {
  readonly kind: string;
  readonly shards: readonly ShardAddress[];
  /** Drops the databases; nothing may be connected to them any more. */
  drop(): Promise<void>;
}

const STATEMENT_MS_MAX = 60_000;
const TMPFS_MAGIC = 0x0102_1994;
let sitesMade = 0;

/** @throws RefusedRun when the store needs servers that are not there */
export async function createSite(kind: StoreKind, servers: Servers, cleanups: Cleanups): Promise<Site> {
  const urls = serversOf(kind, servers);
  if (!urls) throw new RefusedRun(`${kind} needs ${serverCountOf(kind)} servers; see docs/benchmarks.md`);
  return kind === 'sqlite' ? createSqliteSite(cleanups) : createMysqlSite(kind, urls, cleanups);
}

export function directoryOf(site: Site): Location {
  const [first] = site.shards;
  if (!first) throw new RangeError('a site has at least one shard');
  return first.location;
}

/** The location as `HOTSPLIT_SHARDS` writes it. */
export function addressText({ name, location }: ShardAddress): string {
  return `${name}=${location.kind === 'sqlite' ? `sqlite:${location.path}` : location.url}`;
}

function createSqliteSite(cleanups: Cleanups): Site {
  const folder = mkdtempSync(join(folderOnDisk(), 'hotsplit-bench-'));
  return {
    kind: 'sqlite',
    shards: Array.from({ length: shardCountOf('sqlite') }, (_, n) => ({
      name: `s${n}`,
      location: { kind: 'sqlite', path: join(folder, `shard-${n}.sqlite`) },
    })),
    drop: cleanups.add(() => {
      rmSync(folder, { recursive: true, force: true });
    }),
  };
}

/** A commit into a folder that lives in memory costs nothing and measures nothing. */
function folderOnDisk(): string {
  const folders = [process.env['HOTSPLIT_BENCH_DIR'], tmpdir(), process.cwd()].filter(
    (path) => path !== undefined,
  );
  const onDisk = folders.find((folder) => statfsSync(folder).type !== TMPFS_MAGIC);
  if (onDisk === undefined)
    throw new Error('no folder on a disk was found for the SQLite files: set HOTSPLIT_BENCH_DIR');
  return onDisk;
}

/** @param urls of the server for each shard; one server may hold several, each in a database of its own */
export async function createMysqlSite(
  kind: string,
  urls: readonly string[],
  cleanups: Cleanups,
): Promise<Site> {
  sitesMade += 1;
  const databases = urls.map((url, n) => ({ url, name: `hotsplit_bench_${process.pid}_${sitesMade}_s${n}` }));
  const onEach = async (statement: string): Promise<void> => {
    await Promise.all(databases.map(({ url, name }) => runOnce(url, `${statement} ${name}`)));
  };
  const drop = cleanups.add(() => onEach('DROP DATABASE IF EXISTS'));
  await onEach('CREATE DATABASE');
  return {
    kind,
    shards: databases.map(({ url, name }, n) => ({
      name: `s${n}`,
      location: { kind: 'mysql', url: `${url}/${name}` },
    })),
    drop,
  };
}

async function runOnce(url: string, statement: string): Promise<void> {
  const connection = await createConnection({ uri: url, connectTimeout: 5_000 });
  try {
    await connection.query({ sql: statement, timeout: STATEMENT_MS_MAX });
  } finally {
    await connection.end();
  }
}
