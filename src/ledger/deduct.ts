import { chargeBudgets, whyNotCharged } from './charge-budgets';
import type { DeductCommand } from './command';
import type { Draft } from './draft';
import { fundDebit } from './fund-debit';
import type { IntakeRecord } from './intake';
import type { Outcome } from './outcome';
import { admit, changeFromOutside, entryOf } from './outside-change';
import { paymentOf } from './payment';
import { openIntake } from './receive';

/** Takes an amount from the account. */
export function deduct(draft: Draft, command: DeductCommand): Outcome {
  if (command.attempt !== undefined) return chargeReceived(draft, command, command.attempt);
  return (command.isMessage ? earlierDelivery(draft, command) : undefined) ?? take(draft, command);
}

/**
 * What an earlier delivery of a message was received as. An entry under the key outranks it; and what was rejected as another
 * request does not have the key.
 */
function earlierDelivery(draft: Draft, command: DeductCommand): Outcome | undefined {
  const { accountId, requestId, fingerprint } = command;
  const record = draft.intake(accountId, requestId);
  if (!record || record.state === 'moved' || draft.entry(accountId, requestId)) return undefined;
  if (record.fingerprint === fingerprint)
    return draft.refuse(command, { kind: 'received', record, replayed: true });
  return record.state === 'rejected' ? undefined : draft.refuse(command, { kind: 'keyReused' });
}

/**
 * Charges what was received, in the transaction that writes so into its record: while the attempt stands as received, and not
 * once it was rejected, whoever still holds a copy of it.
 */
function chargeReceived(draft: Draft, command: DeductCommand, attempt: number): Outcome {
  const record = openIntake(draft, { ...command, attempt });
  if (!record) return { kind: 'attemptOver' };
  const outcome = take(draft, command);
  if (outcome.kind === 'applied' || outcome.kind === 'replayed')
    draft.putIntake(succeeded(draft, record, command));
  return outcome;
}

function succeeded(draft: Draft, record: IntakeRecord, { screening }: DeductCommand): IntakeRecord {
  return { ...record, state: 'succeeded', sinceUs: draft.nowUs, screening: screening ?? record.screening };
}

function take(draft: Draft, command: DeductCommand): Outcome {
  const admission = admit(draft, command);
  if (admission.kind !== 'admitted') return admission;
  const refusal = command.charges && whyNotCharged(draft, command, { ...command, charges: command.charges });
  if (refusal) return refusal;
  const funding = fundDebit(draft, command, { row: admission.row, amountMinor: command.amountMinor });
  if (funding.kind !== 'funded') return funding;

  const paid = changeFromOutside(funding.row, -command.amountMinor);
  const { payee } = command;
  const entry = payee
    ? { ...entryOf('transfer-out', command, paid, draft.nextEntryUs), counterparty: payee.accountId }
    : entryOf('deduction', command, paid, draft.nextEntryUs);
  draft.putRow(paid);
  const { charges } = command;
  if (charges)
    return { kind: 'applied', entry: chargeBudgets(draft, command, { charges, entry }), departures: [] };
  draft.addEntry(entry);
  if (payee) draft.addPayment(paymentOf(entry, payee));
  return { kind: 'applied', entry, departures: [] };
}
