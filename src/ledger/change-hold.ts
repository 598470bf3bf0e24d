import { type HeldPart, partsInBudgets, whyNotRaised } from './budgeted-hold';
import { fundCharge } from './charge-budgets';
import type { ConfirmCommand, ExtendCommand, RaiseCommand } from './command';
import type { Draft } from './draft';
import { fundDebit } from './fund-debit';
import { type Hold, totalMinor, triedMinor } from './hold';
import { raiseKey } from './identifiers';
import type { Outcome } from './outcome';
import { admitToRow, changeFromOutside, entryOf } from './outside-change';
import { asItIs, notHere, standing } from './standing-hold';

/**
 * Lets a hold last until so long from now. It is never shortened by that, so one that comes twice does no harm, and it ends at the
 * latest when no hold may last longer.
 */
export function extend(draft: Draft, command: ExtendCommand): Outcome {
  const hold = draft.hold(command.accountId, command.holdId);
  if (!hold) return notHere(draft, command);
  const stands = standing(draft, command, hold);
  if (stands.kind !== 'standing') return stands;

  const latestUs = hold.createdAtUs + command.lastsUsMax;
  const expiresAtUs = Math.min(draft.nowUs + command.expiresInUs, latestUs);
  if (expiresAtUs <= hold.expiresAtUs) return asItIs(hold);
  const after: Hold = { ...hold, expiresAtUs };
  draft.putHold(after);
  return { kind: 'holdChanged', hold: after, replayed: false };
}

/**
 * Sets so much more aside that the hold comes to an amount in all. What it has come to only rises, so one that comes twice, or late,
 * finds that it was done; and one that names no more than the try asked for can be no repetition.
 */
export function raise(draft: Draft, command: RaiseCommand): Outcome {
  const hold = draft.hold(command.accountId, command.holdId);
  if (!hold) return notHere(draft, command);
  const moreMinor = command.amountMinor - totalMinor(hold);
  if (moreMinor <= 0n) {
    const tried = triedMinor(hold);
    return command.amountMinor > tried ? asItIs(hold) : { kind: 'raiseTooLow', triedMinor: tried };
  }
  const stands = standing(draft, command, hold);
  if (stands.kind !== 'standing') return stands;

  const raised = raiseBy(draft, command, { hold, row: stands.row, amountMinor: moreMinor });
  if (raised.kind !== 'raised') return raised;
  return { kind: 'holdChanged', hold: raised.hold, replayed: false };
}

export type Raised = Outcome | ({ readonly kind: 'raised' } & HeldPart);

/**
 * Sets more aside for a hold, in its row and in those of its budgets, as a deduction would be paid there and charged to the periods
 * that the hold was taken in. The mark of it takes a key that names what the hold comes to.
 */
export function raiseBy(
  draft: Draft,
  command: RaiseCommand | ConfirmCommand,
  by: HeldPart & { readonly amountMinor: bigint },
): Raised {
  const { hold, amountMinor } = by;
  const admission = admitToRow(draft, { ...command, subAccount: by.row.index });
  if (admission.kind !== 'admitted') return admission;
  const inBudgets = partsInBudgets(draft, hold);
  if (!inBudgets) return { kind: 'holdNotHere' };
  const refusal = whyNotRaised(draft, command, by);
  if (refusal) return refusal;
  const funding = fundDebit(draft, command, by);
  if (funding.kind === 'insufficientFunds') return { ...funding, askedMinor: amountMinor };
  if (funding.kind !== 'funded') return funding;

  const { subAccount } = hold;
  for (const { hold: part } of inBudgets) {
    const row = fundCharge(draft, command, { allowanceId: part.accountId, subAccount, amountMinor });
    raisePart(draft, command, { hold: part, row, amountMinor });
  }
  return { kind: 'raised', ...raisePart(draft, command, { hold, row: funding.row, amountMinor }) };
}

/** @param by with the amount available in the row */
function raisePart(
  draft: Draft,
  { fingerprint }: RaiseCommand | ConfirmCommand,
  by: HeldPart & { readonly amountMinor: bigint },
): HeldPart {
  const { amountMinor } = by;
  const row = changeFromOutside(
    {
      ...by.row,
      availableMinor: by.row.availableMinor - amountMinor,
      heldMinor: by.row.heldMinor + amountMinor,
    },
    0n,
  );
  const hold: Hold = {
    ...by.hold,
    amountMinor: by.hold.amountMinor + amountMinor,
    raisedMinor: by.hold.raisedMinor + amountMinor,
    changedVersion: row.version,
  };
  const { accountId, holdId, charges } = hold;
  const requestId = raiseKey(holdId, totalMinor(hold));
  const mark = { accountId, requestId, amountMinor, fingerprint, reference: null, metadata: null };
  draft.putRow(row);
  draft.putHold(hold);
  draft.addEntry({
    ...entryOf('hold-raise', mark, row, draft.nextEntryUs),
    ...(charges && { charges }),
  });
  return { hold, row };
}
