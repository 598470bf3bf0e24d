import { randomUUID } from 'node:crypto';
import { type Cell, type Database, integer, type Parameter, text } from '../database';
import { DatabaseRefusedError, ShardFault } from '../faults';
import { nowUs } from '../statements/now';
import { ACCOUNT_COLUMNS, type AccountRecord, toAccountRecord } from './account-record';

/** The directory could not be asked. Nothing was changed, or the change is found by asking again. */
export class DirectoryUnavailableError extends Error {
  readonly code = 'DIRECTORY_UNAVAILABLE';
}

export type Scope = 'read' | 'deduct' | 'credit' | 'admin';

export interface ApiKeyRecord {
  readonly keyId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAtUs: number;
}

/**
 * The database of accounts, placements, shards and API keys. Every method is one statement and its own transaction.
 *
 * Methods reject with `DirectoryUnavailableError` when the database cannot be asked.
 */
export class Directory {
  #clusterId: string | undefined;

  constructor(private readonly database: Database) {}

  async open(): Promise<void> {
    await this.#guard(() => this.database.open('directory'));
  }

  /** Names this installation; made once. Shards carry it, so that two installations cannot share one by mistake. */
  async clusterId(): Promise<string> {
    if (this.#clusterId !== undefined) return this.#clusterId;
    await this.#insertOnce('INSERT INTO cluster (id, cluster_id) VALUES (1, ?)', [randomUUID()]);
    const [row] = await this.#read('SELECT cluster_id FROM cluster WHERE id = 1');
    return (this.#clusterId = text(row?.[0]));
  }

  /**
   * Records the configured shards, and refuses to go on when one that may hold money is not among them.
   *
   * @throws DatabaseRefusedError `SHARD_NOT_CONFIGURED`
   */
  async registerShards(names: readonly string[]): Promise<void> {
    for (const name of names) {
      await this.#insertOnce(`INSERT INTO shard (name, created_at_us) VALUES (?, ${this.#now})`, [name]);
    }
    const known = (await this.#read('SELECT name FROM shard')).map(([name]) => text(name));
    const missing = known.filter((name) => !names.includes(name));
    if (missing.length > 0) {
      throw new DatabaseRefusedError(
        'SHARD_NOT_CONFIGURED',
        `the directory knows shards that HOTSPLIT_SHARDS does not name: ${missing.join(', ')}`,
      );
    }
  }

  /** @returns false when an account of this id exists already */
  insertAccount(account: Omit<AccountRecord, 'createdAtUs'>): Promise<boolean> {
    return this.#insertOnce(
      `INSERT INTO account (${ACCOUNT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ${this.#now})`,
      [
        account.accountId,
        account.asset,
        account.status,
        account.statusVersion,
        account.strategy,
        account.subAccounts,
        account.placement.epoch,
        account.placement.shards.join(','),
        account.revision,
        account.lowBalanceMinor,
        account.openingBalanceMinor,
        account.creation,
        Buffer.from(account.fingerprint, 'hex'),
      ],
    );
  }

  async findAccount(accountId: string): Promise<AccountRecord | undefined> {
    const [row] = await this.#read(`SELECT ${ACCOUNT_COLUMNS} FROM account WHERE account_id = ?`, [
      accountId,
    ]);
    return row && toAccountRecord(row);
  }

  /** Accounts by id, those behind `after` first. */
  async listAccounts(page: { after: string; limit: number }): Promise<AccountRecord[]> {
    const rows = await this.#read(
      `SELECT ${ACCOUNT_COLUMNS} FROM account WHERE account_id > ? ORDER BY account_id LIMIT ?`,
      [page.after, page.limit],
    );
    return rows.map(toAccountRecord);
  }

  async finishCreation(accountId: string): Promise<void> {
    await this.#write(`UPDATE account SET creation = 'done' WHERE account_id = ?`, [accountId]);
  }

  /** Accounts whose creation was cut short, older than the given age. */
  async unfinishedCreations(options: { limit: number; olderThanMs: number }): Promise<AccountRecord[]> {
    const rows = await this.#read(
      `SELECT ${ACCOUNT_COLUMNS} FROM account WHERE creation = 'creating' AND created_at_us <= ${this.#now} - ? LIMIT ?`,
      [options.olderThanMs * 1_000, options.limit],
    );
    return rows.map(toAccountRecord);
  }

  async insertApiKey(key: Omit<ApiKeyRecord, 'createdAtUs'> & { secretHash: Buffer }): Promise<void> {
    await this.#write(
      `INSERT INTO api_key (key_id, name, secret_hash, scopes, created_at_us) VALUES (?, ?, ?, ?, ${this.#now})`,
      [key.keyId, key.name, key.secretHash, key.scopes.join(',')],
    );
  }

  async findApiKey(secretHash: Buffer): Promise<ApiKeyRecord | undefined> {
    const [row] = await this.#read(
      'SELECT key_id, name, scopes, created_at_us FROM api_key WHERE secret_hash = ?',
      [secretHash],
    );
    return row && toApiKeyRecord(row);
  }

  async listApiKeys(page: { after: string; limit: number }): Promise<ApiKeyRecord[]> {
    const rows = await this.#read(
      'SELECT key_id, name, scopes, created_at_us FROM api_key WHERE key_id > ? ORDER BY key_id LIMIT ?',
      [page.after, page.limit],
    );
    return rows.map(toApiKeyRecord);
  }

  /** @returns false when there was no such key */
  async deleteApiKey(keyId: string): Promise<boolean> {
    return (await this.#write('DELETE FROM api_key WHERE key_id = ?', [keyId])) > 0;
  }

  async ping(): Promise<void> {
    await this.#read('SELECT 1');
  }

  close(): Promise<void> {
    return this.database.close();
  }

  get #now(): string {
    return nowUs(this.database.dialect);
  }

  async #insertOnce(sql: string, parameters: readonly Parameter[]): Promise<boolean> {
    try {
      await this.database.write(sql, parameters);
      return true;
    } catch (error) {
      if (error instanceof ShardFault && error.verdict === 'lookUpKeys') return false;
      throw asUnavailable(error);
    }
  }

  #read(sql: string, parameters: readonly Parameter[] = []): Promise<Cell[][]> {
    return this.#guard(() => this.database.read(sql, parameters));
  }

  #write(sql: string, parameters: readonly Parameter[]): Promise<number> {
    return this.#guard(() => this.database.write(sql, parameters));
  }

  async #guard<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw asUnavailable(error);
    }
  }
}

function asUnavailable(error: unknown): unknown {
  return error instanceof ShardFault && error.verdict !== 'defect'
    ? new DirectoryUnavailableError(`the directory cannot be asked: ${error.message}`, { cause: error })
    : error;
}

function toApiKeyRecord(row: readonly Cell[]): ApiKeyRecord {
  return {
    keyId: text(row[0]),
    name: text(row[1]),
    scopes: text(row[2]).split(',') as Scope[],
    createdAtUs: integer(row[3]),
  };
}
