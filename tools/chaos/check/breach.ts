/** The rules that a run may not break. */
export const RULES = {
  acknowledgedLost: 'what was acknowledged stands in exactly one entry',
  doubleEffect: 'a key takes effect once, over all shards',
  effectOfRefused: 'a key whose every answer was a definite refusal has no effect',
  unaskedEffect: 'every entry was asked for, with its kind and amount',
  bodyChanged: 'a replay and a look-up carry the body of the first success',
  replayRefused: 'a key that was acknowledged is replayed, whatever the funds and the status',
  lookUpMissed: 'a look-up finds what was acknowledged before it',
  screenedWrongly:
    'what was sent to be charged later is charged if it passed its screening, and not if it did not',
  wrongRefusal: 'who could be paid throughout the call is not told that there is too little',
  frozenPaid: 'nothing is first paid by a call made while the account was surely frozen',
  frozenWrongly: 'nobody is told of a freeze that nobody asked for',
  balanceImpossible: 'a balance is one that the account can have had during the read',
  unexpectedAnswer: 'no answer is a defect, and none refuses what was well formed',
  unresolved: 'the fate of every key is known when all parts are back',
  negativeRow: 'no row holds less than nothing',
  rowUnbalanced: 'in every row available + held = net + moved',
  movedUnaccounted: 'a row has moved what its transfers say',
  netNotEntries: 'the net of an account is the sum of its entries',
  transferUnpaired: 'every transfer left once and arrived once, as the same amount',
  inTransit: 'nothing is in transit when everything has come to rest',
  operationOpen: 'every operation and every creation ends',
  balanceNotRows: 'the balance that is shown is what the rows hold',
  auditUnbalanced: 'the audit of the product finds nothing',
  partFailed: 'no service ends by itself',
} as const;

export type Rule = keyof typeof RULES;

export interface Breach {
  readonly rule: Rule;
  readonly account?: string;
  readonly key?: string;
  readonly detail: string;
}
