import { DatabaseRefusedError } from '../faults';
import { exact, type SchemaPart } from '../database';
import { backupLock } from './backup-lock';
import { checkPrivileges } from './check-privileges';
import { checkSchema } from './check-schema';
import type { MysqlPool, RawResult } from './mysql-pool';
import { checkTables } from './mysql-tables';
import { texts } from './raw-result';

const LOCK_SECONDS_MAX = 60;

/**
 * Brings the schema up to date under a lock that every instance starting on this database respects; it belongs to a
 * session, so an instance that dies while migrating lets go of it.
 */
export async function migrate(pool: MysqlPool, part: SchemaPart): Promise<void> {
  await pool.single(async (session) => {
    await checkVersion(pool, session);
    const lock = `CONCAT('hotsplit migrate ', LEFT(SHA2(DATABASE(), 256), 32))`;
    const got = await pool.run(session, `SELECT GET_LOCK(${lock}, 0)`);
    if (cell(got) !== 1n)
      await waitForLock(pool, session, lock, 'another instance has been migrating this database');
    try {
      const query = async (sql: string): Promise<string[][]> => texts(await pool.run(session, sql));
      await checkTables(query, part);
      if (await pool.dataSource.showMigrations()) await waitForBackup(pool, session);
      await whileAwake(pool, session, () => pool.dataSource.runMigrations());
      // First: the server shows a user who may only read no constraints, as if there were none.
      await checkPrivileges(query, part);
      await checkSchema(query, part);
    } finally {
      await pool.run(session, `SELECT RELEASE_LOCK(${lock}), RELEASE_LOCK(${backupLock()})`);
    }
  });
}

type Session = Parameters<MysqlPool['run']>[0];

const AWAKE_EVERY_MS = 3_000;

/**
 * Keeps the session that holds the lock from being ended for its silence: an index on a large table takes longer than
 * `wait_timeout`, and the lock would be gone with the session.
 */
async function whileAwake<T>(pool: MysqlPool, session: Session, run: () => Promise<T>): Promise<T> {
  const awake = setInterval(() => {
    // A session that is lost shows when the lock is released.
    pool.run(session, 'SELECT 1').catch(() => undefined);
  }, AWAKE_EVERY_MS);
  try {
    return await run();
  } finally {
    clearInterval(awake);
  }
}

/** Waits in short turns, so that each statement stays within its own deadline. */
async function waitForLock(pool: MysqlPool, session: Session, lock: string, why: string): Promise<void> {
  for (let waited = 0; waited < LOCK_SECONDS_MAX; waited += 2) {
    if (cell(await pool.run(session, `SELECT GET_LOCK(${lock}, 2)`)) === 1n) return;
  }
  throw new Error(`${why} for over ${LOCK_SECONDS_MAX} seconds`);
}

/** A backup has a transaction open on every table. Only a start that has migrations to run needs to wait for its end. */
function waitForBackup(pool: MysqlPool, session: Session): Promise<void> {
  return waitForLock(
    pool,
    session,
    backupLock(),
    'a backup of this database, which migrations wait for, has run',
  );
}

async function checkVersion(pool: MysqlPool, session: Session): Promise<void> {
  const [row] = texts(await pool.run(session, 'SELECT VERSION()'));
  const [version = ''] = row ?? [];
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const supported = /mariadb/i.test(version) ? major > 10 || (major === 10 && minor >= 6) : major >= 8;
  if (!supported) {
    throw new DatabaseRefusedError(
      'DATABASE_UNSUPPORTED',
      `the server is ${version}; MySQL 8.0 or later, or MariaDB 10.6 or later, is needed`,
    );
  }
  await checkBinaryLog(pool, session);
}

/** At READ COMMITTED InnoDB refuses to write where the binary log keeps statements. */
async function checkBinaryLog(pool: MysqlPool, session: Session): Promise<void> {
  const sql = `SHOW VARIABLES WHERE variable_name IN ('log_bin', 'binlog_format')`;
  const variables = new Map(texts(await pool.run(session, sql)).map(([name, value]) => [name, value]));
  if (variables.get('log_bin') !== 'ON' || variables.get('binlog_format') !== 'STATEMENT') return;
  throw new DatabaseRefusedError(
    'DATABASE_UNSUPPORTED',
    'the server writes its binary log with binlog_format=STATEMENT; ROW or MIXED is needed',
  );
}

function cell(result: RawResult): bigint {
  const value = (result as (string | number | null)[][])[0]?.[0];
  return value === null ? -1n : exact(value);
}
