import type { SchemaPart } from '../shards/database';
import { EXPECTED_SCHEMA } from '../shards/mysql/expected-schema';
import { MysqlHosts } from '../shards/mysql/mysql-hosts';
import type { MysqlPool } from '../shards/mysql/mysql-pool';
import { backupLock } from '../shards/mysql/backup-lock';
import type { Cell } from '../shards/database';
import { BackupFault } from './backup-fault';
import type { BackupSource, Copied, CopyTo } from './backup-source';
import { dumpTable } from './dump-table';
import type { TableFile } from './manifest';
import { MysqlSession, sessionPool } from './mysql-session';

const LOCK_SECONDS_MAX = 1;
/** A snapshot's session waits while other tables are copied, and while the disk is slow. */
const SNAPSHOT_SECONDS_MAX = 86_400;

/**
 * A database on a server. The fence is `LOCK TABLES … READ` in a session of its own: the server lets the transactions that are
 * under way end, and lets no statement write until the session unlocks the tables or ends. The snapshot is a transaction in a
 * second session. Beside the fence it sees all that is committed, and keeps seeing that.
 */
export class MysqlSource implements BackupSource {
  readonly #hosts: MysqlHosts;
  readonly #pool: MysqlPool;
  /** Its sessions are opened, and so proved to be on the cluster's writer, while the fence stands. */
  readonly #provingPool: MysqlPool;
  #fence: MysqlSession | undefined;
  #snapshot: MysqlSession | undefined;
  #position: string | undefined;
  #isCluster = false;
  #server = '';

  constructor(
    private readonly name: string,
    url: string,
    private readonly parts: readonly SchemaPart[],
  ) {
    this.#hosts = new MysqlHosts(url);
    const [part = 'shard'] = parts;
    this.#pool = sessionPool(name, this.#hosts, part);
    this.#provingPool = sessionPool(name, this.#hosts, part);
  }

  async open(): Promise<void> {
    this.#fence = await MysqlSession.open(this.name, this.#pool);
    this.#snapshot = await MysqlSession.open(this.name, this.#pool);
    const [version] = await this.#snapshot.run('SELECT VERSION()');
    this.#server = String(version);
    const [marks] = await this.#snapshot.run(
      `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'writer_mark'`,
    );
    this.#isCluster = marks?.[0] !== '0';
    if (this.#isCluster) await this.#provingPool.open();
    await this.#fence.run(`SET lock_wait_timeout = ${LOCK_SECONDS_MAX}`);
    await this.#prepareSnapshot(this.#snapshot);
  }

  async #prepareSnapshot(snapshot: MysqlSession): Promise<void> {
    await snapshot.run(
      `SET wait_timeout = ${SNAPSHOT_SECONDS_MAX}, net_write_timeout = 3600, net_read_timeout = 3600`,
    );
    // Else MySQL answers table sizes and counters as they were up to a day ago.
    await snapshot.run('SET @ignored = 0 /*!80000 , information_schema_stats_expiry = 0 */');
    await snapshot.run('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const [got] = await snapshot.run(`SELECT GET_LOCK(${backupLock()}, 0)`);
    if (got?.[0] !== '1')
      throw new BackupFault('BACKUP_RUNNING', `another backup of ${this.name} is running`);
  }

  async fence(): Promise<void> {
    const tables = this.parts.flatMap((part) => [...EXPECTED_SCHEMA[part].tables, `${part}_migrations`]);
    await this.#fencing.run(`LOCK TABLES ${tables.map((table) => `\`${table}\` READ`).join(', ')}`);
  }

  async openSnapshot(): Promise<void> {
    await this.#reading.run('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
  }

  /**
   * The lock ends with its session, so a session that still answers has had it all along. On a cluster it keeps only those from
   * writing who write through this node: the node was the writer until now if a session that is opened now finds it so.
   */
  async proveFence(): Promise<void> {
    const mariadb = /mariadb/i.test(this.#server);
    const variable = mariadb ? '@@GLOBAL.gtid_binlog_pos' : '@@GLOBAL.gtid_executed';
    const [found] = await this.#fencing.run(`SELECT ${variable}`);
    this.#position = found?.[0]?.replaceAll('\n', '');
    if (!this.#isCluster) return;
    const proving = await MysqlSession.open(this.name, this.#provingPool);
    const node = this.#hosts.of(proving.connection.config);
    proving.end();
    if (node === undefined || node !== this.#hosts.of(this.#fencing.connection.config))
      throw new Error(`${this.name} is written through another node than at the beginning`);
  }

  async lift(): Promise<void> {
    await this.#fence?.run('UNLOCK TABLES');
  }

  read(sql: string): Promise<Cell[][]> {
    return this.#reading.run(sql);
  }

  async copy(to: CopyTo): Promise<Copied> {
    this.#fence?.end();
    const total = await this.#rowsAbout();
    const tables: TableFile[] = [];
    let before = 0;
    for (const table of this.parts.flatMap((part) => EXPECTED_SCHEMA[part].tables)) {
      const file = await dumpTable(this.#reading, table, {
        ...to,
        progress: (rows) => {
          to.progress(before + rows, total);
        },
      });
      before += file.rows;
      tables.push(file);
    }
    const position = this.#position;
    return {
      kind: 'mysql',
      server: this.#server,
      ...(position !== undefined && position !== '' && { position }),
      tables,
    };
  }

  async #rowsAbout(): Promise<number> {
    const [row] = await this.#reading.run(
      'SELECT COALESCE(SUM(table_rows), 0) FROM information_schema.tables WHERE table_schema = DATABASE()',
    );
    return Number(row?.[0]);
  }

  async close(): Promise<void> {
    this.#fence?.end();
    this.#snapshot?.end();
    await this.#pool.close();
    await this.#provingPool.close();
  }

  get #fencing(): MysqlSession {
    return opened(this.#fence);
  }

  get #reading(): MysqlSession {
    return opened(this.#snapshot);
  }
}

function opened(session: MysqlSession | undefined): MysqlSession {
  if (!session) throw new Error('the database is not open');
  return session;
}
