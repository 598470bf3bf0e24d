import type { HotsplitError } from './errors';

/** A try after which another one follows. */
export interface RetryEvent {
  /** The requests that are sent again; none for a call that has no request id. */
  readonly requestIds: readonly string[];
  /** How many tries there were; in a batch, of the request that had the most. */
  readonly tries: number;
  /** What the last try met. */
  readonly error: HotsplitError;
  /** The pause before the next try. An endpoint that is left out can make it longer. */
  readonly pauseMs: number;
}

/** Counts since the client was made, and what is under way now. */
export interface ClientCounters {
  /** HTTP requests that were made, batches and looks at operations included. */
  readonly tries: number;
  /** Deductions and calls that were sent again, each as often as it was. */
  readonly retries: number;
  /** Deductions and calls that have not ended. */
  readonly underWay: number;
}

/** Counts retries, and tells the user of each. */
export class Retries {
  count = 0;

  constructor(private readonly onRetry: ((event: RetryEvent) => void) | undefined) {}

  readonly note = (event: RetryEvent): void => {
    this.count += Math.max(1, event.requestIds.length);
    try {
      this.onRetry?.(event);
    } catch (error) {
      // Whoever only watches must not decide what becomes of a request.
      process.emitWarning(`onRetry of a hotsplit client has thrown: ${String(error)}`);
    }
  };
}
