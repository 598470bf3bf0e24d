import { type HeldPart, partsInBudgets } from './budgeted-hold';
import { raiseBy } from './change-hold';
import type { ConfirmCommand } from './command';
import type { Draft } from './draft';
import { type Hold, totalMinor } from './hold';
import { confirmationKey } from './identifiers';
import { AMOUNT_MAX_MINOR } from './money';
import type { Outcome } from './outcome';
import { changeFromOutside, entryOf } from './outside-change';
import { released, settled } from './settle-hold';
import { asItIs, notHere, standing } from './standing-hold';

/**
 * Captures a hold: takes what is held, or a part of it. The last capture releases the rest; after the others the rest stays held.
 *
 * A capture is known by its own id among those of its hold. The last one needs none, because a hold has one end: the same amount
 * again is the same capture.
 */
export function confirm(draft: Draft, command: ConfirmCommand): Outcome {
  const hold = draft.hold(command.accountId, command.holdId);
  if (!hold) return notHere(draft, command);
  const earlier = earlierCapture(draft, command, hold);
  if (earlier) return earlier;
  const stands = standing(draft, command, hold);
  return stands.kind === 'standing' ? capture(draft, command, { hold, row: stands.row }) : stands;
}

function earlierCapture(draft: Draft, command: ConfirmCommand, hold: Hold): Outcome | undefined {
  const { accountId, holdId, captureId, amountMinor, isFinal, fingerprint } = command;
  const entry = captureId === null ? undefined : draft.entry(accountId, confirmationKey(holdId, captureId));
  if (entry) return entry.fingerprint === fingerprint ? asItIs(hold) : { kind: 'keyReused' };
  if (hold.state !== 'confirmed') return undefined;
  // The last capture of a hold that had nothing left made no entry, whatever its id.
  const foundNothing = isFinal && amountMinor === null && hold.confirmedMinor === 0n;
  const isSameEnd = captureId === null && (amountMinor ?? hold.amountMinor) === hold.confirmedMinor;
  return isSameEnd || foundNothing ? asItIs(hold) : undefined;
}

/**
 * What is above the hold is set aside for it first, so that all of a capture is taken out of what is held. Like a try and a raise, no
 * capture lets a hold come to more than an amount may be.
 */
function capture(draft: Draft, command: ConfirmCommand, { hold, row }: HeldPart): Outcome {
  const amountMinor = command.amountMinor ?? hold.amountMinor;
  const moreMinor = amountMinor - hold.amountMinor;
  const hasNothing = amountMinor === 0n && !command.isFinal;
  const hasTooMuch = totalMinor(hold) + moreMinor > AMOUNT_MAX_MINOR;
  if (hasNothing || (moreMinor > 0n && (!command.mayTakeMore || hasTooMuch)))
    return { kind: 'confirmExceedsHold', heldMinor: hold.amountMinor };
  if (moreMinor <= 0n) return take(draft, command, { hold, row, amountMinor });
  const raised = raiseBy(draft, command, { hold, row, amountMinor: moreMinor });
  return raised.kind === 'raised' ? take(draft, command, { ...raised, amountMinor }) : raised;
}

type Captured = HeldPart & { readonly amountMinor: bigint };

/** Takes it from the account and from the periods of its budgets that it was set aside in. */
function take(draft: Draft, command: ConfirmCommand, captured: Captured): Outcome {
  const inBudgets = partsInBudgets(draft, captured.hold);
  if (!inBudgets) return { kind: 'holdNotHere' };
  const { amountMinor } = captured;
  const withoutNotes = { ...command, reference: null, metadata: null };
  for (const part of inBudgets) takePart(draft, withoutNotes, { ...part, amountMinor });
  return takePart(draft, command, captured);
}

function takePart(draft: Draft, command: ConfirmCommand, from: Captured): Outcome {
  const { hold, amountMinor } = from;
  const releasedMinor = command.isFinal ? hold.amountMinor : amountMinor;
  const row = changeFromOutside(released(from.row, { amountMinor: releasedMinor }), -amountMinor);
  draft.putRow(row);
  if (amountMinor > 0n) addEntry(draft, command, { hold, row, amountMinor });
  if (command.isFinal) return settled(draft, hold, { state: 'confirmed', confirmedMinor: amountMinor, row });
  const after: Hold = {
    ...hold,
    amountMinor: hold.amountMinor - amountMinor,
    capturedMinor: hold.capturedMinor + amountMinor,
    changedVersion: row.version,
  };
  draft.putHold(after);
  return { kind: 'holdChanged', hold: after, replayed: false };
}

function addEntry(draft: Draft, command: ConfirmCommand, { hold, row, amountMinor }: Captured): void {
  const { accountId, holdId, charges } = hold;
  const requestId = confirmationKey(holdId, command.captureId);
  const reference = command.reference ?? hold.reference;
  const metadata = command.metadata ?? hold.metadata;
  const { fingerprint } = command;
  const source = { accountId, requestId, amountMinor, fingerprint, reference, metadata };
  draft.addEntry({
    ...entryOf('hold-confirmation', source, row, draft.nextEntryUs),
    ...(charges && { charges }),
  });
}
