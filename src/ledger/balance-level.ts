/** What an account's available total was last found to be. */
export type BalanceLevel = 'ample' | 'low' | 'exhausted';

/** What is told of. */
export type Crossing = 'low' | 'exhausted' | 'replenished';

export interface LevelState {
  /** `null` where nobody has looked yet. */
  readonly level: BalanceLevel | null;
  /** At it or below, the account is low; `null` where nobody wants to know. */
  readonly lowBalanceMinor: bigint | null;
  /** The least amount that was refused since the account is exhausted; `null` where none was. */
  readonly shortOfMinor: bigint | null;
}

/** What was true of the account at one instant, after the state was written. */
export interface LevelEvidence {
  readonly availableMinor: bigint;
  /** A request for so much, which is more than was available, is refused. */
  readonly refusedMinor?: bigint;
  /** Money is known to have left the account since its level was first asked for. */
  readonly hasPaid: boolean;
}

export interface LevelStep {
  readonly level: BalanceLevel;
  readonly shortOfMinor: bigint | null;
  /** `null` where the step is nobody's business. */
  readonly crossing: Crossing | null;
}

/**
 * The next step of an account's level; `undefined` where it stays. A fall through both bounds is two steps.
 *
 *     ample ──low──▶ low ──exhausted──▶ exhausted
 *       ▲             │                     │
 *       └─replenished─┴─────replenished─────┘
 *
 * So between two `replenished`, the others come once at most. An account without `lowBalance` is replenished when it can pay
 * what it had to refuse: otherwise small change that nobody can spend would make it flap.
 */
export function nextLevel(state: LevelState, evidence: LevelEvidence): LevelStep | undefined {
  const { lowBalanceMinor, shortOfMinor } = state;
  const { availableMinor, refusedMinor, hasPaid } = evidence;
  const isRefused = refusedMinor !== undefined;
  const isSpent = availableMinor <= 0n || isRefused;
  const isLow = lowBalanceMinor !== null && availableMinor <= lowBalanceMinor;
  const exhausted: LevelStep = {
    level: 'exhausted',
    shortOfMinor: refusedMinor ?? null,
    crossing: 'exhausted',
  };
  switch (state.level) {
    case null:
      if (hasPaid || isRefused) return nextLevel({ ...state, level: 'ample' }, evidence) ?? AMPLE;
      // An account that was opened empty has not fallen to anything.
      return availableMinor > (lowBalanceMinor ?? 0n) ? AMPLE : undefined;
    case 'ample':
      if (isLow) return { level: 'low', shortOfMinor: null, crossing: 'low' };
      return isSpent ? exhausted : undefined;
    case 'low':
      if (isSpent) return exhausted;
      return isLow ? undefined : { ...AMPLE, crossing: 'replenished' };
    case 'exhausted':
      if (isRefused) {
        if (shortOfMinor !== null && shortOfMinor <= refusedMinor) return undefined;
        return { level: 'exhausted', shortOfMinor: refusedMinor, crossing: null };
      }
      return availableMinor > (lowBalanceMinor ?? (shortOfMinor ?? 1n) - 1n)
        ? { ...AMPLE, crossing: 'replenished' }
        : undefined;
  }
}

const AMPLE: LevelStep = { level: 'ample', shortOfMinor: null, crossing: null };
