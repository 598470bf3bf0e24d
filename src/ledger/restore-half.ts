import type { RestoreHalfCommand } from './command';
import type { Draft } from './draft';
import { changeByTransfer } from './inside-move';
import type { Outcome } from './outcome';
import { changeFromOutside, entryOf } from './outside-change';
import { arrivalKey, lostKey } from './transfer';

/**
 * Restores the half of a transfer that this shard has lost with its database, and books the amount.
 *
 * What had arrived here is gone: it arrives again and is taken off by a `deduction`. What had left here came from outside
 * once, in entries that are gone: it is put back by a `credit` and leaves again. Either way the row has what it had before,
 * both halves of the transfer exist, and the entries add up to what the account still has.
 */
export function restoreHalf(draft: Draft, command: RestoreHalfCommand): Outcome {
  const { accountId, transferId, amountMinor, half } = command;
  const requestId = lostKey(transferId);
  const earlier = draft.entry(accountId, requestId);
  if (earlier) return { kind: 'replayed', entry: earlier };
  const row = draft.row(accountId, command.subAccount);
  if (!row) {
    draft.askForRow(accountId, command.subAccount);
    return { kind: 'fenced', epoch: 0 };
  }

  const { fromSubAccount, toSubAccount, peerShard, fingerprint } = command;
  const source = {
    accountId,
    requestId,
    amountMinor,
    fingerprint,
    reference: `lost with a shard: ${transferId}`,
    metadata: null,
  };
  const transfer = { accountId, transferId, amountMinor, fromSubAccount, toSubAccount };
  if (half === 'in') {
    const arrived = changeByTransfer(row, amountMinor);
    const gone = changeFromOutside(arrived, -amountMinor);
    const entry = entryOf('deduction', source, gone, draft.nextEntryUs);
    draft.addArrival(arrivalKey(accountId, transferId), {
      ...transfer,
      fromShard: peerShard,
      toVersion: arrived.version,
    });
    draft.addEntry(entry);
    draft.putRow(gone);
    return { kind: 'applied', entry, departures: [] };
  }
  const back = changeFromOutside(row, amountMinor);
  const left = changeByTransfer(back, -amountMinor);
  const entry = entryOf('credit', source, back, draft.nextEntryUs);
  draft.addEntry(entry);
  draft.addDeparture({ ...transfer, toShard: peerShard }, left.version);
  draft.putRow(left);
  return { kind: 'applied', entry, departures: [] };
}
