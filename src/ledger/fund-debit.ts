import type { DebitCommand } from './command';
import type { Draft } from './draft';
import { moveInside } from './inside-move';
import type { Outcome } from './outcome';
import { planDraw } from './plan-draw';
import type { SubAccount } from './sub-account';

/**
 * Finds the money that a command takes: in its home row, which first draws on the account's other rows of this shard when
 * it is short.
 *
 * @param row the home row, which admitted the command
 * @returns the home row with enough in it, or the refusal
 */
export function fundDebit(
  draft: Draft,
  command: DebitCommand,
  row: SubAccount,
): Outcome | { readonly kind: 'funded'; readonly row: SubAccount } {
  if (row.accountStatus === 'frozen') return draft.refuse(command, { kind: 'accountFrozen' });
  if (row.availableMinor >= command.amountMinor) return { kind: 'funded', row };

  const rows = draft.wholeAccount(command.accountId);
  if (!rows) return { kind: 'insufficientFunds', availableMinor: row.availableMinor };
  const funded = drawOnSiblings(draft, command, rows);
  if (funded) return { kind: 'funded', row: funded };

  // The account's rows on other shards may still hold the money: the engine's collector brings it home, if so.
  const availableMinor = rows.reduce((sum, sibling) => sum + sibling.availableMinor, 0n);
  return draft.refuse(command, { kind: 'insufficientFunds', availableMinor });
}

/** Lifts the home row with its siblings' money; `undefined`, and nothing moved, when they cannot. */
function drawOnSiblings(
  draft: Draft,
  command: DebitCommand,
  rows: readonly SubAccount[],
): SubAccount | undefined {
  const { accountId, subAccount, amountMinor } = command;
  const draws = planDraw(rows, { index: subAccount, amountMinor });
  if (!draws) return undefined;
  moveInside(draft, accountId, draws);
  return draft.row(accountId, subAccount);
}
