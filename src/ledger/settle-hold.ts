import { type HeldPart, partsInBudgets } from './budgeted-hold';
import type { CancelCommand, ExpireCommand } from './command';
import type { Draft } from './draft';
import { type Hold, type HoldState, UNCHANGED } from './hold';
import type { Outcome } from './outcome';
import { admitToRow, changeFromOutside, entryOf } from './outside-change';
import { isOver, notHere } from './standing-hold';
import type { SubAccount } from './sub-account';

/**
 * Releases what is held, whatever the account's status. A cancel that comes before its try leaves a tombstone, so that the
 * try is refused when it comes after all.
 */
export function cancel(draft: Draft, command: CancelCommand): Outcome {
  const hold = draft.hold(command.accountId, command.holdId);
  if (!hold) {
    // Wherever it is found that the key is something else's, no hold can come under it.
    if (draft.entry(command.accountId, command.holdId)) return { kind: 'keyReused' };
    return command.leaveTombstone ? leaveTombstone(draft, command) : notHere(draft, command);
  }
  if (hold.state === 'confirmed') return { kind: 'holdAlreadyConfirmed' };
  if (hold.state !== 'held') return { kind: 'holdSettled', hold, replayed: true };

  const row = draft.pinnedRow(command.accountId, hold.subAccount);
  if (!row) return { kind: 'holdNotHere' };
  if (row.epoch > command.epoch) return { kind: 'fenced', epoch: row.epoch };
  return release(draft, { hold, row }, 'cancelled');
}

/** Releases what is held if its time is over. */
export function expire(draft: Draft, command: ExpireCommand): Outcome {
  const hold = draft.hold(command.accountId, command.holdId);
  if (!hold) return { kind: 'holdNotHere' };
  if (hold.state !== 'held') return { kind: 'holdSettled', hold, replayed: true };

  const row = draft.pinnedRow(command.accountId, hold.subAccount);
  if (!row) return { kind: 'holdNotHere' };
  if (!isOver(draft, hold)) return { kind: 'holdStands' };
  return release(draft, { hold, row }, 'expired');
}

function leaveTombstone(draft: Draft, command: CancelCommand): Outcome {
  const { accountId, holdId, fingerprint } = command;
  const admission = admitToRow(draft, command);
  if (admission.kind !== 'admitted') return admission;

  const row = changeFromOutside(admission.row, 0n);
  const nothing = { amountMinor: 0n, fingerprint, reference: null, metadata: null };
  const createdAtUs = draft.nextEntryUs;
  const hold: Hold = {
    accountId,
    holdId,
    ...nothing,
    subAccount: row.index,
    confirmedMinor: 0n,
    ...UNCHANGED,
    state: 'cancelled',
    expiresAtUs: draft.nowUs,
    version: row.version,
    settledVersion: row.version,
    createdAtUs,
  };
  draft.putRow(row);
  draft.addEntry(entryOf('hold', { accountId, requestId: holdId, ...nothing }, row, createdAtUs));
  draft.putHold(hold);
  return { kind: 'holdSettled', hold, replayed: false };
}

/** The row with the hold's money available again, or a part of it; not a change of its own yet. */
export function released(row: SubAccount, { amountMinor }: Pick<Hold, 'amountMinor'>): SubAccount {
  return {
    ...row,
    heldMinor: row.heldMinor - amountMinor,
    availableMinor: row.availableMinor + amountMinor,
  };
}

/** The account has it back, and each budget the period that it was taken from, be that over or not. */
function release(draft: Draft, part: HeldPart, state: HoldState): Outcome {
  const inBudgets = partsInBudgets(draft, part.hold);
  if (!inBudgets) return { kind: 'holdNotHere' };
  for (const each of inBudgets) releasePart(draft, each, state);
  return releasePart(draft, part, state);
}

function releasePart(draft: Draft, part: HeldPart, state: HoldState): Outcome {
  const row = changeFromOutside(released(part.row, part.hold), 0n);
  draft.putRow(row);
  return settled(draft, part.hold, { state, confirmedMinor: 0n, row });
}

/** Brings a hold to its end. */
export function settled(
  draft: Draft,
  hold: Hold,
  end: { readonly state: HoldState; readonly confirmedMinor: bigint; readonly row: SubAccount },
): Outcome {
  const { state, confirmedMinor, row } = end;
  const after: Hold = { ...hold, state, confirmedMinor, settledVersion: row.version };
  draft.putHold(after);
  return { kind: 'holdSettled', hold: after, replayed: false };
}
