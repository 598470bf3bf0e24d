import { randomBytes } from 'node:crypto';
import { createConnection, type Connection } from 'mysql2/promise';

/**
 * The real servers that scripts/test.mjs starts for the integration tests. Each test file makes databases of its own
 * on them, so that files neither wait for nor disturb each other.
 */

/** Base URLs (`mysql://root@127.0.0.1:PORT`, no database) of the MariaDB servers, two at least. */
export function mariadbUrls(): string[] {
  return readList('HOTSPLIT_TEST_MARIADB_URLS');
}

/** Base URLs of the MySQL 9 servers; none where this machine cannot have them, and then mysqlUnavailable() says why. */
export function mysqlUrls(): string[] {
  return mysqlUnavailable() === undefined ? readList('HOTSPLIT_TEST_MYSQL_URLS') : [];
}

/** Why there is no MySQL 9 here; undefined if there is one. */
export function mysqlUnavailable(): string | undefined {
  return process.env['HOTSPLIT_TEST_MYSQL_UNAVAILABLE'];
}

/** The URL of the Redis server. Tests share it: use keys of your own. */
export function redisUrl(): string {
  return readVariable('HOTSPLIT_TEST_REDIS_URL');
}

export interface TestDatabase {
  readonly url: string;
  /** Drops the database. Close your own connections to it first. */
  drop(): Promise<void>;
}

/** Makes an empty database of a name that nobody else has on the server at `baseUrl`. */
export async function createDatabase(baseUrl: string, prefix: string): Promise<TestDatabase> {
  const name = `${prefix.replace(/\W/g, '_').slice(0, 40)}_${randomBytes(6).toString('hex')}`;
  await withConnection(baseUrl, (connection) => connection.query(`CREATE DATABASE \`${name}\``));
  const url = new URL(baseUrl);
  url.pathname = `/${name}`;
  return {
    url: url.toString(),
    async drop() {
      await withConnection(baseUrl, (connection) => connection.query(`DROP DATABASE IF EXISTS \`${name}\``));
    },
  };
}

async function withConnection(
  baseUrl: string,
  use: (connection: Connection) => Promise<unknown>,
): Promise<void> {
  const connection = await createConnection(baseUrl);
  try {
    await use(connection);
  } finally {
    await connection.end();
  }
}

function readList(variable: string): string[] {
  return readVariable(variable)
    .split(',')
    .map((url) => url.trim());
}

function readVariable(variable: string): string {
  const value = process.env[variable];
  if (value === undefined || value === '') {
    throw new Error(
      `${variable} is not set. These tests need real servers: run them through "npm test", or through ` +
        '"npm run servers -- --mariadb 2 --redis 1 -- <command>"',
    );
  }
  return value;
}
