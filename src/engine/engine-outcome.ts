import type { Outcome } from '../ledger/outcome';

/** What a command came to, as the engine tells it: the ledger's outcome, or why there is none. */
export type EngineOutcome =
  | (Extract<Outcome, { kind: Located }> & { readonly shard: string })
  | Exclude<Outcome, { kind: Located | 'fenced' }>
  /** Of the strategy `queued`: screening rejects it, in its own words. */
  | { readonly kind: 'screenedOut'; readonly reason: string | null }
  | BudgetRefusal
  | ChargeOutcome
  | Refusal;

/** What keeps a deduction from being charged to its budgets; nothing was done. */
export type ChargeOutcome =
  /** What an allowance has left is too little. */
  | { readonly kind: 'allowanceShort'; readonly allowanceId: string; readonly availableMinor: bigint }
  /** An allowance is not open yet, or its limit is being changed. */
  | { readonly kind: 'allowanceUnsettled'; readonly allowanceId: string };

/** Why nothing was charged to a budget; nor to the account. */
export type BudgetRefusal =
  | { readonly kind: 'budgetNotFound'; readonly budgetId: string }
  /** With all that are above the named ones there are more than a deduction may have. */
  | { readonly kind: 'tooManyBudgets' }
  | {
      readonly kind: 'budgetExhausted';
      readonly budgetId: string;
      readonly availableMinor: bigint;
      /** `null` of a budget without periods, and where the next period would not help: a hold keeps those that it was taken in. */
      readonly renewsAtUs: number | null;
    };

/** Outcomes about something that lives on a shard, which is told with them. */
type Located = 'applied' | 'replayed' | 'held' | 'holdChanged' | 'holdSettled';

/** Why the engine has no outcome of the ledger. */
export type Refusal =
  /** A queue is full or tries are spent on conflicts. Nothing was done. */
  | { readonly kind: 'overloaded'; readonly shard: string }
  /** The shard cannot be reached. Nothing was done, or what was done is found by trying again with the same key. */
  | { readonly kind: 'shardUnavailable'; readonly shard: string; readonly isForWantOfRoom?: true }
  /** A defect. It has been reported under the incident's id. */
  | { readonly kind: 'failed'; readonly incident: string };

/** Too little is available, and some of the account's money is in leases: they are recalled before anyone is refused. */
export interface Lent {
  readonly kind: 'lent';
}

/** What a lane tells: the ledger's outcome as it is; a fenced command goes back to the router. */
export type LaneOutcome = Outcome | ChargeOutcome | Refusal;
