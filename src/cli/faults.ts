/** Something the operator asked for that cannot be done as asked. The message says what to do instead. */
export class OperatorFault extends Error {
  override readonly name = 'OperatorFault';
}

/** The service answered with a problem (RFC 9457), or something in front of it answered in its place. */
export class ServiceProblem extends Error {
  override readonly name = 'ServiceProblem';

  constructor(
    readonly answer: {
      readonly status: number;
      readonly code: string;
      readonly detail: string;
      readonly retryAfterMs?: number;
    },
  ) {
    super(answer.detail);
  }

  get code(): string {
    return this.answer.code;
  }

  /** Nothing was done, or asking again with the same request ids tells what was. */
  get isPassing(): boolean {
    return this.answer.status === 429 || this.answer.status >= 500;
  }
}

/** No answer: not reached, cut off, or out of time. Whether the request took effect is unknown unless `refused`. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';

  constructor(
    message: string,
    readonly options: { readonly refused: boolean; readonly cause: unknown },
  ) {
    super(message, { cause: options.cause });
  }
}

/** A service that does not answer, for as long as one was willing to wait. */
export class NoProgress extends Error {
  override readonly name = 'NoProgress';
}

/** The operator asked to stop, by signal. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(readonly exitCode: number) {
    super('stopped on request');
  }
}

/** One request that may or may not have taken effect. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';

  constructor(
    readonly requestId: string,
    cause: unknown,
  ) {
    super('whether the request took effect is unknown', { cause });
  }
}

/** An operation of the service that ended without doing what was asked. */
export class OperationFailed extends Error {
  override readonly name = 'OperationFailed';
  readonly code: string;

  constructor({
    operationId,
    error,
  }: {
    readonly operationId: string;
    readonly error?: { readonly code: string; readonly detail: string };
  }) {
    super(`${error?.detail ?? 'no detail was given'} (operation ${operationId})`);
    this.code = error?.code ?? 'OPERATION_FAILED';
  }
}
