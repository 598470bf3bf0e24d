import { PROBLEMS, type ProblemCode } from './problem-catalog';

/** One rule that a request broke. */
export interface FieldFault {
  readonly field: string;
  readonly rule: string;
}

export interface ProblemExtras {
  readonly detail?: string;
  readonly errors?: readonly FieldFault[];
  /** Minor units, as a string. */
  readonly available?: string;
  /** Minor units, as a string. */
  readonly left?: string;
  /** Minor units, as a string. */
  readonly held?: string;
  /** The operation that is under way. */
  readonly operationId?: string;
  readonly incident?: string;
  /** The budget that it is about. */
  readonly budgetId?: string;
  /** RFC 3339. */
  readonly renewsAt?: string;
  /** RFC 3339: before it, no entry can appear any more. */
  readonly settledAt?: string;
  readonly retryAfterSeconds?: number;
}

/** The body of an error: RFC 9457. */
export interface ProblemBody extends Omit<ProblemExtras, 'retryAfterSeconds'> {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
}

/** An error that is meant for the caller. */
export class Problem extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly extras: ProblemExtras = {},
  ) {
    super(extras.detail ?? PROBLEMS[code].title);
    this.name = 'Problem';
  }

  get status(): number {
    return PROBLEMS[this.code].http;
  }

  get body(): ProblemBody {
    const { title, http } = PROBLEMS[this.code];
    const { errors, available, left, held, operationId, incident, budgetId, renewsAt, settledAt } =
      this.extras;
    return {
      type: `urn:hotsplit:problem:${this.code}`,
      title,
      status: http,
      code: this.code,
      detail: this.message,
      ...(errors && { errors }),
      ...(available !== undefined && { available }),
      ...(left !== undefined && { left }),
      ...(held !== undefined && { held }),
      ...(operationId !== undefined && { operationId }),
      ...(incident !== undefined && { incident }),
      ...(budgetId !== undefined && { budgetId }),
      ...(renewsAt !== undefined && { renewsAt }),
      ...(settledAt !== undefined && { settledAt }),
    };
  }
}
