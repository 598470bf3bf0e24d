import type { TransferInCommand } from './command';
import type { Draft } from './draft';
import { changeByTransfer } from './inside-move';
import { BALANCE_MAX_MINOR } from './money';
import type { Outcome } from './outcome';
import { InvariantViolation } from './invariant-violation';
import { type Arrival, arrivalKey } from './transfer';

/**
 * Lets a transfer arrive, once. Money in transit is never turned back: neither the account's status nor a newer
 * placement matters, and a row that was closed takes it and is emptied again.
 *
 * @throws InvariantViolation when another transfer has arrived under its id: were this one taken for it, its departure
 *   would be marked as done and its money would be nowhere
 */
export function transferIn(draft: Draft, command: TransferInCommand): Outcome {
  const key = arrivalKey(command.accountId, command.transferId);
  const earlier = draft.arrival(key);
  if (earlier) {
    assertSame(earlier, command);
    return { kind: 'alreadyArrived' };
  }

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

function assertSame(stored: Arrival, wanted: TransferInCommand): void {
  const [arrived, arriving] = [describe(stored), describe(wanted)];
  if (arrived === arriving) return;
  throw new InvariantViolation(
    `transfer "${wanted.transferId}" of ${wanted.accountId} is to arrive with ${arriving}, and has arrived with ${arrived}`,
  );
}

function describe({ amountMinor, fromShard, fromSubAccount, toSubAccount }: Arrival): string {
  return `${amountMinor} from ${fromShard}/${fromSubAccount} to row ${toSubAccount}`;
}
