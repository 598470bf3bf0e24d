import type { ChargeAsked } from './allowance';
import type { Command, DeductCommand } from './command';
import type { Draft } from './draft';
import type { Entry } from './entry';
import { fundDebit } from './fund-debit';
import { InvariantViolation } from './invariant-violation';
import type { Outcome } from './outcome';
import { changeFromOutside, entryOf } from './outside-change';
import { planDraw } from './plan-draw';
import type { SubAccount } from './sub-account';

/** What is to be charged to budgets, in their rows of one index. */
export interface ChargedAmount {
  readonly charges: readonly ChargeAsked[];
  readonly subAccount: number;
  readonly amountMinor: bigint;
}

/**
 * Why an amount cannot be charged to one of some budgets; `undefined` when all of them can pay. It changes nothing: whatever is
 * short, account or budget, every row is left as it was.
 */
export function whyNotCharged(
  draft: Draft,
  command: Command,
  { charges, subAccount: index, amountMinor }: ChargedAmount,
): Outcome | undefined {
  for (const { allowanceId, step } of charges) {
    const row = draft.row(allowanceId, index);
    if (!row) {
      draft.askForRow(allowanceId, index);
      return { kind: 'fenced', epoch: step, fencedBy: allowanceId };
    }
    // A step that takes from the limit lifts the epoch: whoever has not heard of it may not go by the limit before it.
    if (row.epoch > step) return { kind: 'fenced', epoch: row.epoch, fencedBy: allowanceId };
  }
  for (const { allowanceId } of charges) {
    const availableMinor = draft.row(allowanceId, index)?.availableMinor ?? 0n;
    if (availableMinor >= amountMinor) continue;
    const rows = draft.wholeAccount(allowanceId);
    if (!rows) return { kind: 'insufficientFunds', availableMinor, shortOf: allowanceId };
    if (!planDraw(rows, { index, amountMinor }))
      return draft.refuse(command, {
        kind: 'insufficientFunds',
        availableMinor: rows.reduce((sum, row) => sum + row.availableMinor, 0n),
        shortOf: allowanceId,
      });
  }
  return undefined;
}

/** Charges budgets that `whyNotCharged` has found able to pay, and writes the deduction's entry with theirs. @returns that entry */
export function chargeBudgets(
  draft: Draft,
  command: DeductCommand,
  { charges, entry }: { readonly charges: readonly ChargeAsked[]; readonly entry: Entry },
): Entry {
  const charged = {
    ...entry,
    charges: charges.map(({ budgetId, allowanceId }) => ({ budgetId, allowanceId })),
  };
  draft.addEntry(charged);
  for (const { allowanceId } of charges) {
    const { amountMinor, subAccount } = entry;
    const funded = fundCharge(draft, command, { allowanceId, subAccount, amountMinor });
    const paid = changeFromOutside(funded, -amountMinor);
    draft.putRow(paid);
    const asked = { ...entry, accountId: allowanceId, reference: null, metadata: null };
    draft.addEntry(entryOf('deduction', asked, paid, draft.nextEntryUs));
  }
  return charged;
}

/** The row of an allowance, with an amount in it that `whyNotCharged` has found it able to pay. */
export function fundCharge(
  draft: Draft,
  command: Command,
  charge: { readonly allowanceId: string; readonly subAccount: number; readonly amountMinor: bigint },
): SubAccount {
  const { allowanceId, subAccount, amountMinor } = charge;
  const row = draft.row(allowanceId, subAccount);
  if (!row) throw new InvariantViolation(`"${allowanceId}" has no row ${subAccount} to be charged`);
  const funding = fundDebit(draft, command, { row, amountMinor });
  if (funding.kind !== 'funded') throw new InvariantViolation(`"${allowanceId}" cannot pay what it could`);
  return funding.row;
}
