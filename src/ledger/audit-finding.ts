/** What the audit checks, by the names its findings carry. */
export const INVARIANTS = {
  balanceNotNegative: 'available and held of a row are never negative',
  balanceIsNetPlusMoved: 'available + held = net + moved + granted, in every row at every instant',
  grantedIsCreditLimit:
    'what the rows of an account are granted is its credit limit, unless that is being changed',
  netIsSumOfEntries: 'the net of a row is the sum of its entries',
  runningSumIsSumOfEntries:
    'a running sum of an account’s entries is the sum of all entries up to its own; a wrong one is forgotten and made again',
  movedIsSumOfTransfers: 'the moved of a row is the sum of its transfers',
  entryForEachChange: 'a row has no more entries than changes from outside, and no two for one change',
  heldIsSumOfHolds: 'the held of a row is the sum of the open holds that are pinned to it',
  holdHasEntries:
    'a hold has its mark among the entries, those of its raises, and an entry for each of its captures',
  reversalIsCounted: 'what is counted as reversed is the sum of the reversals',
  reversalsWithinDeduction: 'the reversals of a deduction, a capture or a credit never exceed it',
  closedRowIsEmpty: 'a closed row holds nothing',
  rowKeepsUp: 'no entry, transfer, hold or reversal names a version that its row has not reached',
  rowExists: 'entries, transfers, holds and reversals belong to rows that exist',
  oneEffectPerKey: 'a request id has one entry in its account within the idempotency window, over all shards',
  receivedIsCharged: 'what was received and has succeeded has its entry, under its key and of its amount',
  paymentEnds: 'what one account has paid another is under way, has arrived or has come back, whole and once',
  paymentWasMade: 'what has come from another account has left it',
  budgetsAreCharged:
    'what names budgets was charged to each of them, and what was reversed came back to them',
  chargeWasMade: 'what a budget has spent in a period is the sum of the entries that were charged to it',
  budgetsHoldAlike:
    'what a hold that stands has set aside, its budgets have set aside for it, and nothing else',
  limitIsGranted: 'a budget may spend its limit in a period, and no more',
  arrivalHasDeparture: 'what has arrived has left its source',
  departureArrives: 'what is marked as arrived has arrived',
  transferHalvesAgree: 'what arrived is what left',
  accountIsKnown: 'rows, entries and transfers belong to accounts that the directory knows',
  shardIsInReach: 'an account has its money and its entries on shards in its reach only',
  epochIsAnnounced:
    'no row is ahead of the placement, the layout, the status and the credit line that the directory has announced',
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** One broken invariant. Numbers are decimal strings. */
export interface Finding {
  readonly invariant: Invariant;
  readonly accountId: string;
  readonly shard?: string;
  readonly subAccount?: number;
  /** Says what it is about; the same each time it is looked at. */
  readonly detail: string;
  readonly expected: string;
  readonly found: string;
}

/** Tells whether two looks found the same thing, whatever numbers each saw. */
export function findingKey({ invariant, accountId, shard, subAccount, detail }: Finding): string {
  return JSON.stringify([invariant, accountId, shard, subAccount, detail]);
}
