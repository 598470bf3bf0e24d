import type { DeductCommand } from './command';
import type { Draft } from './draft';
import type { Outcome } from './outcome';
import { changeByTransfer, changeFromOutside, admit, entryOf } from './outside-change';
import { planDraw } from './plan-draw';
import type { SubAccount } from './sub-account';
import { drawTransferId } from './transfer';

/**
 * Takes an amount from the account: from its home row, which first draws on the account's other rows of this shard when
 * it is short.
 */
export function deduct(draft: Draft, command: DeductCommand): Outcome {
  const admission = admit(draft, command);
  if (admission.kind !== 'admitted') return admission;
  const { row } = admission;
  if (row.accountStatus === 'frozen') return draft.refuse(command, { kind: 'accountFrozen' });

  if (row.availableMinor >= command.amountMinor) return pay(draft, command, row);

  const rows = draft.wholeAccount(command.accountId);
  if (!rows) return { kind: 'insufficientFunds', availableMinor: row.availableMinor };
  const funded = drawOnSiblings(draft, command, rows);
  if (funded) return pay(draft, command, funded);

  // The account's rows on other shards may still hold the money: bringing it home is the collector's work, which will
  // take over here. Until then the shard's word is the answer.
  const availableMinor = rows.reduce((sum, sibling) => sum + sibling.availableMinor, 0n);
  return draft.refuse(command, { kind: 'insufficientFunds', availableMinor });
}

function pay(draft: Draft, command: DeductCommand, row: SubAccount): Outcome {
  const paid = changeFromOutside(row, -command.amountMinor);
  const entry = entryOf('deduction', command, paid, draft.nextEntryUs);
  draft.putRow(paid);
  draft.addEntry(entry);
  return { kind: 'applied', entry, departures: [] };
}

/** Lifts the home row with its siblings' money; `undefined`, and nothing moved, when they cannot. */
function drawOnSiblings(
  draft: Draft,
  command: DeductCommand,
  rows: readonly SubAccount[],
): SubAccount | undefined {
  const draws = planDraw(rows, { index: command.subAccount, amountMinor: command.amountMinor });
  if (!draws) return undefined;

  const byIndex = new Map(rows.map((row) => [row.index, row]));
  let home = required(byIndex.get(command.subAccount));
  for (const draw of draws) {
    const donor = changeByTransfer(required(byIndex.get(draw.from)), -draw.amountMinor);
    home = changeByTransfer(home, draw.amountMinor);
    draft.putRow(donor);
    draft.addLocalMove({
      accountId: command.accountId,
      transferId: drawTransferId(donor.index, donor.version),
      amountMinor: draw.amountMinor,
      fromSubAccount: donor.index,
      toSubAccount: home.index,
    });
  }
  return home;
}

function required(row: SubAccount | undefined): SubAccount {
  if (!row) throw new RangeError('a draw names a row that is not loaded');
  return row;
}
