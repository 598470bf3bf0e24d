export const STORE_KINDS = ['sqlite', 'mariadb-1', 'mariadb-2', 'mysql-1', 'mysql-2'] as const;

/** What the shards of a measurement are: the product and how many of them. */
export type StoreKind = (typeof STORE_KINDS)[number];

/** Database servers that were put at the benchmark's disposal, as URLs without a database. */
export interface Servers {
  readonly mariadb: readonly string[];
  readonly mysql: readonly string[];
}

const SQLITE_SHARDS = 4;

export function serversIn(environment: NodeJS.ProcessEnv): Servers {
  const urls = (variable: string): string[] =>
    (environment[variable] ?? '')
      .split(',')
      .map((url) => url.trim())
      .filter((url) => url !== '');
  return { mariadb: urls('HOTSPLIT_TEST_MARIADB_URLS'), mysql: urls('HOTSPLIT_TEST_MYSQL_URLS') };
}

export function shardCountOf(kind: StoreKind): number {
  if (kind === 'sqlite') return SQLITE_SHARDS;
  return kind.endsWith('-1') ? 1 : 2;
}

/** The servers that a store's shards live on, one each; `undefined` when there are too few of them. */
export function serversOf(kind: StoreKind, servers: Servers): readonly string[] | undefined {
  if (kind === 'sqlite') return [];
  const urls = kind.startsWith('mariadb') ? servers.mariadb : servers.mysql;
  const count = shardCountOf(kind);
  return urls.length < count ? undefined : urls.slice(0, count);
}
