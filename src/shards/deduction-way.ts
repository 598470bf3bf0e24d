import type { DeductCommand } from '../ledger/command';
import type { Entry } from '../ledger/entry';
import type { Cell, Dialect } from './database';
import type { Statement } from './statements/statement';

/** What one statement came to. */
export interface StatementResult {
  readonly rows: readonly (readonly Cell[])[];
  /** Rows that an UPDATE matched or an INSERT wrote. */
  readonly matched: number;
}

/**
 * What a way of deducting works on: a session of its own on the shard's database, taken when it is first used.
 *
 * A transaction takes two round trips. The one that may wait for a lock never carries the COMMIT: a client that was cut
 * off in it has done nothing, and one that was cut off in the second holds its row's lock until the database knows how it
 * ended, so whoever locks the row next sees the outcome.
 *
 * Every method rejects with `ShardFault`; after a rejection nothing more may be asked.
 */
export interface DeductionSession {
  readonly shard: string;
  readonly dialect: Dialect;
  /** Whether what is written leaves a row for the feed. */
  readonly keepsFeed: boolean;
  /** A plain read of what is committed, outside a transaction and without locks. */
  read(statement: Statement): Promise<StatementResult>;
  /** Begins the transaction and runs the statements, in one round trip. They stop at the first that fails. */
  begin(statements: readonly Statement[]): Promise<readonly StatementResult[]>;
  /** Runs the statements and commits, in one round trip: when it resolves, all of it is durable. */
  commit(statements: readonly Statement[]): Promise<void>;
}

/** How a transaction begins and ends. */
export interface Bracket {
  readonly begin: readonly string[];
  readonly commit: readonly string[];
  readonly rollback: readonly string[];
}

export const TRANSACTION: Readonly<Record<Dialect, Bracket>> = {
  mysql: { begin: ['START TRANSACTION'], commit: ['COMMIT'], rollback: ['ROLLBACK'] },
  sqlite: { begin: ['BEGIN IMMEDIATE'], commit: ['COMMIT'], rollback: ['ROLLBACK'] },
};

/** What one try of a way came to. Nothing was done unless it committed. */
export type Carried =
  | { readonly kind: 'committed'; readonly entry: Entry }
  /** Somebody came between: another try may do. */
  | { readonly kind: 'conflict' }
  /** Too many wait, or waited too long. */
  | { readonly kind: 'crowded' }
  /** Not the plain case: the row is short, missing, fenced, out of use, under another status. A lane decides. */
  | { readonly kind: 'handOver' };

/**
 * A way of carrying out one deduction at its home row, in a transaction of its own. It checks the row's epoch, status and
 * funds under the row's lock, inserts the entry with a plain INSERT, and refuses nothing: whatever is not a plain success
 * is handed over.
 */
export interface DeductionWay {
  readonly name: string;
  /** Where its transactions do not begin and end as usual. */
  readonly brackets?: Readonly<Record<Dialect, Bracket>>;
  /** What is held around each try, if anything: taken before a session is, and let go of after it. */
  around?(shard: string, command: DeductCommand, deduct: () => Promise<Carried>): Promise<Carried>;
  deduct(session: DeductionSession, command: DeductCommand): Promise<Carried>;
}

/** What a deduction came to after all tries. */
export type DeductionResult = { readonly tries: number } & (
  | { readonly kind: 'committed'; readonly entry: Entry }
  /** The key was used before, for this or for something else. */
  | { readonly kind: 'found'; readonly entry: Entry }
  /** Undecided. If a commit's answer was lost, it may have taken effect: then its key is found by who decides. */
  | {
      readonly kind: 'handOver';
      readonly mayHaveCommitted: boolean;
      /** Somebody else has the account's rows locked for long. */
      readonly isLocked?: boolean;
    }
  /** Tries or time are spent on conflicts, or too many wait. Nothing was done. */
  | { readonly kind: 'contended' }
);
