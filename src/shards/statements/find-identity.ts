import { type Cell, text, textOrNull } from '../database';
import type { ShardIdentity } from '../shard-identity';

const IDENTITY_COLUMNS = 'name, cluster_id, incarnation';

/** The identity of a database: the one row of its table. */
export const FIND_IDENTITY = `SELECT ${IDENTITY_COLUMNS} FROM shard_identity WHERE id = 1`;

/** The same, and whether there is a row that `select` finds: one statement sees one state of one database. */
export function findIdentityBeside(select: string): string {
  return `SELECT ${IDENTITY_COLUMNS}, EXISTS (${select}) FROM shard_identity WHERE id = 1`;
}

export function toIdentity(row: readonly Cell[] | undefined): ShardIdentity | undefined {
  return row && { name: text(row[0]), clusterId: text(row[1]), incarnation: textOrNull(row[2] ?? null) };
}
