import type { Draft } from './draft';
import { wrap64 } from './money';
import { type SubAccount, withState } from './sub-account';
import { drawTransferId } from './transfer';

/** A change of a row's balance by money moving within the account: `moved` follows, the account's total does not. */
export function changeByTransfer(row: SubAccount, signedMinor: bigint): SubAccount {
  return withState({
    ...row,
    availableMinor: row.availableMinor + signedMinor,
    movedMinor: wrap64(row.movedMinor + signedMinor),
    version: row.version + 1,
  });
}

/** Money from one row of this shard to another, by their indices. */
export interface InsideMove {
  readonly from: number;
  readonly to: number;
  readonly amountMinor: bigint;
}

/** Makes moves between rows of one account on this shard, in the order given. */
export function moveInside(draft: Draft, accountId: string, moves: readonly InsideMove[]): void {
  for (const { from, to, amountMinor } of moves) {
    const donor = changeByTransfer(loaded(draft, accountId, from), -amountMinor);
    const receiver = changeByTransfer(loaded(draft, accountId, to), amountMinor);
    draft.putRow(donor);
    draft.putRow(receiver);
    draft.addLocalMove({
      accountId,
      transferId: drawTransferId(from, donor.version),
      amountMinor,
      fromSubAccount: from,
      toSubAccount: to,
      fromVersion: donor.version,
      toVersion: receiver.version,
    });
  }
}

function loaded(draft: Draft, accountId: string, index: number): SubAccount {
  const row = draft.row(accountId, index);
  if (!row) throw new RangeError(`a move names row ${index}, which is not loaded`);
  return row;
}
