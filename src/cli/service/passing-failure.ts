import { NoAnswer, ServiceProblem } from '../faults';

/** A failure that another try, with the same request ids, may mend. */
export interface PassingFailure {
  readonly reason: string;
  readonly retryAfterMs: number | undefined;
  /** The request may have taken effect although it was not answered so. */
  readonly perhapsDone: boolean;
}

/** Tells whether to try again. @returns undefined for what will fail in the same way every time */
export function passingFailure(error: unknown): PassingFailure | undefined {
  if (error instanceof NoAnswer) {
    return { reason: error.message, retryAfterMs: undefined, perhapsDone: !error.options.refused };
  }
  if (!(error instanceof ServiceProblem) || !error.isPassing) return undefined;
  const { status, retryAfterMs, code, detail } = error.answer;
  return { reason: `${code}: ${detail}`, retryAfterMs, perhapsDone: status !== 429 };
}
