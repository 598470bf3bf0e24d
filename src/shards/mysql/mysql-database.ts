import { format } from 'mysql2';
import { QueryFailedError } from 'typeorm';
import type { Cell, Database, Parameter, SchemaPart } from '../database';
import { mysqlFault } from './mysql-faults';
import { migrate } from './mysql-migrate';
import type { MysqlHosts } from './mysql-hosts';
import { MysqlPool } from './mysql-pool';

/** Single statements hold no locks between round trips, so their sessions may idle for longer. */
const SETTINGS = {
  transactions: false,
  acquireMsMax: 3_000,
  statementMsMax: 5_000,
  idleMsMax: 5_000,
  waitTimeoutSeconds: 10,
} as const;

/** A MySQL or MariaDB database for single statements: the directory, and reads. */
export class MysqlDatabase implements Database {
  readonly dialect = 'mysql';
  readonly #pool: MysqlPool;
  #opening: Promise<void> | undefined;

  constructor(
    private readonly name: string,
    hosts: MysqlHosts,
    private readonly part: SchemaPart,
    connectionsMax: number,
  ) {
    this.#pool = new MysqlPool(name, hosts, { ...SETTINGS, connectionsMax }, part);
  }

  open(): Promise<void> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(): Promise<void> {
    await this.#pool.open();
    // Again each time: the database may have been made anew meanwhile.
    try {
      await migrate(this.#pool, this.part);
    } catch (error) {
      await this.#pool.close();
      throw error instanceof QueryFailedError ? mysqlFault(this.name, error) : error;
    }
  }

  async read(sql: string, parameters: readonly Parameter[] = []): Promise<Cell[][]> {
    const result = await this.#pool.single((connection) => this.#pool.run(connection, bind(sql, parameters)));
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
