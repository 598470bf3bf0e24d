import type { Membership } from './membership';

/** Sessions that may write at once: each has a slot of its own. A power of two. */
export const SLOTS = 1_024;

/**
 * The mark that says through which node of a cluster a database is written. Made where a cluster is found, before the
 * migrations, which must not run through two nodes either; a server that stands alone has neither table.
 *
 * - `writer_mark` has one row: the node, and a term that rises with every change of it.
 * - `writer_slot`: every transaction writes a row of its session's, and a change of the node writes them all. Replication orders
 *   the two and lets the later one fail: a transaction that the old writer began cannot commit behind the change.
 */
export const MARK_TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS writer_mark (
    id   TINYINT UNSIGNED NOT NULL PRIMARY KEY,
    node VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    term BIGINT UNSIGNED NOT NULL
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS writer_slot (
    slot  SMALLINT UNSIGNED NOT NULL PRIMARY KEY,
    term  BIGINT UNSIGNED NOT NULL,
    owner BIGINT UNSIGNED NOT NULL,
    token BIGINT UNSIGNED NOT NULL
  ) ENGINE=InnoDB`,
  `INSERT INTO writer_slot (slot, term, owner, token) VALUES ${slots(0)} ON DUPLICATE KEY UPDATE slot = slot`,
  // The mark last: where it stands, its slots do.
  `INSERT INTO writer_mark (id, node, term) VALUES (1, '', 0) ON DUPLICATE KEY UPDATE id = id`,
];

export interface WriterMark {
  readonly node: string;
  readonly term: number;
}

/** As long as nobody has written through a node. */
export const NOBODY: WriterMark = { node: '', term: 0 };

/** Writes every slot there can be, so that no transaction of an earlier term can be certified behind it. */
export function everySlot(term: number): string {
  return `INSERT INTO writer_slot (slot, term, owner, token) VALUES ${slots(term)}
    ON DUPLICATE KEY UPDATE term = VALUES(term), owner = 0, token = 0`;
}

function slots(term: number): string {
  return Array.from({ length: SLOTS }, (_, slot) => `(${slot},${term},0,0)`).join(',');
}

export const READ_MARK = 'SELECT node, term FROM writer_mark WHERE id = 1';

/** Whether a node may write, must not, or may once it has made itself the writer. */
export type WriterVerdict = 'writer' | 'elsewhere' | 'mayTakeOver' | 'notWritable';

/**
 * The marked node is left alone while it is a member that may write, whoever can or cannot reach it. Exactness does not rest on
 * this, for the slots fence whoever was the writer; it keeps two instances from taking the mark from each other in turn.
 */
export function judgeWriter({ self, writable, writers }: Membership, mark: WriterMark): WriterVerdict {
  if (!writable) return 'notWritable';
  if (mark.node === self) return 'writer';
  return writers.includes(mark.node) ? 'elsewhere' : 'mayTakeOver';
}
