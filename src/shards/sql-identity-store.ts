import { type Cell, type Database, integer } from './database';
import { ShardFault } from './faults';
import type { IdentityStore } from './identity-guard';
import type { ShardIdentity } from './shard-identity';
import { FIND_IDENTITY, findIdentityBeside, toIdentity } from './statements/find-identity';
import type { Statement } from './statements/statement';

/** What one statement has seen of one database. */
export interface Glimpse {
  readonly identity: ShardIdentity | undefined;
  readonly hasRows: boolean;
}

/** The table of one row in which a SQL database keeps the identity of its shard. */
export class SqlIdentityStore implements IdentityStore {
  constructor(private readonly database: Database) {}

  isMissing(): boolean {
    return this.database.isMissing === true;
  }

  async find(): Promise<ShardIdentity | undefined> {
    return toIdentity(await this.#firstRow({ sql: FIND_IDENTITY, parameters: [] }));
  }

  /** The identity of the database that has rows for a statement, or has none. */
  async findBeside({ sql, parameters }: Statement): Promise<Glimpse> {
    const row = await this.#firstRow({ sql: findIdentityBeside(sql), parameters });
    return { identity: toIdentity(row), hasRows: row !== undefined && integer(row[3]) !== 0 };
  }

  async #firstRow({ sql, parameters }: Statement): Promise<Cell[] | undefined> {
    try {
      const [row] = await this.database.read(sql, parameters);
      return row;
    } catch (error) {
      if (isNothingThere(error)) return undefined;
      throw error;
    }
  }

  async write({ name, clusterId, incarnation }: ShardIdentity): Promise<void> {
    await this.database.open('shard');
    const leave =
      this.database.dialect === 'mysql' ? 'ON DUPLICATE KEY UPDATE id = id' : 'ON CONFLICT DO NOTHING';
    await this.database.write(
      `INSERT INTO shard_identity (id, name, cluster_id, incarnation) VALUES (1, ?, ?, ?) ${leave}`,
      [name, clusterId, incarnation],
    );
  }

  async fill(incarnation: string): Promise<void> {
    await this.database.write(
      'UPDATE shard_identity SET incarnation = ? WHERE id = 1 AND incarnation IS NULL',
      [incarnation],
    );
  }
}

/** The table, or the whole database, was dropped. */
function isNothingThere(error: unknown): boolean {
  if (!(error instanceof ShardFault)) return false;
  const { code, message } = error.cause as { code?: string; message?: string };
  return (
    ['ER_NO_SUCH_TABLE', 'ER_BAD_DB_ERROR', 'ER_NO_DB_ERROR'].includes(String(code)) ||
    (code === 'SQLITE_ERROR' && /^no such table/.test(String(message)))
  );
}
