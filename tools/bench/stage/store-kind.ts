export const STORE_KINDS = ['sqlite', 'mariadb-1', 'mariadb-2', 'mariadb-4', 'mysql-1', 'mysql-2'] as const;

/** What the shards of a measurement are: the product and how many of them. */
export type StoreKind = (typeof STORE_KINDS)[number];

/** Database servers that were put at the benchmark's disposal, as URLs without a database. */
export interface Servers {
  readonly mariadb: readonly string[];
  readonly mysql: readonly string[];
}

const SQLITE_SHARDS = 4;

/** More would only divide the one machine further: beyond that, shards share servers, each in a database of its own. */
const SERVERS_MAX = 2;

export function serversIn(environment: NodeJS.ProcessEnv): Servers {
  const urls = (variable: string): string[] =>
    (environment[variable] ?? '')
      .split(',')
      .map((url) => url.trim())
      .filter((url) => url !== '');
  return { mariadb: urls('HOTSPLIT_TEST_MARIADB_URLS'), mysql: urls('HOTSPLIT_TEST_MYSQL_URLS') };
}

export function shardCountOf(kind: StoreKind): number {
  return kind === 'sqlite' ? SQLITE_SHARDS : Number(kind.split('-')[1]);
}

/** How many servers a store's shards are spread over. */
export function serverCountOf(kind: StoreKind): number {
  return kind === 'sqlite' ? 0 : Math.min(SERVERS_MAX, shardCountOf(kind));
}

/** The server of each of a store's shards; `undefined` when there are too few servers. */
export function serversOf(kind: StoreKind, servers: Servers): readonly string[] | undefined {
  if (kind === 'sqlite') return [];
  const count = serverCountOf(kind);
  const urls = (kind.startsWith('mariadb') ? servers.mariadb : servers.mysql).slice(0, count);
  if (urls.length < count) return undefined;
  return Array.from({ length: shardCountOf(kind) }, (_, shard) => urls[shard % count] ?? '');
}
