import { NoAnswerError, RefusedError, UnexpectedAnswerError } from '../client';
import type { PassingVerdict } from '../client/judge-answer';

/** Something the operator asked for that cannot be done as asked. The message says what to do instead. */
export class OperatorFault extends Error {
  override readonly name = 'OperatorFault';
}

/** One try came to nothing that settles the request: another one, with the same request ids, may. */
export class NotSettled extends Error {
  override readonly name = 'NotSettled';
  readonly code: string;
  readonly retryAfterMs: number | undefined;
  /** The request may have taken effect. */
  readonly perhapsDone: boolean;
  /** False for what will come to the same every time, such as the page of another server. */
  readonly isPassing: boolean;

  constructor({ error, retryAfterMs, perhapsDone }: PassingVerdict, url: string) {
    super(wordsOf(error, perhapsDone, url), { cause: error });
    this.code = codeOf(error);
    this.retryAfterMs = retryAfterMs;
    this.perhapsDone = perhapsDone;
    this.isPassing = !(error instanceof UnexpectedAnswerError) || error.status === 429 || error.status >= 500;
  }

  /** No connection was made. */
  get isUnreached(): boolean {
    return this.cause instanceof NoAnswerError && !this.perhapsDone;
  }

  /** In one line. */
  get reason(): string {
    return this.cause instanceof NoAnswerError ? this.message : `${this.code}: ${this.message}`;
  }
}

/** What the service says of a refusal, its figures and fields included. */
export function detailOf({ code, message }: RefusedError): string {
  return message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message;
}

/** @returns nothing for what another try will not mend */
export function passing(error: unknown): NotSettled | undefined {
  return error instanceof NotSettled && error.isPassing ? error : undefined;
}

function codeOf(error: PassingVerdict['error']): string {
  if (!(error instanceof UnexpectedAnswerError)) return error.code;
  return error.status < 300 ? error.code : `HTTP_${error.status}`;
}

function wordsOf(error: PassingVerdict['error'], perhapsDone: boolean, url: string): string {
  if (error instanceof RefusedError) return detailOf(error);
  if (error instanceof UnexpectedAnswerError)
    return error.status < 300 ? error.message : error.excerpt || 'an answer without a text';
  const { code, message } = (error.cause ?? error) as { readonly code?: unknown; readonly message: string };
  const why = typeof code === 'string' ? code : message;
  return perhapsDone ? `the answer of ${url} was lost (${why})` : `nobody answers at ${url} (${why})`;
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
