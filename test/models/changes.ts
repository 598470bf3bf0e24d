import type { Changes } from '../../src/ledger/shard-state';

/** What a batch writes: nothing but what is given. */
export function changesOf(given: Partial<Changes>): Changes {
  return {
    nowUs: 1,
    entries: [],
    subAccounts: [],
    localMoves: [],
    departures: [],
    arrivals: [],
    newHolds: [],
    changedHolds: [],
    reversals: [],
    newPayments: [],
    newIntakes: [],
    changedIntakes: [],
    forgottenIntakes: [],
    ...given,
  };
}
