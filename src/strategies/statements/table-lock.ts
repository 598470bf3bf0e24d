import type { Statement } from '../../shards/statements/statement';

const NAME = `CONCAT('hotsplit deduct ', LEFT(SHA2(DATABASE(), 256), 32))`;
const WAIT_SECONDS = 2;

/**
 * Takes the lock on the table: a lock of the server by name, which everybody who deducts this way asks for. 1 when it was
 * had, 0 when it was not in time.
 *
 * Locks: the name, for this session; a session that ends lets go of it. No row and no table.
 */
export const TAKE_TABLE_LOCK: Statement = {
  sql: `SELECT GET_LOCK(${NAME}, ${WAIT_SECONDS})`,
  parameters: [],
};

export const RELEASE_TABLE_LOCK = `DO RELEASE_LOCK(${NAME})`;
