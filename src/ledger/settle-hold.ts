import type { CancelCommand, ConfirmCommand, ExpireCommand } from './command';
import type { Draft } from './draft';
import type { Hold, HoldState } from './hold';
import { confirmationKey } from './identifiers';
import type { Outcome } from './outcome';
import { admitToRow, changeFromOutside, entryOf } from './outside-change';
import type { SubAccount } from './sub-account';

/**
 * Takes what is held, or a part of it, and releases the rest. The account's status does not matter: the money was
 * promised before, and a closed account has no hold. A hold whose time is over is not confirmed, whether or not it was
 * found to have expired: the clock is read under the row's lock, so confirm and expiry have one winner.
 */
export function confirm(draft: Draft, command: ConfirmCommand): Outcome {
  const hold = draft.hold(command.accountId, command.holdId);
  if (!hold) return notHere(draft, command);
  const amountMinor = command.amountMinor ?? hold.amountMinor;
  if (hold.state === 'confirmed')
    return hold.confirmedMinor === amountMinor
      ? { kind: 'holdSettled', hold, replayed: true }
      : { kind: 'holdAlreadyConfirmed' };
  if (hold.state !== 'held') return alreadyOver(hold.state === 'expired');

  const row = draft.pinnedRow(command.accountId, hold.subAccount);
  if (!row) return { kind: 'holdNotHere' };
  if (row.epoch > command.epoch) return { kind: 'fenced', epoch: row.epoch };
  if (isOver(draft, hold)) return alreadyOver(true);
  if (amountMinor > hold.amountMinor) return { kind: 'confirmExceedsHold', heldMinor: hold.amountMinor };

  const paid = changeFromOutside(released(row, hold), -amountMinor);
  const { accountId, holdId, reference, metadata } = hold;
  const { fingerprint } = command;
  draft.putRow(paid);
  draft.addEntry(
    entryOf(
      'hold-confirmation',
      { accountId, requestId: confirmationKey(holdId), amountMinor, fingerprint, reference, metadata },
      paid,
      draft.nextEntryUs,
    ),
  );
  return settled(draft, hold, { state: 'confirmed', confirmedMinor: amountMinor, row: paid });
}

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
  return release(draft, hold, { state: 'cancelled', row });
}

/** Releases what is held if its time is over. */
export function expire(draft: Draft, command: ExpireCommand): Outcome {
  const hold = draft.hold(command.accountId, command.holdId);
  if (!hold) return { kind: 'holdNotHere' };
  if (hold.state !== 'held') return { kind: 'holdSettled', hold, replayed: true };

  const row = draft.pinnedRow(command.accountId, hold.subAccount);
  if (!row) return { kind: 'holdNotHere' };
  if (!isOver(draft, hold)) return { kind: 'holdStands' };
  return release(draft, hold, { state: 'expired', row });
}

function alreadyOver(isExpired: boolean): Outcome {
  return { kind: 'holdAlreadyCancelled', ...(isExpired && { isExpired }) };
}

function isOver(draft: Draft, { expiresAtUs }: Hold): boolean {
  return draft.nowUs >= expiresAtUs;
}

/** Said by the row that the hold would be in, so that an instance with an old placement cannot say it. */
function notHere(draft: Draft, command: ConfirmCommand | CancelCommand): Outcome {
  const admission = admitToRow(draft, command);
  return admission.kind === 'fenced' ? admission : { kind: 'holdNotHere' };
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

/** The row with the hold's money available again; not a change of its own yet. */
export function released(row: SubAccount, { amountMinor }: Hold): SubAccount {
  return {
    ...row,
    heldMinor: row.heldMinor - amountMinor,
    availableMinor: row.availableMinor + amountMinor,
  };
}

function release(
  draft: Draft,
  hold: Hold,
  end: { readonly state: HoldState; readonly row: SubAccount },
): Outcome {
  const row = changeFromOutside(released(end.row, hold), 0n);
  draft.putRow(row);
  return settled(draft, hold, { state: end.state, confirmedMinor: 0n, row });
}

function settled(
  draft: Draft,
  hold: Hold,
  end: { readonly state: HoldState; readonly confirmedMinor: bigint; readonly row: SubAccount },
): Outcome {
  const { state, confirmedMinor, row } = end;
  const after: Hold = { ...hold, state, confirmedMinor, settledVersion: row.version };
  draft.putHold(after);
  return { kind: 'holdSettled', hold: after, replayed: false };
}
