import type { PayBackCommand, PayInCommand } from './command';
import { spreadCredit } from './credit';
import type { Draft } from './draft';
import type { Entry } from './entry';
import { arrivalOfPaymentKey, returnOfPaymentKey } from './identifiers';
import { InvariantViolation } from './invariant-violation';
import { BALANCE_MAX_MINOR } from './money';
import type { Outcome } from './outcome';
import { changeFromOutside, entryOf } from './outside-change';
import type { Payment } from './payment';
import type { SubAccount } from './sub-account';

/**
 * Lets a payment arrive, once, or refuses it, once. Both write an entry under the payment's key, so whichever came first is what
 * everybody finds who tries again, whatever the account's status is by then.
 *
 * No epoch turns a payment back: it belongs to this row, and a row out of use takes it and is emptied again.
 */
export function payIn(draft: Draft, command: PayInCommand): Outcome {
  const { accountId, payment } = command;
  const requestId = arrivalOfPaymentKey(payment);
  const found = undecided(draft, command, requestId);
  if (found.kind !== 'undecided') return found;
  const { row } = found;
  const { amountMinor, fingerprint, reference, metadata } = payment;
  const source = { accountId, requestId, fingerprint, reference, metadata };
  const counterparty = payment.accountId;
  if (!takes(row, amountMinor)) {
    const after = changeFromOutside(row, 0n);
    const refusal = { ...source, amountMinor: 0n };
    const mark = entryOf('transfer-refused', refusal, after, draft.nextEntryUs);
    draft.putRow(after);
    const entry = { ...mark, counterparty };
    draft.addEntry(entry);
    return { kind: 'applied', entry, departures: [] };
  }
  const entry = (after: SubAccount): Entry => ({
    ...entryOf('transfer-in', { ...source, amountMinor }, after, draft.nextEntryUs),
    counterparty,
  });
  return spreadCredit(draft, { ...command, amountMinor }, { row, entry });
}

/**
 * Gives a payment back that was refused, to the row that has paid, whatever the status of its account: one that is being
 * closed stays open for it.
 */
export function payBack(draft: Draft, command: PayBackCommand): Outcome {
  const { accountId, payment } = command;
  const requestId = returnOfPaymentKey(payment);
  const found = undecided(draft, command, requestId);
  if (found.kind !== 'undecided') return found;
  const { row } = found;
  const { amountMinor, fingerprint, reference, metadata, payee } = payment;
  if (row.availableMinor + row.heldMinor + amountMinor > BALANCE_MAX_MINOR)
    return draft.refuse(command, { kind: 'balanceLimitExceeded' });
  const after = changeFromOutside(row, amountMinor);
  const source = { accountId, requestId, amountMinor, fingerprint, reference, metadata };
  const entry = {
    ...entryOf('transfer-return', source, after, draft.nextEntryUs),
    counterparty: payee.accountId,
  };
  draft.putRow(after);
  draft.addEntry(entry);
  return { kind: 'applied', entry, departures: [] };
}

function takes(row: SubAccount, amountMinor: bigint): boolean {
  const takesCredits = row.accountStatus === 'active' || row.accountStatus === 'overLimit';
  return takesCredits && row.availableMinor + row.heldMinor + amountMinor <= BALANCE_MAX_MINOR;
}

/** The row that a payment is for, unless an entry under its key says what became of it. */
function undecided(
  draft: Draft,
  { accountId, subAccount, payment }: PayInCommand | PayBackCommand,
  requestId: string,
): Outcome | { readonly kind: 'undecided'; readonly row: SubAccount } {
  const earlier = draft.entry(accountId, requestId);
  if (earlier) return decidedBefore(earlier, payment);
  const row = draft.row(accountId, subAccount);
  if (row) return { kind: 'undecided', row };
  draft.askForRow(accountId, subAccount);
  return { kind: 'fenced', epoch: 0 };
}

/** @throws InvariantViolation when another payment has the key: this one's money would be nowhere */
function decidedBefore(entry: Entry, { fingerprint, amountMinor, requestId }: Payment): Outcome {
  const isSame =
    entry.fingerprint === fingerprint &&
    (entry.kind === 'transfer-refused' || entry.amountMinor === amountMinor);
  if (isSame) return { kind: 'replayed', entry };
  throw new InvariantViolation(
    `payment "${requestId}" of ${amountMinor} finds an entry of ${entry.amountMinor} under its key "${entry.requestId}"`,
  );
}
