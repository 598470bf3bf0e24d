import type { PoolConnection } from 'mysql2';
import type { SchemaPart } from '../shards/database';
import { accessDenied } from '../shards/mysql/check-privileges';
import { mysqlFault } from '../shards/mysql/mysql-faults';
import { MysqlPool } from '../shards/mysql/mysql-pool';
import type { MysqlHosts } from '../shards/mysql/mysql-hosts';
import { texts } from '../shards/mysql/raw-result';
import { BackupFault } from './backup-fault';

/** Sessions that say nothing for so long lose their locks: a backup that was stopped keeps nobody from writing for longer. */
const SETTINGS = {
  connectionsMax: 2,
  transactions: false,
  connectMsMax: 3_000,
  acquireMsMax: 5_000,
  statementMsMax: 4_000,
  idleMsMax: 1_500,
  waitTimeoutSeconds: 3,
} as const;

export function sessionPool(name: string, hosts: MysqlHosts, part: SchemaPart): MysqlPool {
  return new MysqlPool(name, hosts, SETTINGS, part);
}

/** A session that the caller keeps until it is ended. */
export class MysqlSession {
  private constructor(
    private readonly pool: MysqlPool,
    readonly connection: PoolConnection,
    private readonly name: string,
  ) {}

  static async open(name: string, pool: MysqlPool): Promise<MysqlSession> {
    try {
      await pool.open();
      return new MysqlSession(pool, await pool.acquire(), name);
    } catch (error) {
      throw refused(name, error);
    }
  }

  async run(sql: string): Promise<string[][]> {
    try {
      const result = await this.pool.run(this.connection, sql);
      return Array.isArray(result) ? texts(result) : [];
    } catch (error) {
      throw refused(this.name, error);
    }
  }

  /** A statement without a deadline, such as one that takes as long as a table is large. @returns how many rows it wrote */
  runLong(sql: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.connection.query({ sql, values: null }, (error, result) => {
        if (error) reject(mysqlFault(this.name, error));
        else resolve((result as { affectedRows: number }).affectedRows);
      });
    });
  }

  end(): void {
    this.connection.destroy();
  }
}

/** What the server denies is named, with what is to be granted. */
function refused(name: string, error: unknown): unknown {
  const denied = accessDenied(name, error);
  if (!denied) return error;
  const detail = `${denied.message.replace(/^[A-Z_]+: /, '')} (a backup needs SELECT and LOCK TABLES)`;
  return new BackupFault('DATABASE_ACCESS_DENIED', detail, { cause: error });
}
