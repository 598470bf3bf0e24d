import type { Connection, Pool, PoolConnection } from 'mysql2';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { MysqlDriver } from 'typeorm/driver/mysql/MysqlDriver';
import type { SchemaPart } from '../database';
import { ShardFault } from '../faults';
import type { OpenPools, PoolFigures, PoolUse } from '../open-pools';
import { nodeUrls } from '../shard-address';
import { mysqlFault } from './mysql-faults';
import { migrationsOf } from '../migrations';
import type { SessionFence } from '../writer-fence';
import type { Waits } from '../waits';
import { proveWriter } from './cluster/prove-writer';
import { fencedBy, type FencedTransaction, UNFENCED } from './cluster/transaction-fence';
import { checkTables } from './mysql-tables';
import { type RawResult, texts } from './raw-result';
import type { MysqlHost, MysqlHosts } from './mysql-hosts';
import { sessionSettings, TRANSACTION_SETTINGS } from './session-settings';

/**
 * Bounds of a pool. Relations: the pool looks at its idle sessions every second, so `idleMsMax` + 1000 <
 * `waitTimeoutSeconds` · 1000, and it closes a session before the server does.
 */
export interface PoolSettings extends Waits {
  readonly connectionsMax: number;
  /** Told beside its figures. */
  readonly use?: PoolUse;
  /** Whether sessions run transactions of several statements, several on one trip, or single statements. */
  readonly transactions: boolean;
  readonly idleMsMax: number;
  /** How long the server keeps a session that says nothing, with whatever it has locked. */
  readonly waitTimeoutSeconds: number;
}

/** Callers that may wait for a session of one pool. One more is refused as overload. */
const WAITING_MAX = 1_000;

/** Where there is another node, one that does not answer is left sooner. */
const CONNECT_ONE_OF_SEVERAL_MS_MAX = 1_500;

/** The driver counts its sessions nowhere else. A test sees to it that these are there. */
interface PoolQueues {
  readonly _allConnections: { readonly length: number };
  readonly _freeConnections: { readonly length: number };
}

export type { RawResult };

/** A TypeORM data source on one MySQL database, and its pool of sessions for raw statements. */
export class MysqlPool {
  readonly dataSource: DataSource;
  /** Callers that the driver has not given a session yet, those included who have given up. */
  #waiting = 0;
  /** Resolves when a session has been set up; rejects with the fault for which it was destroyed. */
  readonly #ready = new WeakMap<Connection, Promise<void>>();
  /** Sessions that may be used, with the fence that a node of a cluster needs. */
  readonly #proven = new WeakMap<PoolConnection, { readonly fence: SessionFence | undefined }>();

  constructor(
    readonly name: string,
    private readonly hosts: MysqlHosts,
    private readonly settings: PoolSettings,
    private readonly part: SchemaPart,
    /** Where this one is noted while it is open. */
    private readonly openPools?: OpenPools,
  ) {
    this.dataSource = new DataSource(dataSourceOptions(hosts, settings, part));
  }

  /** Safe to call again, also after a failure. */
  async open(): Promise<void> {
    if (this.dataSource.isInitialized) return;
    await this.#onSomeHost(async () => {
      try {
        await this.dataSource.initialize();
      } catch (error) {
        throw mysqlFault(this.name, error);
      }
    });
    this.openPools?.add(this);
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
   * A session on the node that the database is written through, or a fault once `acquireMsMax` is over or no node will do.
   */
  acquire(): Promise<PoolConnection> {
    if (!this.dataSource.isInitialized)
      return Promise.reject(this.#fault('NOT_OPEN', 'the database has not been opened yet'));
    return this.#onSomeHost((host) => this.#acquireOn(host));
  }

  /** A transaction that begins on a session of this pool. */
  transaction(connection: PoolConnection): FencedTransaction {
    const fence = this.#proven.get(connection)?.fence;
    return fence ? fencedBy(fence.transaction()) : UNFENCED;
  }

  /** Tries one host after the other, beginning with the one in use, for as long as a session may take to come. */
  async #onSomeHost<T>(use: (host: MysqlHost) => Promise<T>): Promise<T> {
    const until = performance.now() + this.settings.acquireMsMax;
    for (let tries = 1; ; tries += 1) {
      const host = this.hosts.current;
      try {
        return await use(host);
      } catch (error) {
        if (!isAboutHost(error)) throw error;
        this.hosts.failed(host);
        if (tries >= this.hosts.count || performance.now() > until) throw error;
      }
    }
  }

  async #acquireOn(host: MysqlHost): Promise<PoolConnection> {
    for (;;) {
      const connection = await this.#anySession();
      // Left over from a node that failed.
      if (this.hosts.of(connection.config) !== host && host === this.hosts.current) {
        connection.destroy();
        continue;
      }
      if (this.#proven.has(connection)) return connection;
      try {
        this.#proven.set(connection, { fence: await this.#prove(connection) });
        return connection;
      } catch (error) {
        connection.destroy();
        throw mysqlFault(this.name, error);
      }
    }
  }

  #prove(connection: PoolConnection): Promise<SessionFence | undefined> {
    return proveWriter({
      connection,
      run: (sql) => this.run(connection, sql),
      checkTables: () => checkTables(async (sql) => texts(await this.run(connection, sql)), this.part),
      errorNumber: (error) =>
        error instanceof ShardFault ? (error.cause as { errno?: number }).errno : undefined,
      transactions: this.settings.transactions,
    });
  }

  /** One that is set up. One that comes too late goes straight back to the pool. */
  async #anySession(): Promise<PoolConnection> {
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
   * @param answered called as answers come in: for each statement that has no rows to answer, and for each row
   */
  run(
    connection: PoolConnection,
    sql: string,
    answered?: (headerOrRow: unknown) => void,
  ): Promise<RawResult> {
    return new Promise((resolve, reject) => {
      const query = connection.query(
        { sql, values: null, rowsAsArray: true, timeout: this.settings.statementMsMax },
        (error, result) => {
          if (error) reject(mysqlFault(this.name, error));
          else resolve(result as unknown as RawResult);
        },
      );
      if (answered) query.on('result', answered);
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
    this.openPools?.delete(this);
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  get figures(): PoolFigures {
    const { _allConnections: all, _freeConnections: free } = this.#pool() as Pool & PoolQueues;
    return {
      database: this.name,
      use: this.settings.use ?? 'statements',
      inUse: all.length - free.length,
      idle: free.length,
      waiting: this.#waiting,
      max: this.settings.connectionsMax,
    };
  }

  #fault(code: string, message: string): ShardFault {
    return mysqlFault(this.name, Object.assign(new Error(message), { code }));
  }

  #pool(): Pool {
    return (this.dataSource.driver as MysqlDriver).pool as Pool;
  }
}

/** Whether another node may do what this one did not. */
function isAboutHost(error: unknown): boolean {
  if (!(error instanceof ShardFault)) return false;
  const { code } = error.cause as { code?: string };
  return (
    error.verdict === 'outcomeUnknown' || (error.verdict === 'unavailable' && code !== 'ACQUIRE_TIMEOUT')
  );
}

function dataSourceOptions(hosts: MysqlHosts, settings: PoolSettings, part: SchemaPart): DataSourceOptions {
  const { username, password, pathname } = new URL(nodeUrls(hosts.url)[0] as string);
  return {
    type: 'mysql',
    ...hosts.current,
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    charset: 'utf8mb4',
    timezone: 'Z',
    supportBigNumbers: true,
    bigNumberStrings: true,
    connectTimeout: hosts.count > 1 ? CONNECT_ONE_OF_SEVERAL_MS_MAX : settings.connectMsMax,
    poolSize: settings.connectionsMax,
    ...(hosts.tls && { ssl: hosts.tls }),
    migrations: migrationsOf(part),
    migrationsTableName: `${part}_migrations`,
    migrationsTransactionMode: 'none',
    extra: {
      multipleStatements: settings.transactions,
      stream: ({ config }: { config: Parameters<MysqlHosts['connect']>[0] }) => hosts.connect(config),
      maxIdle: Math.max(1, settings.connectionsMax - 1),
      idleTimeout: settings.idleMsMax,
      enableKeepAlive: true,
      // Bounded by `acquire`: the driver's own refusal has no code and could not be told from a defect.
      queueLimit: 0,
    },
  };
}
