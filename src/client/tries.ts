import {
  type EndedBy,
  type HotsplitError,
  NothingDoneError,
  OutcomeUnknownError,
  type RefusedError,
  refusalOf,
} from './errors';
import type { Problem } from './problem';
import { meaningOf } from './problem-codes';

const WHY: Readonly<Record<EndedBy, string>> = {
  DEADLINE_EXCEEDED: 'the time for it is over',
  ABORTED: 'it was aborted',
  CLIENT_CLOSED: 'the client is closed',
  QUEUE_FULL: 'too many requests are waiting',
  NOT_CONNECTED: 'no endpoint could be reached',
};

/**
 * What is known of one request over all of its tries, and thereby which error is true when it ends without a success.
 * The one rule: once a try may have taken effect, only what rules that out makes a refusal of it.
 */
export class Tries {
  /** How many were answered or lost. */
  count = 0;
  /** A try is under way. */
  isOut = false;
  /** And it has left this machine, or is about to. */
  hasLeft = false;
  #perhapsDone = false;
  #lastError: HotsplitError | undefined;

  /** @param hasEffect false for what only reads */
  constructor(
    private readonly requestId: string | undefined,
    private readonly hasEffect: boolean,
  ) {}

  /** A try is to be repeated. */
  passed(error: HotsplitError, perhapsDone: boolean): void {
    this.isOut = false;
    this.hasLeft = false;
    this.count += 1;
    this.#perhapsDone ||= perhapsDone;
    this.#lastError = error;
  }

  /** The error that a refusal of the newest try comes to. */
  refusal(problem: Problem): RefusedError | OutcomeUnknownError {
    const refusal = refusalOf(problem, this.requestId);
    const meaning = meaningOf(problem);
    const isForGood = meaning.kind === 'refused' && meaning.forGood;
    if (isForGood || !this.hasEffect || !this.#perhapsDone) return refusal;
    return this.unknown('an earlier try was not answered, and the last one was refused', refusal);
  }

  unknown(why: string, cause: unknown = this.#lastError): OutcomeUnknownError {
    return new OutcomeUnknownError(why, { requestId: this.requestId, cause });
  }

  /** The error of a request that ends before it was answered. */
  ended(by: EndedBy, cause: unknown = this.#lastError): NothingDoneError | OutcomeUnknownError {
    if (this.hasEffect && (this.#perhapsDone || this.hasLeft)) return this.unknown(WHY[by], cause);
    const met = by === 'NOT_CONNECTED' && cause instanceof Error ? `: ${cause.message}` : '';
    return new NothingDoneError(by, `${WHY[by]}${met}; nothing was done`, {
      requestId: this.requestId,
      cause,
    });
  }
}
