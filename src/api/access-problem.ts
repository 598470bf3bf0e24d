import { Problem, type ProblemExtras } from '../contract/problem';

const CODES = {
  noKey: 'UNAUTHENTICATED',
  unknownKey: 'UNAUTHENTICATED',
  scope: 'PERMISSION_DENIED',
  account: 'PERMISSION_DENIED',
  tooMany: 'RATE_LIMITED',
} as const;

/** The problem with somebody's key. The reason is counted, and is not part of the answer. */
export class AccessProblem extends Problem {
  constructor(
    readonly refusal: keyof typeof CODES,
    extras: ProblemExtras,
  ) {
    super(CODES[refusal], extras);
  }
}
