/** Why there is no verdict. Each is counted by its name. */
export type FailureCode =
  /** No complete answer within the deadline. */
  | 'deadline'
  | 'unreachable'
  /** Another status than 200. */
  | 'status'
  /** Redirects are not followed: the charges of this installation go where its operator said, and nowhere else. */
  | 'redirect'
  | 'content_type'
  | 'too_large'
  | 'not_json'
  /** JSON, but no `{results: [{requestId, verdict}]}`. */
  | 'malformed'
  /** A verdict on something that was not asked about, or two on the same: the answer is not one to this question. */
  | 'unknown_id'
  /** Nothing is said of this charge. */
  | 'missing'
  /** What is said of this charge is no verdict. */
  | 'bad_verdict'
  /** Too many calls failed lately, so the service is not asked. */
  | 'circuit_open'
  /** Too many charges wait to be asked about. */
  | 'busy';

export class ScreeningFailure extends Error {
  constructor(
    readonly code: FailureCode,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(detail, options);
    this.name = 'ScreeningFailure';
  }
}

/**
 * Failures that one charge of the batch may be the reason of: the others are asked about without it. A service that cannot
 * be reached, or is too slow, is so for all charges of an account; those of other accounts are asked about apart.
 */
const MAY_BE_ONE = new Set<FailureCode>([
  'status',
  'content_type',
  'too_large',
  'not_json',
  'malformed',
  'unknown_id',
]);

export function mayBeOneOfMany({ code }: ScreeningFailure): boolean {
  return MAY_BE_ONE.has(code);
}
