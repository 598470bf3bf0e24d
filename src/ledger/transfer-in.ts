import type { TransferInCommand } from './command';
import type { Draft } from './draft';
import { changeByTransfer } from './inside-move';
import { BALANCE_MAX_MINOR } from './money';
import type { Outcome } from './outcome';
import { arrivalKey } from './transfer';

/**
 * Lets a transfer arrive, once. Money in transit is never turned back: neither the account's status nor a newer
 * placement matters, and a row that was closed takes it and is emptied again.
 */
export function transferIn(draft: Draft, command: TransferInCommand): Outcome {
  const key = arrivalKey(command.accountId, command.transferId);
  if (draft.hasArrived(key)) return { kind: 'alreadyArrived' };

  const row = draft.row(command.accountId, command.toSubAccount);
  if (!row) {
    draft.askForRow(command.accountId, command.toSubAccount);
    return { kind: 'fenced', epoch: 0 };
  }
  if (row.availableMinor + row.heldMinor + command.amountMinor > BALANCE_MAX_MINOR) {
    return draft.refuse(command, { kind: 'balanceLimitExceeded' });
  }

  const after = changeByTransfer(row, command.amountMinor);
  draft.putRow(after);
  draft.addArrival(key, { ...command, toVersion: after.version });
  return { kind: 'arrived' };
}
