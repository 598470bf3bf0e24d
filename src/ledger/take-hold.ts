import type { HoldCommand } from './command';
import type { Draft } from './draft';
import { fundDebit } from './fund-debit';
import { type Hold, isTombstone, UNCHANGED } from './hold';
import type { Outcome } from './outcome';
import { admitToRow, changeFromOutside, entryOf } from './outside-change';

/**
 * Sets an amount of the account's money aside, in its home row. A mark among the entries takes the hold's key, so that
 * nothing else is done under it.
 */
export function takeHold(draft: Draft, command: HoldCommand): Outcome {
  const earlier = earlierTry(draft, command);
  if (earlier) return earlier;
  const admission = admitToRow(draft, command);
  if (admission.kind !== 'admitted') return admission;
  const funding = fundDebit(draft, command, { row: admission.row, amountMinor: command.amountMinor });
  if (funding.kind !== 'funded') return funding;

  const { accountId, requestId: holdId, amountMinor, fingerprint, reference, metadata } = command;
  const { row } = funding;
  const held = changeFromOutside(
    {
      ...row,
      availableMinor: row.availableMinor - amountMinor,
      heldMinor: row.heldMinor + amountMinor,
    },
    0n,
  );
  const createdAtUs = draft.nextEntryUs;
  const hold: Hold = {
    accountId,
    holdId,
    subAccount: held.index,
    amountMinor,
    confirmedMinor: 0n,
    ...UNCHANGED,
    state: 'held',
    expiresAtUs: draft.nowUs + command.expiresInUs,
    version: held.version,
    settledVersion: null,
    fingerprint,
    reference,
    metadata,
    createdAtUs,
  };
  draft.putRow(held);
  // What the user attached is kept with the hold, and stands in the ledger once it is confirmed.
  draft.addEntry(entryOf('hold', { ...command, reference: null, metadata: null }, held, createdAtUs));
  draft.putHold(hold);
  return { kind: 'held', hold, replayed: false };
}

/** What was done under the hold's key before: the same try, a cancel that came first, or something else. */
function earlierTry(draft: Draft, command: HoldCommand): Outcome | undefined {
  const hold = draft.hold(command.accountId, command.requestId);
  if (hold) return judgeTry(hold, command.fingerprint);
  // A reversal in the batch may have loaded the mark without the hold: the look-up finds both.
  const entry = draft.entry(command.accountId, command.requestId);
  return entry && draft.refuse(command, { kind: 'keyReused' });
}

/** What a hold that stands under a try's key says of the try. */
export function judgeTry(
  hold: Hold,
  fingerprint: string,
): Extract<Outcome, { kind: 'held' | 'holdAlreadyCancelled' | 'keyReused' }> {
  if (isTombstone(hold)) return { kind: 'holdAlreadyCancelled' };
  return hold.fingerprint === fingerprint ? { kind: 'held', hold, replayed: true } : { kind: 'keyReused' };
}
