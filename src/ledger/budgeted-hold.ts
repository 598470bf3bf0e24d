import { whyNotCharged } from './charge-budgets';
import type { ConfirmCommand, RaiseCommand } from './command';
import type { Draft } from './draft';
import type { Hold } from './hold';
import type { Outcome } from './outcome';
import type { SubAccount } from './sub-account';

/** A hold and its row: that of the account, or what the same hold has set aside in one of its budgets. */
export interface HeldPart {
  readonly hold: Hold;
  readonly row: SubAccount;
}

/**
 * What a hold has set aside in its budgets, in the order in which it names them; none for a hold without budgets. `undefined` while
 * some of it is not loaded, which is then asked for.
 */
export function partsInBudgets(draft: Draft, { holdId, subAccount, charges = [] }: Hold) {
  const parts: HeldPart[] = [];
  for (const { allowanceId } of charges) {
    const row = draft.allowanceRow(allowanceId, subAccount);
    const hold = draft.allowanceHold(allowanceId, holdId);
    if (row && hold) parts.push({ hold, row });
  }
  return parts.length === charges.length ? parts : undefined;
}

/** Why no more can be set aside for a hold in its budgets, whose parts are loaded; `undefined` when all of them can pay. */
export function whyNotRaised(
  draft: Draft,
  command: ConfirmCommand | RaiseCommand,
  { hold, amountMinor }: { readonly hold: Hold; readonly amountMinor: bigint },
): Outcome | undefined {
  const { charges = [], subAccount } = hold;
  if (charges.length === 0) return undefined;
  const asked = command.charges ?? [];
  const isOfThis = charges.every(({ allowanceId }, at) => asked[at]?.allowanceId === allowanceId);
  if (!isOfThis) return { kind: 'stepsNeeded', charges };
  const refusal = whyNotCharged(draft, command, { charges: asked, subAccount, amountMinor });
  return refusal?.kind === 'insufficientFunds' ? { ...refusal, askedMinor: amountMinor } : refusal;
}
