import type { TransferOutCommand } from './command';
import type { Draft } from './draft';
import { changeByTransfer, moveInside } from './inside-move';
import { BALANCE_MAX_MINOR, lesser } from './money';
import type { Outcome } from './outcome';
import { planDraw } from './plan-draw';
import type { SubAccount } from './sub-account';
import type { Departure } from './transfer';

/**
 * Sends up to an amount of the account's money to another shard, as one departure: from the row that can best spare it,
 * which first draws on the others when it has less. Neither the account's status nor a newer placement matters: money
 * may always move inside the account.
 */
export function transferOut(draft: Draft, command: TransferOutCommand): Outcome {
  const { accountId, transferId } = command;
  const earlier = draft.departure(accountId, transferId);
  if (earlier) return { kind: 'departed', departure: earlier };

  const rows = draft.wholeAccount(accountId);
  if (!rows) return { kind: 'departed', departure: undefined };
  const total = rows.reduce((sum, row) => sum + row.availableMinor, 0n);
  // No more than a row can take at once, or it would never arrive.
  const amountMinor = lesser(lesser(total, command.amountMaxMinor), BALANCE_MAX_MINOR);
  const sender = bestDonor(rows);
  // Nothing to take is no trace, so before saying so it must be known that nothing left under this id earlier.
  if (!sender || amountMinor === 0n) return draft.refuse(command, { kind: 'departed', departure: undefined });

  if (sender.availableMinor < amountMinor)
    moveInside(draft, accountId, planDraw(rows, { index: sender.index, amountMinor }) ?? []);
  const before = draft.row(accountId, sender.index) ?? sender;
  const after = changeByTransfer(before, -amountMinor);
  const departure: Departure = {
    accountId,
    transferId,
    amountMinor,
    fromSubAccount: sender.index,
    toSubAccount: command.toSubAccount,
    toShard: command.toShard,
  };
  draft.putRow(after);
  draft.addDeparture(departure, after.version);
  return { kind: 'departed', departure };
}

/** The richest row that is being emptied, or else the richest. */
function bestDonor(rows: readonly SubAccount[]): SubAccount | undefined {
  return rows.reduce<SubAccount | undefined>((best, row) => {
    if (!best) return row;
    const [drains, bestDrains] = [isDraining(row), isDraining(best)];
    if (drains !== bestDrains) return drains ? row : best;
    return row.availableMinor > best.availableMinor ? row : best;
  }, undefined);
}

function isDraining(row: SubAccount): boolean {
  return row.state !== 'open' && row.availableMinor > 0n;
}
