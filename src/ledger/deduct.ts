import type { DeductCommand } from './command';
import type { Draft } from './draft';
import { fundDebit } from './fund-debit';
import type { IntakeRecord } from './intake';
import type { Outcome } from './outcome';
import { admit, changeFromOutside, entryOf } from './outside-change';
import { openIntake } from './receive';

/** Takes an amount from the account. */
export function deduct(draft: Draft, command: DeductCommand): Outcome {
  return command.attempt === undefined ? take(draft, command) : charge(draft, command, command.attempt);
}

/**
 * Charges what was received, in the transaction that writes so into its record: while the attempt stands as received, and not
 * once it was rejected, whoever still holds a copy of it.
 */
function charge(draft: Draft, command: DeductCommand, attempt: number): Outcome {
  const record = openIntake(draft, { ...command, attempt });
  if (!record) return { kind: 'attemptOver' };
  const outcome = take(draft, command);
  if (outcome.kind === 'applied' || outcome.kind === 'replayed') draft.putIntake(succeeded(draft, record));
  return outcome;
}

function succeeded(draft: Draft, record: IntakeRecord): IntakeRecord {
  return { ...record, state: 'succeeded', sinceUs: draft.nowUs };
}

function take(draft: Draft, command: DeductCommand): Outcome {
  const admission = admit(draft, command);
  if (admission.kind !== 'admitted') return admission;
  const funding = fundDebit(draft, command, admission.row);
  if (funding.kind !== 'funded') return funding;

  const paid = changeFromOutside(funding.row, -command.amountMinor);
  const entry = entryOf('deduction', command, paid, draft.nextEntryUs);
  draft.putRow(paid);
  draft.addEntry(entry);
  return { kind: 'applied', entry, departures: [] };
}
