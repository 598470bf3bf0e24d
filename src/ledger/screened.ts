/** What screening says of a charge: to charge it, not to, or to ask again later. */
export const VERDICTS = ['pass', 'reject', 'wait'] as const;

export type Verdict = (typeof VERDICTS)[number];

/** Who said so: the operator's service, the built-in rule, or the policy for when the service cannot say. */
export const SCREENERS = ['service', 'velocity', 'policy'] as const;

export type Screener = (typeof SCREENERS)[number];

/** A verdict, as it is kept with what was received. */
export interface Screened {
  readonly verdict: Verdict;
  readonly by: Screener;
  /** In the screener's own words, up to `SCREENING_REASON_MAX` characters. */
  readonly reason: string | null;
}

export const SCREENING_REASON_MAX = 200;
