import { exact } from '../../database';
import { ShardFault } from '../../faults';
import type { RawResult } from '../raw-result';
import { type Guard, UNGUARDED } from '../statements/guard';
import type { WriterMark } from './writer-mark';

/** How one transaction begins, and what shows that it was committed. */
export interface FencedTransaction {
  /** Takes the place of `START TRANSACTION`. */
  readonly begin: readonly string[];
  /** @throws what `begin` came to, if the transaction must not go on */
  checkBegun(results: readonly RawResult[]): void;
  /** Several writes of it may share a trip if the first value of each goes through this. */
  readonly guard: Guard;
  /** Whether writes that are not guarded must each have a trip of their own. */
  readonly separately: boolean;
  /** Whether an error of the server's is what a guarded write comes to outside its transaction: it was rolled back. */
  isRolledBack(errorNumber: number | undefined): boolean;
  /** At most one statement, to be sent behind the COMMIT on the same trip. */
  readonly proof: readonly string[];
  /**
   * @param answer the first row that the proof answered; anything else if it answered none
   * @throws when the transaction was not committed, whatever the COMMIT answered
   */
  checkCommitted(answer: unknown): void;
}

/** A server that stands alone says what happened: no statement more. */
export const UNFENCED: FencedTransaction = {
  begin: ['START TRANSACTION'],
  checkBegun: () => undefined,
  guard: UNGUARDED,
  separately: false,
  isRolledBack: () => false,
  proof: [],
  checkCommitted: () => undefined,
};

/** A fault of a statement that was meant for a transaction: if that was rolled back, nothing was done. */
export function toldRollback(transaction: FencedTransaction, fault: unknown): unknown {
  if (!(fault instanceof ShardFault)) return fault;
  const { errno } = fault.cause as { errno?: number };
  return transaction.isRolledBack(errno) ? new ShardFault(fault.shard, 'again', fault.cause) : fault;
}

/** What went wrong with a session's right to write; the codes are known to the table of faults. */
export class WriterError extends Error {
  constructor(
    readonly code:
      'SHARD_WRITER_ELSEWHERE' | 'SHARD_NODE_NOT_READY' | 'SHARD_NODE_UNNAMED' | 'SHARD_COMMIT_UNPROVEN',
    message: string,
  ) {
    super(message);
  }
}

/** What a write comes to behind a rollback: NULL in a column that is NOT NULL, or a write in a READ ONLY session. */
const ROLLED_BACK = new Set([1048, 1792]);

/**
 * The transactions of one session on a node of a cluster.
 *
 * Replication may roll a transaction back between two statements of one trip. The server then runs what follows outside any
 * transaction and says OK, to the COMMIT too. Several things make that harmless, and cost no trip:
 *
 * - Every transaction first writes its token, which is never used again, into the session's slot.
 * - Its writes take their first value from that row (`guard`). Behind a rollback the token is not there: they fail.
 * - The token is read back behind the COMMIT. The slot is nobody else's, so what is found there says whether this transaction was
 *   committed. (Seen on MariaDB 10.11: OK to the COMMIT of a transaction that was gone, once in 1,500.)
 * - The slot bears the writer's term. A node that is not the writer any more matches no row, or fails in certification.
 * - The session is READ ONLY but for transactions that say otherwise. Alone this would not do: a statement that has passed that
 *   check when the rollback comes is carried out and committed by itself. (Seen once in 3,000 transactions.)
 */
export class SessionFence {
  #token = 0;

  constructor(
    private readonly slot: number,
    private readonly owner: number,
    private readonly mark: WriterMark,
  ) {}

  transaction(): FencedTransaction {
    const token = (this.#token += 1);
    const mine = `slot = ${this.slot} AND owner = ${this.owner} AND term = ${this.mark.term}`;
    return {
      begin: ['START TRANSACTION READ WRITE', `UPDATE writer_slot SET token = ${token} WHERE ${mine}`],
      checkBegun: ([, update]) => {
        if ((update as { affectedRows: number }).affectedRows === 1) return;
        throw new WriterError(
          'SHARD_WRITER_ELSEWHERE',
          `${this.mark.node} is not the writer any more, or its session was replaced`,
        );
      },
      guard: (literal) => `(SELECT ${literal} FROM writer_slot WHERE ${mine} AND token = ${token})`,
      separately: true,
      isRolledBack: (errorNumber) => errorNumber !== undefined && ROLLED_BACK.has(errorNumber),
      proof: [`SELECT token FROM writer_slot WHERE ${mine}`],
      checkCommitted: (answer) => {
        const [found] = Array.isArray(answer) ? (answer as (string | number)[]) : [];
        if (found !== undefined && exact(found) === BigInt(token)) return;
        throw new WriterError(
          'SHARD_COMMIT_UNPROVEN',
          'the COMMIT was answered, but its transaction is not there',
        );
      },
    };
  }
}
