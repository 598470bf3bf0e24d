import type { Command } from './command';
import type { Draft } from './draft';
import { moveInside } from './inside-move';
import type { Outcome } from './outcome';
import { planDraw } from './plan-draw';
import type { SubAccount } from './sub-account';

/**
 * Finds the money that a command takes: in its row, which first draws on the account's other rows of this shard when
 * it is short.
 *
 * @param from the row, which admitted the command, and what is to be in it
 * @returns the row with enough in it, or the refusal
 */
export function fundDebit(
  draft: Draft,
  command: Command,
  from: { readonly row: SubAccount; readonly amountMinor: bigint },
): Outcome | { readonly kind: 'funded'; readonly row: SubAccount } {
  const { row, amountMinor } = from;
  if (row.accountStatus === 'frozen') return draft.refuse(command, { kind: 'accountFrozen' });
  if (row.accountStatus === 'overLimit')
    return draft.refuse(command, { kind: 'insufficientFunds', availableMinor: 0n });
  if (row.availableMinor >= amountMinor) return { kind: 'funded', row };

  const rows = draft.wholeAccount(row.accountId);
  if (!rows) return { kind: 'insufficientFunds', availableMinor: row.availableMinor };
  const funded = drawOnSiblings(draft, from, rows);
  if (funded) return { kind: 'funded', row: funded };

  // The account's rows on other shards may still hold the money: the engine's collector brings it home, if so.
  const availableMinor = rows.reduce((sum, sibling) => sum + sibling.availableMinor, 0n);
  return draft.refuse(command, { kind: 'insufficientFunds', availableMinor });
}

/** Lifts the row with its siblings' money; `undefined`, and nothing moved, when they cannot. */
function drawOnSiblings(
  draft: Draft,
  { row: { accountId, index }, amountMinor }: { readonly row: SubAccount; readonly amountMinor: bigint },
  rows: readonly SubAccount[],
): SubAccount | undefined {
  const draws = planDraw(rows, { index, amountMinor });
  if (!draws) return undefined;
  moveInside(draft, accountId, draws);
  return draft.row(accountId, index);
}
