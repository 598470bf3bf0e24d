/** What must hold, by the names of docs/testing.md. */
export type Rule =
  | 'oneEffectPerKey'
  | 'effectWasAsked'
  | 'acknowledgedIsDurable'
  | 'replayIsTheFirst'
  | 'refusalChangesNothing'
  | 'rowIsSound'
  | 'booksBalance'
  | 'transferOnce'
  | 'paymentEndsOnce'
  | 'capHolds'
  | 'holdIsSound'
  | 'leaseIsSound'
  | 'leaseCovers'
  | 'receivedEndsOnce'
  | 'chargedAsScreened'
  | 'reversedWithinDeduction'
  | 'neverNegative'
  | 'grantedIsLimit'
  | 'refusedOnlyIfShort'
  | 'keyOutranksRefusal'
  | 'statusIsKept'
  | 'statusWasAsked'
  | 'readingIsTrue'
  | 'everythingEnds'
  | 'endedForGood'
  | 'auditAgrees'
  | 'noDefect'
  | 'answersInTime'
  | 'calmIsServed'
  | 'knownGoOn'
  | 'nothingStarves'
  | 'feedTells'
  | 'feedInOrder'
  | 'crossingIsTrue'
  | 'crossingIsTold'
  | 'sizeIsDecidedOnce';

export interface Broken {
  readonly rule: Rule;
  readonly detail: string;
}
