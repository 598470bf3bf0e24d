import type { CancelCommand, ConfirmCommand, ExtendCommand, RaiseCommand } from './command';
import type { Draft } from './draft';
import type { Hold } from './hold';
import type { Outcome } from './outcome';
import { admitToRow } from './outside-change';
import type { SubAccount } from './sub-account';

export type Standing = Outcome | { readonly kind: 'standing'; readonly row: SubAccount };

/**
 * The row of a hold that something may still be done to, or why nothing may. The account's status does not matter: the money was
 * promised before, and a closed account has no hold. A hold whose time is over does not stand, whether or not it was found to have
 * expired: the clock is read under the row's lock, so whatever is done to it and its expiry have one winner.
 */
export function standing(
  draft: Draft,
  command: ConfirmCommand | ExtendCommand | RaiseCommand,
  hold: Hold,
): Standing {
  if (hold.state === 'confirmed') return { kind: 'holdAlreadyConfirmed' };
  if (hold.state !== 'held') return alreadyOver(hold.state === 'expired');

  const row = draft.pinnedRow(command.accountId, hold.subAccount);
  if (!row) return { kind: 'holdNotHere' };
  if (row.epoch > command.epoch) return { kind: 'fenced', epoch: row.epoch };
  return isOver(draft, hold) ? alreadyOver(true) : { kind: 'standing', row };
}

/** What was asked for had been done before: the hold as it is by now. */
export function asItIs(hold: Hold): Outcome {
  return { kind: hold.state === 'held' ? 'holdChanged' : 'holdSettled', hold, replayed: true };
}

export function isOver(draft: Draft, { expiresAtUs }: Hold): boolean {
  return draft.nowUs >= expiresAtUs;
}

/** Said by the row that the hold would be in, so that an instance with an old placement cannot say it. */
export function notHere(
  draft: Draft,
  command: ConfirmCommand | CancelCommand | ExtendCommand | RaiseCommand,
): Outcome {
  const admission = admitToRow(draft, command);
  return admission.kind === 'fenced' ? admission : { kind: 'holdNotHere' };
}

function alreadyOver(isExpired: boolean): Outcome {
  return { kind: 'holdAlreadyCancelled', ...(isExpired && { isExpired }) };
}
