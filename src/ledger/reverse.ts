import type { ReverseCommand } from './command';
import type { Draft } from './draft';
import type { Entry } from './entry';
import { confirmationKey, reversalKey } from './identifiers';
import { BALANCE_MAX_MINOR } from './money';
import type { Outcome } from './outcome';
import { admitToRow, changeFromOutside, entryOf } from './outside-change';

/**
 * Gives a deduction back, or a part of it, to the row that it was taken from. All reversals of one deduction lock that
 * row, so together they never give back more than it took. A row out of use takes the money and is emptied again; a
 * frozen account takes it as it takes credits.
 */
export function reverse(draft: Draft, command: ReverseCommand): Outcome {
  const { accountId, reverses, fingerprint, reference, metadata } = command;
  const requestId = reversalKey(reverses, command.requestId);
  const earlier = draft.entry(accountId, requestId);
  if (earlier)
    return earlier.fingerprint === fingerprint ? { kind: 'replayed', entry: earlier } : { kind: 'keyReused' };

  const deduction = reversedEntry(draft, command);
  if (!deduction) {
    const admission = admitToRow(draft, command);
    return admission.kind === 'fenced' ? admission : { kind: 'deductionNotHere' };
  }
  const pinned = draft.pinnedRow(accountId, deduction.subAccount);
  if (!pinned) return { kind: 'deductionNotHere' };
  const admission = admitToRow(draft, { ...command, subAccount: pinned.index });
  if (admission.kind !== 'admitted') return admission;
  const { row } = admission;

  const before = draft.reversal(accountId, reverses);
  const leftMinor = deduction.amountMinor - (before?.reversedMinor ?? 0n);
  const amountMinor = command.amountMinor ?? leftMinor;
  if (leftMinor === 0n || amountMinor > leftMinor) return { kind: 'reversalExceedsDeduction', leftMinor };
  if (row.availableMinor + row.heldMinor + amountMinor > BALANCE_MAX_MINOR)
    return { kind: 'balanceLimitExceeded' };

  const after = changeFromOutside(row, amountMinor);
  const entry = entryOf(
    'reversal',
    { accountId, requestId, amountMinor, fingerprint, reference, metadata },
    after,
    draft.nextEntryUs,
  );
  draft.putRow(after);
  draft.addEntry(entry);
  draft.addReversal({
    accountId,
    reverses,
    number: (before?.number ?? 0) + 1,
    reversedMinor: (before?.reversedMinor ?? 0n) + amountMinor,
    subAccount: after.index,
    version: after.version,
  });
  return { kind: 'applied', entry, departures: [] };
}

/** The deduction under a request id, or the confirmation of the hold under it. */
function reversedEntry(draft: Draft, { accountId, reverses }: ReverseCommand): Entry | undefined {
  const entry = draft.entry(accountId, reverses);
  if (entry?.kind === 'hold') return draft.entry(accountId, confirmationKey(reverses));
  return entry?.kind === 'deduction' ? entry : undefined;
}
