import type { Charge } from './allowance';
import { fundCharge, whyNotCharged } from './charge-budgets';
import type { HoldCommand } from './command';
import type { Draft } from './draft';
import { fundDebit } from './fund-debit';
import { ENDS_WITH_ITS_ACCOUNTS_US, type Hold, isTombstone, UNCHANGED } from './hold';
import type { Outcome } from './outcome';
import { admitToRow, changeFromOutside, entryOf } from './outside-change';
import type { SubAccount } from './sub-account';

/**
 * Sets an amount of the account's money aside, in its home row, and in the rows of its budgets. A mark among the entries takes the
 * hold's key, so that nothing else is done under it.
 */
export function takeHold(draft: Draft, command: HoldCommand): Outcome {
  const earlier = earlierTry(draft, command);
  if (earlier) return earlier;
  const admission = admitToRow(draft, command);
  if (admission.kind !== 'admitted') return admission;
  const { amountMinor, subAccount, charges = [] } = command;
  const refusal = whyNotCharged(draft, command, { charges, subAccount, amountMinor });
  if (refusal) return refusal;
  const funding = fundDebit(draft, command, { row: admission.row, amountMinor });
  if (funding.kind !== 'funded') return funding;

  const hold = setAside(draft, command, {
    row: funding.row,
    expiresAtUs: draft.nowUs + command.expiresInUs,
    // What the user attached is kept with the hold, and stands in the ledger once it is confirmed.
    notes: command,
    charges: charges.map(({ budgetId, allowanceId }) => ({ budgetId, allowanceId })),
  });
  for (const { allowanceId } of charges)
    setAside(draft, command, {
      row: fundCharge(draft, command, { allowanceId, subAccount, amountMinor }),
      expiresAtUs: ENDS_WITH_ITS_ACCOUNTS_US,
      notes: NO_NOTES,
      charges: [],
    });
  return { kind: 'held', hold, replayed: false };
}

const NO_NOTES = { reference: null, metadata: null };

/** @param of the row with the amount in it */
function setAside(
  draft: Draft,
  { requestId, amountMinor, fingerprint }: HoldCommand,
  of: {
    readonly row: SubAccount;
    readonly expiresAtUs: number;
    readonly notes: Pick<Hold, 'reference' | 'metadata'>;
    readonly charges: readonly Charge[];
  },
): Hold {
  const { expiresAtUs, notes, charges } = of;
  const { accountId } = of.row;
  const row = changeFromOutside(
    {
      ...of.row,
      availableMinor: of.row.availableMinor - amountMinor,
      heldMinor: of.row.heldMinor + amountMinor,
    },
    0n,
  );
  const createdAtUs = draft.nextEntryUs;
  const inBudgets = charges.length > 0 && { charges };
  const hold: Hold = {
    accountId,
    holdId: requestId,
    subAccount: row.index,
    amountMinor,
    confirmedMinor: 0n,
    ...UNCHANGED,
    state: 'held',
    expiresAtUs,
    version: row.version,
    settledVersion: null,
    fingerprint,
    reference: notes.reference,
    metadata: notes.metadata,
    createdAtUs,
    ...inBudgets,
  };
  const mark = { accountId, requestId, amountMinor, fingerprint, ...NO_NOTES };
  draft.putRow(row);
  draft.addEntry({ ...entryOf('hold', mark, row, createdAtUs), ...inBudgets });
  draft.putHold(hold);
  return hold;
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
