/** What is stored contradicts what must always hold. Never retried, always logged as an error. */
export class InvariantViolation extends Error {
  readonly code = 'INVARIANT_VIOLATION';

  constructor(detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = 'InvariantViolation';
  }
}
