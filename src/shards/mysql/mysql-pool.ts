import type { Connection, Pool, PoolConnection } from 'mysql2';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { MysqlDriver } from 'typeorm/driver/mysql/MysqlDriver';
import type { Cell, SchemaPart } from '../database';
import type { ShardFault } from '../faults';
import { mysqlFault } from './mysql-faults';
import { migrationsOf } from '../migrations';
import { sessionSettings, TRANSACTION_SETTINGS } from './session-settings';

/**
 * Bounds of a pool. Relations: the pool looks at its idle sessions every second, so `idleMsMax` + 1000 <
 * `waitTimeoutSeconds` · 1000, and it closes a session before the server does.
 */
export interface PoolSettings {
  readonly connectionsMax: number;
  readonly multipleStatements: boolean;
  readonly acquireMsMax: number;
  readonly statementMsMax: number;
  readonly idleMsMax: number;
  /** How long the server keeps a session that says nothing, with whatever it has locked. */
  readonly waitTimeoutSeconds: number;
}

const CONNECT_MS_MAX = 3_000;

/** Callers that may wait for a session of one pool. One more is refused as overload. */
const WAITING_MAX = 1_000;

/** Raw result of a statement: rows for a SELECT, a header for the rest, an array of both for several statements. */
export type RawResult = Cell[][] | { affectedRows: number } | RawResult[];

/** A TypeORM data source on one MySQL database, and its pool of sessions for raw statements. */
export class MysqlPool {
  readonly dataSource: DataSource;
  /** Callers that the driver has not given a session yet, those included who have given up. */
  #waiting = 0;
  /** Resolves when a session has been set up; rejects with the fault for which it was destroyed. */
  readonly #ready = new WeakMap<Connection, Promise<void>>();

  constructor(
    private readonly name: string,
    url: string,
    private readonly settings: PoolSettings,
    part: SchemaPart,
  ) {
    this.dataSource = new DataSource(dataSourceOptions(url, settings, part));
  }

  /** Safe to call again, also after a failure. */
  async open(): Promise<void> {
    if (this.dataSource.isInitialized) return;
    try {
      await this.dataSource.initialize();
    } catch (error) {
      throw mysqlFault(this.name, error);
    }
    this.#pool().on('connection', (connection) => {
      const ready = this.#setUp(connection);
      this.#ready.set(connection, ready);
      ready.catch(() => {
        connection.destroy();
      });
    });
    // The one session that TypeORM opened before the listener stood is not configured: it must not be handed out.
    await new Promise<void>((resolve) => {
      this.#pool().getConnection((_error, connection) => {
        (connection as PoolConnection | undefined)?.destroy();
        resolve();
      });
    });
  }

  /**
   * A session that is set up, or a fault. One that does not come free within `acquireMsMax` goes straight back to the pool
   * when it does.
   */
  async acquire(): Promise<PoolConnection> {
    if (!this.dataSource.isInitialized) throw this.#fault('NOT_OPEN', 'the database has not been opened yet');
    if (this.#waiting >= WAITING_MAX)
      throw this.#fault('TOO_MANY_WAIT', 'too many wait for a database session');
    const connection = await this.#take();
    await this.#ready.get(connection);
    return connection;
  }

  #take(): Promise<PoolConnection> {
    this.#waiting += 1;
    return new Promise((resolve, reject) => {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        reject(this.#fault('ACQUIRE_TIMEOUT', 'no database session came free in time'));
      }, this.settings.acquireMsMax);
      this.#pool().getConnection((error, connection) => {
        this.#waiting -= 1;
        clearTimeout(timer);
        if (error) reject(mysqlFault(this.name, error));
        else if (late) connection.release();
        else resolve(connection);
      });
    });
  }

  /** Both statements are sent at once; whoever acquires the session waits for both. */
  async #setUp(connection: PoolConnection): Promise<void> {
    await Promise.all([
      this.run(connection, sessionSettings(this.settings)),
      this.run(connection, TRANSACTION_SETTINGS),
    ]);
  }

  /**
   * Runs a statement on a session, as it is: `values: null` keeps the driver from searching it for placeholders. The caller
   * destroys the session when this rejects.
   *
   * @param wrote called for each of several statements that has no rows to answer, as its answer comes in
   */
  run(connection: PoolConnection, sql: string, wrote?: () => void): Promise<RawResult> {
    return new Promise((resolve, reject) => {
      const query = connection.query(
        { sql, values: null, rowsAsArray: true, timeout: this.settings.statementMsMax },
        (error, result) => {
          if (error) reject(mysqlFault(this.name, error));
          else resolve(result as unknown as RawResult);
        },
      );
      if (wrote) query.on('result', wrote);
    });
  }

  /** One statement in a session of its own. */
  async single<T>(use: (connection: PoolConnection) => Promise<T>): Promise<T> {
    const connection = await this.acquire();
    try {
      const result = await use(connection);
      connection.release();
      return result;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  #fault(code: string, message: string): ShardFault {
    return mysqlFault(this.name, Object.assign(new Error(message), { code }));
  }

  #pool(): Pool {
    return (this.dataSource.driver as MysqlDriver).pool as Pool;
  }
}

function dataSourceOptions(url: string, settings: PoolSettings, part: SchemaPart): DataSourceOptions {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  return {
    type: 'mysql',
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port ? Number(port) : 3306,
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    charset: 'utf8mb4',
    timezone: 'Z',
    supportBigNumbers: true,
    bigNumberStrings: true,
    connectTimeout: CONNECT_MS_MAX,
    poolSize: settings.connectionsMax,
    ...(searchParams.get('ssl') === 'true' ? { ssl: {} } : {}),
    migrations: migrationsOf(part),
    migrationsTableName: `${part}_migrations`,
    migrationsTransactionMode: 'none',
    extra: {
      multipleStatements: settings.multipleStatements,
      maxIdle: Math.max(1, settings.connectionsMax - 1),
      idleTimeout: settings.idleMsMax,
      enableKeepAlive: true,
      // Bounded by `acquire`: the driver's own refusal has no code and could not be told from a defect.
      queueLimit: 0,
    },
  };
}
