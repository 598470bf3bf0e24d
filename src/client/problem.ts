import { answeredAmount } from './amounts';

/** One rule that a request broke. */
export interface FieldFault {
  readonly field: string;
  readonly rule: string;
}

/** What the service said in the place of a success: RFC 9457, read from its answer. */
export interface Problem {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly FieldFault[];
  /** Minor units. */
  readonly available?: bigint;
  /** Minor units. */
  readonly left?: bigint;
  /** Minor units. */
  readonly held?: bigint;
  /** What is under way. */
  readonly operationId?: string;
  readonly incident?: string;
  /** The budget that it is about. */
  readonly budgetId?: string;
  readonly renewsAt?: Date;
  readonly settledAt?: Date;
}

const CODE = /^[A-Z][A-Z0-9_]{1,63}$/;

/** Reads a problem out of parsed JSON; undefined when it is none of the service's, such as the page of a proxy. */
export function readProblem(value: unknown, status?: number): Problem | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const {
    code,
    status: said,
    detail,
    title,
    errors,
    available,
    left,
    held,
    operationId,
    incident,
    budgetId,
    renewsAt,
    settledAt,
  } = value as ProblemJson;
  const known = status ?? said;
  if (typeof code !== 'string' || !CODE.test(code) || typeof known !== 'number') return undefined;
  const availableMinor = answeredAmount(available);
  const leftMinor = answeredAmount(left);
  const heldMinor = answeredAmount(held);
  return {
    code,
    status: known,
    detail: typeof detail === 'string' ? detail : typeof title === 'string' ? title : code,
    ...(Array.isArray(errors) && { errors: errors.filter(isFieldFault) }),
    ...(availableMinor !== undefined && { available: availableMinor }),
    ...(leftMinor !== undefined && { left: leftMinor }),
    ...(heldMinor !== undefined && { held: heldMinor }),
    ...(typeof operationId === 'string' && { operationId }),
    ...(typeof incident === 'string' && { incident }),
    ...(typeof budgetId === 'string' && { budgetId }),
    ...(typeof renewsAt === 'string' && { renewsAt: new Date(renewsAt) }),
    ...(typeof settledAt === 'string' && { settledAt: new Date(settledAt) }),
  };
}

type ProblemJson = Readonly<
  Partial<
    Record<
      | 'code'
      | 'status'
      | 'detail'
      | 'title'
      | 'errors'
      | 'available'
      | 'left'
      | 'held'
      | 'operationId'
      | 'incident'
      | 'budgetId'
      | 'renewsAt'
      | 'settledAt',
      unknown
    >
  >
>;

function isFieldFault(value: unknown): value is FieldFault {
  const { field, rule } = (value ?? {}) as { field?: unknown; rule?: unknown };
  return typeof field === 'string' && typeof rule === 'string';
}
