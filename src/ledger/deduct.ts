import type { DeductCommand } from './command';
import type { Draft } from './draft';
import { fundDebit } from './fund-debit';
import type { Outcome } from './outcome';
import { admit, changeFromOutside, entryOf } from './outside-change';

/** Takes an amount from the account. */
export function deduct(draft: Draft, command: DeductCommand): Outcome {
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
