import { commandKey, type TransferInCommand } from './command';
import type { Draft } from './draft';
import { BALANCE_MAX_MINOR } from './money';
import type { Outcome } from './outcome';
import { changeByTransfer } from './outside-change';

/**
 * Lets a transfer arrive, once. Money in transit is never turned back: neither the account's status nor a newer
 * placement matters, and a row that was closed takes it and is emptied again.
 */
export function transferIn(draft: Draft, command: TransferInCommand): Outcome {
  const key = commandKey(command);
  if (draft.hasArrived(key)) return { kind: 'alreadyArrived' };

  const row = draft.row(command.accountId, command.toSubAccount);
  if (!row) {
    draft.askForRow(command.accountId, command.toSubAccount);
    return { kind: 'fenced', epoch: command.epoch };
  }
  if (row.availableMinor + row.heldMinor + command.amountMinor > BALANCE_MAX_MINOR) {
    return draft.refuse(command, { kind: 'balanceLimitExceeded' });
  }

  draft.putRow(changeByTransfer(row, command.amountMinor));
  draft.addArrival(key, command);
  return { kind: 'arrived' };
}
