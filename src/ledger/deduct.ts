import type { DeductCommand } from './command';
import type { Draft } from './draft';
import { moveInside } from './inside-move';
import type { Outcome } from './outcome';
import { admit, changeFromOutside, entryOf } from './outside-change';
import { planDraw } from './plan-draw';
import type { SubAccount } from './sub-account';

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

  // The account's rows on other shards may still hold the money: the engine's collector brings it home, if so.
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
  const { accountId, subAccount, amountMinor } = command;
  const draws = planDraw(rows, { index: subAccount, amountMinor });
  if (!draws) return undefined;
  moveInside(draft, accountId, draws);
  return draft.row(accountId, subAccount);
}
