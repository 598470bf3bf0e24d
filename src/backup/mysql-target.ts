import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import type { SchemaPart } from '../shards/database';
import { UNFINISHED_RESTORE } from '../shards/foreign-tables';
import { migrationsOf } from '../shards/migrations';
import { MysqlHosts } from '../shards/mysql/mysql-hosts';
import type { MysqlPool } from '../shards/mysql/mysql-pool';
import { BackupFault } from './backup-fault';
import type { BackedUpDatabase, TableFile } from './manifest';
import { MysqlSession, sessionPool } from './mysql-session';
import type { FillFrom, RestoreTarget } from './restore-target';

/** Made where a database is on a cluster, whatever it holds. */
const MARKS = ['writer_mark', 'writer_slot'];
const STATEMENTS_A_COMMIT = 16;

/**
 * A database on a server. Its tables are made by the migrations that the backed up database had behind it, filled, and brought
 * up to date by the service that starts on them: so a backup of an earlier version can be restored.
 */
export class MysqlTarget implements RestoreTarget {
  readonly #pool: MysqlPool;
  #session: MysqlSession | undefined;

  constructor(
    private readonly name: string,
    private readonly url: string,
    private readonly parts: readonly SchemaPart[],
  ) {
    this.#pool = sessionPool(name, new MysqlHosts(url), parts[0] ?? 'shard');
  }

  async leftIncarnations(): Promise<ReadonlySet<string>> {
    const session = await this.#open();
    const tables = await this.#tables(session);
    const isLeft = tables.includes(UNFINISHED_RESTORE) && tables.includes('shard');
    return new Set(isLeft ? await incarnationsIn(session, 'shard') : []);
  }

  async assertEmpty(left: ReadonlySet<string>): Promise<void> {
    const session = await this.#open();
    const tables = await this.#tables(session);
    if (tables.includes(UNFINISHED_RESTORE) || tables.length === 0) return;
    const isOfRestore =
      left.size > 0 &&
      tables.includes('shard_identity') &&
      (await incarnationsIn(session, 'shard_identity')).some((incarnation) => left.has(incarnation));
    if (isOfRestore) return;
    throw new BackupFault(
      'RESTORE_TARGET_NOT_EMPTY',
      `the database of ${this.name} has tables (${tables.slice(0, 3).join(', ')}, …): restore to an empty one`,
    );
  }

  async mark(): Promise<void> {
    const session = await this.#open();
    await session.run(`CREATE TABLE IF NOT EXISTS ${UNFINISHED_RESTORE} (id INT PRIMARY KEY) ENGINE=InnoDB`);
  }

  async fill({ folder, database, adapt, signal, progress }: FillFrom): Promise<void> {
    if (database.kind !== 'mysql') throw new Error('a database on a server is restored from its tables');
    const session = await this.#open();
    await this.#clear(session);
    for (const part of this.parts) await this.#migrate(part, database);
    await session.run('SET autocommit = 0');
    const total = database.tables.reduce((sum, { rows }) => sum + rows, 0);
    let before = 0;
    for (const table of database.tables) {
      await load(session, join(folder, table.path), table, (rows) => {
        signal.throwIfAborted();
        progress(before + rows, total);
      });
      before += table.rows;
    }
    for (const statement of adapt) await session.run(statement);
    await session.run('COMMIT');
    await session.run('SET autocommit = 1');
  }

  /** The tables as they were made, by the names of the migrations that had made them. */
  async #migrate(part: SchemaPart, { migrations }: BackedUpDatabase): Promise<void> {
    const behind = new Set(migrations[part]);
    const pool = sessionPool(this.name, new MysqlHosts(this.url), part);
    pool.dataSource.setOptions({ migrations: migrationsOf(part).filter(({ name }) => behind.has(name)) });
    try {
      await pool.open();
      await pool.dataSource.runMigrations();
    } finally {
      await pool.close();
    }
  }

  async finish(): Promise<void> {
    await (await this.#open()).run(`DROP TABLE ${UNFINISHED_RESTORE}`);
  }

  /** What has been filled stays, and its mark with it: the next restore begins anew. */
  abandon(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.#session?.end();
    await this.#pool.close();
  }

  async #open(): Promise<MysqlSession> {
    if (this.#session) return this.#session;
    this.#session = await MysqlSession.open(this.name, this.#pool);
    // The session waits for the other databases.
    await this.#session.run('SET wait_timeout = 86400');
    return this.#session;
  }

  async #tables(session: MysqlSession): Promise<string[]> {
    const rows = await session.run(
      'SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name',
    );
    return rows.flat().filter((table) => !MARKS.includes(table));
  }

  /** Removes what an unfinished restore has left; its mark proves that the database had nothing else. */
  async #clear(session: MysqlSession): Promise<void> {
    const tables = await this.#tables(session);
    for (const table of tables)
      if (table !== UNFINISHED_RESTORE) await session.run(`DROP TABLE \`${table}\``);
  }
}

async function incarnationsIn(session: MysqlSession, table: 'shard' | 'shard_identity'): Promise<string[]> {
  const rows = await session.run(`SELECT incarnation FROM ${table} WHERE incarnation IS NOT NULL`);
  return rows.flat();
}

async function load(
  session: MysqlSession,
  path: string,
  { table, rows, autoIncrement }: TableFile,
  progress: (rows: number) => void,
): Promise<void> {
  let [loaded, uncommitted] = [0, 0];
  // Some tables begin with a row, which the migration that makes them has put there.
  await session.runLong(`DELETE FROM \`${table}\``);
  for await (const statement of linesOf(path)) {
    // The file's sum was right; this keeps a file from another program from doing anything but filling its table.
    if (!statement.startsWith(`INSERT INTO \`${table}\` (`))
      throw new BackupFault('BACKUP_DAMAGED', `${path} has more than rows of ${table}`);
    loaded += await session.runLong(statement.replace(/;$/, ''));
    uncommitted += 1;
    if (uncommitted % STATEMENTS_A_COMMIT === 0) await session.run('COMMIT');
    progress(loaded);
  }
  await session.run('COMMIT');
  if (loaded !== rows)
    throw new BackupFault('BACKUP_DAMAGED', `${path} has ${loaded} rows, and ${rows} by the manifest`);
  if (autoIncrement !== undefined)
    await session.runLong(`ALTER TABLE \`${table}\` AUTO_INCREMENT = ${BigInt(autoIncrement)}`);
}

/** Lines end at a line feed and nowhere else, whatever signs the values have. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let waiting: Buffer[] = [];
  for await (const chunk of createReadStream(path).pipe(createGunzip()) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      yield Buffer.concat([...waiting, chunk.subarray(from, end)]).toString('utf8');
      waiting = [];
      from = end + 1;
    }
    if (from < chunk.length) waiting.push(chunk.subarray(from));
  }
}
