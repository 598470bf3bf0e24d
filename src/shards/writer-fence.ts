import type { FaultVerdict } from './faults';

/** A row of `writer_slot` in a database on a cluster: what the transactions of one session write first. */
export interface SlotState {
  readonly slot: number;
  /** The session that has the slot. */
  readonly owner: number;
  /** The writer's term that the session was opened in. */
  readonly term: number;
  /** Of the transaction that wrote it last, and never used again by that session. */
  readonly token: number;
}

/** A slot, and what it must hold. */
export type SlotCondition = Pick<SlotState, 'slot'> & Partial<SlotState>;

/** What is wrong with a session's right to write, or with what it committed, and what that means for a batch. */
export const WRITER_VERDICTS = {
  SHARD_WRITER_ELSEWHERE: 'unavailable',
  SHARD_NODE_NOT_READY: 'unavailable',
  SHARD_NODE_UNNAMED: 'unavailable',
  SHARD_COMMIT_UNPROVEN: 'outcomeUnknown',
} as const satisfies Readonly<Record<string, FaultVerdict>>;

export class WriterError extends Error {
  constructor(
    readonly code: keyof typeof WRITER_VERDICTS,
    message: string,
  ) {
    super(message);
  }
}

/** How one transaction on a cluster proves that it was not rolled back. */
export interface TransactionFence {
  /** The transaction first writes `claim.token` into the one slot that holds this. */
  readonly session: SlotCondition;
  readonly claim: SlotState;
  /** A write that does not find this in the slot must do nothing: its transaction was rolled back. */
  readonly guard: SlotCondition;
  /**
   * @param slotsMatched how many slots took the token
   * @throws WriterError when the session's node is not the writer any more
   */
  checkBegun(slotsMatched: number): void;
  /**
   * @param tokenFound in the slot, behind the COMMIT
   * @throws WriterError when the transaction was not committed, whatever the COMMIT answered
   */
  checkCommitted(tokenFound: bigint | undefined): void;
}

/**
 * The transactions of one session on a node of a cluster.
 *
 * Replication may roll a transaction back between two statements of one trip. The server then runs what follows outside any
 * transaction and says OK, to the COMMIT too. Several things make that harmless, and cost no trip:
 *
 * - Every transaction first writes its token, which is never used again, into the session's slot.
 * - Its writes depend on that token (`guard`). Behind a rollback the token is not there: they fail.
 * - The token is read back behind the COMMIT. The slot is nobody else's, so what is found there says whether this transaction was
 *   committed. (Seen on MariaDB 10.11: OK to the COMMIT of a transaction that was gone, once in 1,500.)
 * - The slot bears the writer's term. A node that is not the writer any more matches no row, or fails in certification.
 */
export class SessionFence {
  #token = 0;

  constructor(
    private readonly session: Omit<SlotState, 'token'>,
    /** The writer, as it is named to operators. */
    private readonly node: string,
  ) {}

  transaction(): TransactionFence {
    const token = (this.#token += 1);
    const { session, node } = this;
    const claim = { ...session, token };
    return {
      session,
      claim,
      guard: claim,
      checkBegun: (slotsMatched) => {
        if (slotsMatched === 1) return;
        throw new WriterError(
          'SHARD_WRITER_ELSEWHERE',
          `${node} is not the writer any more, or its session was replaced`,
        );
      },
      checkCommitted: (tokenFound) => {
        if (tokenFound === BigInt(token)) return;
        throw new WriterError(
          'SHARD_COMMIT_UNPROVEN',
          'the COMMIT was answered, but its transaction is not there',
        );
      },
    };
  }
}
