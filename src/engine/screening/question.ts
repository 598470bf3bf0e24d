import type { MoneyAsked } from '../../ledger/money-asked';

/** A charge that screening is asked about. */
export interface Question extends MoneyAsked {
  /** Tells requests that came under one key after another apart: an earlier one's verdict is not the next one's. */
  readonly attempt: number;
  /** When it happened, as far as that is known; otherwise when it was received. Microseconds since 1970. */
  readonly occurredAtUs: number;
}

/** Asks the operator's service. Resolves with its answer, parsed and not checked; rejects with `ScreeningFailure`. */
export type AskScreening = (questions: readonly Question[], signal: AbortSignal) => Promise<unknown>;
