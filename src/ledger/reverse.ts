import type { Charge } from './allowance';
import type { ReverseCommand } from './command';
import type { Draft } from './draft';
import type { Entry } from './entry';
import { fundDebit } from './fund-debit';
import { confirmationKey, reversalKey, reversedName } from './identifiers';
import { InvariantViolation } from './invariant-violation';
import { BALANCE_MAX_MINOR } from './money';
import type { Outcome } from './outcome';
import { admitToRow, changeFromOutside, entryOf } from './outside-change';
import type { SubAccount } from './sub-account';

/**
 * Gives a deduction back, or a part of it, to the row that it was taken from; or takes a credit back from the row that it came to, as
 * a deduction there would be paid. All reversals of one entry lock that row, so together they never come to more than it. A row out
 * of use takes the money and is emptied again; a frozen account takes a reversal as it takes credits, and refuses that of a credit.
 */
export function reverse(draft: Draft, command: ReverseCommand): Outcome {
  const { accountId, reverses, fingerprint } = command;
  const name = reversedName(reverses, command.captureId);
  const earlier = draft.entry(accountId, reversalKey(name, command.requestId));
  if (earlier)
    return earlier.fingerprint === fingerprint ? { kind: 'replayed', entry: earlier } : { kind: 'keyReused' };

  if (draft.entry(accountId, reverses)?.kind === 'transfer-out') return { kind: 'transferNotReversible' };
  const reversed = reversedEntry(draft, command);
  if (!reversed) {
    const admission = admitToRow(draft, command);
    return admission.kind === 'fenced' ? admission : { kind: 'deductionNotHere' };
  }
  const pinned = draft.pinnedRow(accountId, reversed.subAccount);
  if (!pinned) return { kind: 'deductionNotHere' };
  const admission = admitToRow(draft, { ...command, subAccount: pinned.index });
  if (admission.kind !== 'admitted') return admission;

  const leftMinor = reversed.amountMinor - (draft.reversal(accountId, name)?.reversedMinor ?? 0n);
  const amountMinor = command.amountMinor ?? leftMinor;
  if (leftMinor === 0n || amountMinor > leftMinor) return exceeds(command, leftMinor);
  return command.of === 'credit'
    ? takeBack(draft, command, { row: admission.row, amountMinor })
    : giveBack(draft, command, { row: admission.row, amountMinor, charges: reversed.charges });
}

interface Part {
  readonly row: SubAccount;
  readonly amountMinor: bigint;
}

function giveBack(
  draft: Draft,
  command: ReverseCommand,
  { row, amountMinor, charges = [] }: Part & { readonly charges: Entry['charges'] | undefined },
): Outcome {
  if (row.availableMinor + row.heldMinor + amountMinor > BALANCE_MAX_MINOR)
    return { kind: 'balanceLimitExceeded' };
  const charged: SubAccount[] = [];
  for (const { allowanceId } of charges) {
    // An allowance is charged in the row of the same index, and keeps it.
    const pinned = draft.allowanceRow(allowanceId, row.index);
    if (pinned) charged.push(pinned);
  }
  if (charged.length < charges.length) return { kind: 'deductionNotHere' };
  const changed = changeFromOutside(row, amountMinor);
  const outcome = write(draft, command, { row: changed, amountMinor }, charges);
  for (const each of charged)
    returnToAllowance(draft, command, { row: changeFromOutside(each, amountMinor), amountMinor });
  return outcome;
}

/** The period that the deduction was charged to has it back, be it over or not. @param part with the row as the reversal leaves it */
function returnToAllowance(draft: Draft, command: ReverseCommand, { row, amountMinor }: Part): void {
  const name = reversedName(command.reverses, command.captureId);
  const reversal = draft.reversal(command.accountId, name);
  if (!reversal) throw new InvariantViolation(`"${name}" was reversed and is not counted`);
  const { accountId } = row;
  const requestId = reversalKey(name, command.requestId);
  const { fingerprint } = command;
  const asked = { accountId, requestId, amountMinor, fingerprint, reference: null, metadata: null };
  draft.putRow(row);
  draft.addEntry(entryOf('reversal', asked, row, draft.nextEntryUs));
  draft.addReversal({ ...reversal, accountId, subAccount: row.index, version: row.version });
}

function takeBack(draft: Draft, command: ReverseCommand, { row, amountMinor }: Part): Outcome {
  const funding = fundDebit(draft, command, { row, amountMinor });
  if (funding.kind === 'insufficientFunds') return { ...funding, askedMinor: amountMinor };
  if (funding.kind !== 'funded') return funding;
  return write(draft, command, { row: changeFromOutside(funding.row, -amountMinor), amountMinor });
}

/** @param part with the row as the reversal leaves it */
function write(
  draft: Draft,
  command: ReverseCommand,
  { row, amountMinor }: Part,
  charges: readonly Charge[] = [],
): Outcome {
  const { accountId, fingerprint, reference, metadata } = command;
  const name = reversedName(command.reverses, command.captureId);
  const before = draft.reversal(accountId, name);
  const requestId = reversalKey(name, command.requestId);
  const plain = entryOf(
    command.of === 'credit' ? 'credit-reversal' : 'reversal',
    { accountId, requestId, amountMinor, fingerprint, reference, metadata },
    row,
    draft.nextEntryUs,
  );
  const entry = charges.length > 0 ? { ...plain, charges } : plain;
  draft.putRow(row);
  draft.addEntry(entry);
  draft.addReversal({
    accountId,
    reverses: name,
    number: (before?.number ?? 0) + 1,
    reversedMinor: (before?.reversedMinor ?? 0n) + amountMinor,
    subAccount: row.index,
    version: row.version,
  });
  return { kind: 'applied', entry, departures: [] };
}

function exceeds({ of }: ReverseCommand, leftMinor: bigint): Outcome {
  return { kind: of === 'credit' ? 'reversalExceedsCredit' : 'reversalExceedsDeduction', leftMinor };
}

/** The deduction or the credit under a request id, or the capture of the hold under it. */
function reversedEntry(draft: Draft, command: ReverseCommand): Entry | undefined {
  const { accountId, reverses, captureId, of } = command;
  const entry = draft.entry(accountId, reverses);
  if (of === 'credit') return entry?.kind === 'credit' ? entry : undefined;
  if (entry?.kind === 'hold') return draft.entry(accountId, confirmationKey(reverses, captureId));
  return entry?.kind === 'deduction' && captureId === null ? entry : undefined;
}
