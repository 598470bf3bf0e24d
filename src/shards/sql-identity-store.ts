import { type Database, text, textOrNull } from './database';
import { ShardFault } from './faults';
import type { IdentityStore } from './identity-guard';
import type { ShardIdentity } from './shard-identity';

/** The table of one row in which a SQL database keeps the identity of its shard. */
export class SqlIdentityStore implements IdentityStore {
  constructor(private readonly database: Database) {}

  isMissing(): boolean {
    return this.database.isMissing === true;
  }

  async find(): Promise<ShardIdentity | undefined> {
    try {
      const sql = 'SELECT name, cluster_id, incarnation FROM shard_identity WHERE id = 1';
      const [row] = await this.database.read(sql);
      return row && { name: text(row[0]), clusterId: text(row[1]), incarnation: textOrNull(row[2] ?? null) };
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
