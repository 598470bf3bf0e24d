import { type Cell, exact } from '../../src/shards/database';
import { type RawSql, rawSql } from './raw-sql';
import type { StoreSite, TestStore } from './stores';

/** One client's own session. What it does stands at once, unless it is told to begin a transaction. */
export class WalletClient {
  constructor(
    private readonly raw: RawSql,
    private readonly isSqlite: boolean,
  ) {}

  async balance(id: string): Promise<bigint> {
    return exact((await this.raw.run('SELECT balance FROM wallet WHERE id = ?', id))[0]?.[0]);
  }

  async version(id: string): Promise<bigint> {
    return exact((await this.raw.run('SELECT version FROM wallet WHERE id = ?', id))[0]?.[0]);
  }

  /** @returns whether a row was changed */
  async update(set: string, where: string, ...parameters: (string | bigint)[]): Promise<boolean> {
    await this.raw.run(`UPDATE wallet SET ${set} WHERE ${where}`, ...parameters);
    const [row] = await this.raw.run(this.isSqlite ? 'SELECT changes()' : 'SELECT ROW_COUNT()');
    return exact(row?.[0]) > 0n;
  }

  async hasCharge(table: 'charge' | 'loose_charge', key: string): Promise<boolean> {
    const rows: Cell[][] = await this.raw.run(`SELECT request_id FROM ${table} WHERE request_id = ?`, key);
    return rows.length > 0;
  }

  /** @returns false when the key is there already, where the table minds */
  async insertCharge(table: 'charge' | 'loose_charge', key: string): Promise<boolean> {
    try {
      await this.raw.run(`INSERT INTO ${table} (request_id) VALUES (?)`, key);
      return true;
    } catch (error) {
      if (/ER_DUP_ENTRY|SQLITE_CONSTRAINT/.test(String((error as { code?: string }).code))) return false;
      throw error;
    }
  }

  begin(): Promise<unknown> {
    return this.raw.run(this.isSqlite ? 'BEGIN IMMEDIATE' : 'START TRANSACTION');
  }

  commit(): Promise<unknown> {
    return this.raw.run('COMMIT');
  }

  rollback(): Promise<unknown> {
    return this.raw.run('ROLLBACK');
  }

  /** `SELECT … FOR UPDATE`: resolves when nobody else has the row. Inside a transaction. */
  async locked(id: string): Promise<bigint> {
    const lock = this.isSqlite ? '' : ' FOR UPDATE';
    return exact((await this.raw.run(`SELECT balance FROM wallet WHERE id = ?${lock}`, id))[0]?.[0]);
  }

  close(): Promise<void> {
    return this.raw.close();
  }
}

/**
 * The tables that everybody begins with, without keys, checks or versions that matter, and two clients on them: what the
 * broken forms are shown on.
 */
export class Wallets {
  #wallets = 0;

  static async make({ mark, makeSite }: TestStore): Promise<Wallets> {
    const site = await makeSite();
    const sessions = [await rawSql(site.location, mark), await rawSql(site.location, mark)] as const;
    const [first] = sessions;
    for (const table of TABLES) await first.run(table);
    const [a, b] = sessions.map((raw) => new WalletClient(raw, mark === 'sqlite'));
    return new Wallets(site, a as WalletClient, b as WalletClient, first);
  }

  private constructor(
    private readonly site: StoreSite,
    readonly a: WalletClient,
    readonly b: WalletClient,
    private readonly raw: RawSql,
  ) {}

  async open(balance: bigint): Promise<string> {
    const id = `wallet-${(this.#wallets += 1)}`;
    await this.raw.run('INSERT INTO wallet (id, balance, version) VALUES (?, ?, 0)', id, balance);
    return id;
  }

  async end(): Promise<void> {
    await this.a.close();
    await this.b.close();
    await this.site.drop();
  }
}

const TABLES = [
  'CREATE TABLE wallet (id VARCHAR(64) NOT NULL PRIMARY KEY, balance BIGINT NOT NULL, version BIGINT NOT NULL)',
  'CREATE TABLE charge (request_id VARCHAR(64) NOT NULL PRIMARY KEY)',
  'CREATE TABLE loose_charge (request_id VARCHAR(64) NOT NULL)',
];
