import type { ConfirmCommand, ExtendCommand, RaiseCommand } from './command';
import type { Draft } from './draft';
import { fundDebit } from './fund-debit';
import { type Hold, totalMinor, triedMinor } from './hold';
import { raiseKey } from './identifiers';
import type { Outcome } from './outcome';
import { admitToRow, changeFromOutside, entryOf } from './outside-change';
import { asItIs, notHere, standing } from './standing-hold';
import type { SubAccount } from './sub-account';

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
  draft.putHold(raised.hold);
  return { kind: 'holdChanged', hold: raised.hold, replayed: false };
}

export type Raised = Outcome | { readonly kind: 'raised'; readonly hold: Hold; readonly row: SubAccount };

/**
 * Sets more aside for a hold, in its row, as a deduction would be paid there. The mark of it takes a key that names what the hold
 * comes to. The row is put; the hold is the caller's to put.
 */
export function raiseBy(
  draft: Draft,
  command: RaiseCommand | ConfirmCommand,
  by: { readonly hold: Hold; readonly row: SubAccount; readonly amountMinor: bigint },
): Raised {
  const { hold, amountMinor } = by;
  const admission = admitToRow(draft, { ...command, subAccount: by.row.index });
  if (admission.kind !== 'admitted') return admission;
  const funding = fundDebit(draft, command, by);
  if (funding.kind === 'insufficientFunds') return { ...funding, askedMinor: amountMinor };
  if (funding.kind !== 'funded') return funding;

  const row = changeFromOutside(
    {
      ...funding.row,
      availableMinor: funding.row.availableMinor - amountMinor,
      heldMinor: funding.row.heldMinor + amountMinor,
    },
    0n,
  );
  const after: Hold = {
    ...hold,
    amountMinor: hold.amountMinor + amountMinor,
    raisedMinor: hold.raisedMinor + amountMinor,
    changedVersion: row.version,
  };
  const { accountId, holdId } = hold;
  const requestId = raiseKey(holdId, totalMinor(after));
  const { fingerprint } = command;
  const mark = { accountId, requestId, amountMinor, fingerprint, reference: null, metadata: null };
  draft.putRow(row);
  draft.addEntry(entryOf('hold-raise', mark, row, draft.nextEntryUs));
  return { kind: 'raised', hold: after, row };
}
