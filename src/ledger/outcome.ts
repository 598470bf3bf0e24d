import type { Entry } from './entry';
import type { Departure } from './transfer';

/** What a command came to. Expected outcomes are values; only faults throw. */
export type Outcome =
  | { readonly kind: 'applied'; readonly entry: Entry; readonly departures: readonly Departure[] }
  | { readonly kind: 'arrived' }
  | { readonly kind: 'replayed'; readonly entry: Entry }
  | { readonly kind: 'alreadyArrived' }
  /** What left; `undefined` when there was nothing to take. */
  | { readonly kind: 'departed'; readonly departure: Departure | undefined }
  /** Every row has it now. */
  | { readonly kind: 'settled' }
  /** What is left in draining rows because no row here is open, or none has room. */
  | { readonly kind: 'leveled'; readonly strandedMinor: bigint }
  | { readonly kind: 'keyReused' }
  /** `availableMinor` is what the rows on this shard could pay at that moment. */
  | { readonly kind: 'insufficientFunds'; readonly availableMinor: bigint }
  | { readonly kind: 'accountFrozen' }
  | { readonly kind: 'accountClosed' }
  | { readonly kind: 'balanceLimitExceeded' }
  /** Routed by an older placement than the row's: nothing was done, read the directory again. */
  | { readonly kind: 'fenced'; readonly epoch: number };

export type OutcomeKind = Outcome['kind'];
