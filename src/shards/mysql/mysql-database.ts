import { format } from 'mysql2';
import { QueryFailedError } from 'typeorm';
import type { Cell, Database, Parameter, SchemaPart } from '../database';
import type { OpenPools } from '../open-pools';
import { accessDenied } from './check-privileges';
import { limitedRead, type Server, serverOf } from './limited-read';
import { mysqlFault } from './mysql-faults';
import { migrate } from './mysql-migrate';
import type { MysqlHosts } from './mysql-hosts';
import { MysqlPool } from './mysql-pool';
import { type Waits, WAITS } from '../waits';

/** Single statements hold no locks between round trips, so their sessions may idle for longer. */
const SETTINGS = {
  transactions: false,
  idleMsMax: 5_000,
  waitTimeoutSeconds: 10,
} as const;

/** The server ends a read before its client gives up, so that no read runs on that nobody waits for. */
const READ_MS_MAX = WAITS.statementMsMax - 1_000;

export interface MysqlDatabaseOptions {
  readonly connectionsMax: number;
  readonly openPools?: OpenPools | undefined;
  readonly waits?: Waits;
}

/** A MySQL or MariaDB database for single statements: the directory, and reads. */
export class MysqlDatabase implements Database {
  readonly dialect = 'mysql';
  readonly #pool: MysqlPool;
  #opening: Promise<void> | undefined;
  #server: Server = 'mysql';

  constructor(
    private readonly name: string,
    hosts: MysqlHosts,
    private readonly part: SchemaPart,
    { connectionsMax, openPools, waits = WAITS }: MysqlDatabaseOptions,
  ) {
    this.#pool = new MysqlPool(name, hosts, { ...SETTINGS, ...waits, connectionsMax }, part, openPools);
  }

  open(): Promise<void> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(): Promise<void> {
    try {
      await this.#pool.open();
      // Again each time: the database may have been made anew meanwhile.
      await migrate(this.#pool, this.part);
      const version = await this.#pool.single((session) => this.#pool.run(session, 'SELECT VERSION()'));
      this.#server = serverOf(String((version as Cell[][])[0]?.[0]));
    } catch (error) {
      await this.#pool.close();
      const fault = error instanceof QueryFailedError ? mysqlFault(this.name, error) : error;
      throw accessDenied(this.name, fault) ?? fault;
    }
  }

  async read(sql: string, parameters: readonly Parameter[] = []): Promise<Cell[][]> {
    const select = limitedRead(bind(sql, parameters), { server: this.#server, msMax: READ_MS_MAX });
    const result = await this.#pool.single((connection) => this.#pool.run(connection, select));
    return result as Cell[][];
  }

  /** The statement's own locks do the waiting. */
  readSettled(sql: string, parameters: readonly Parameter[] = []): Promise<Cell[][]> {
    return this.read(sql, parameters);
  }

  async write(sql: string, parameters: readonly Parameter[] = []): Promise<number> {
    const result = await this.#pool.single((connection) => this.#pool.run(connection, bind(sql, parameters)));
    return (result as { affectedRows: number }).affectedRows;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

function bind(sql: string, parameters: readonly Parameter[]): string {
  return format(sql, parameters as Parameter[], false, 'Z');
}
