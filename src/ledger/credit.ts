import type { CreditCommand, SpreadFields } from './command';
import type { Draft } from './draft';
import type { Entry } from './entry';
import { BALANCE_MAX_MINOR } from './money';
import type { Outcome } from './outcome';
import { changeByTransfer } from './inside-move';
import { admit, changeFromOutside, entryOf } from './outside-change';
import { planSpread } from './plan-spread';
import type { SubAccount } from './sub-account';
import { type Departure, spreadTransferId } from './transfer';

/**
 * Adds an amount to the account: one entry and one change of `net` at home. Of a large credit, the other shards' shares
 * leave in the same transaction and are on their way when it is acknowledged.
 */
export function credit(draft: Draft, command: CreditCommand): Outcome {
  const admission = admit(draft, command);
  if (admission.kind !== 'admitted') return admission;
  const { row } = admission;
  const { amountMinor } = command;
  if (row.availableMinor + row.heldMinor + amountMinor > BALANCE_MAX_MINOR) {
    return draft.refuse(command, { kind: 'balanceLimitExceeded' });
  }
  return spreadCredit(draft, command, {
    row,
    entry: (credited) => entryOf('credit', command, credited, draft.nextEntryUs),
  });
}

/** Adds money to a row that takes it, and sends the other shards' shares on their way. */
export function spreadCredit(
  draft: Draft,
  command: SpreadFields & Pick<CreditCommand, 'accountId' | 'subAccount' | 'amountMinor'>,
  { row, entry: entryFor }: { readonly row: SubAccount; readonly entry: (credited: SubAccount) => Entry },
): Outcome {
  const departures: Departure[] = planSpread({
    amountMinor: command.amountMinor,
    homeAvailableMinor: row.availableMinor,
    homeRows: command.homeRows,
    targets: command.spreadOver,
  }).map((share) => ({
    accountId: command.accountId,
    transferId: spreadTransferId(command.spreadId, share.subAccount),
    amountMinor: share.amountMinor,
    fromSubAccount: command.subAccount,
    toSubAccount: share.subAccount,
    toShard: share.shard,
  }));

  const credited = changeFromOutside(row, command.amountMinor);
  const entry = entryFor(credited);
  const sent = departures.reduce((sum, departure) => sum + departure.amountMinor, 0n);
  draft.addEntry(entry);
  const after = sent === 0n ? credited : changeByTransfer(credited, -sent);
  draft.putRow(after);
  for (const departure of departures) draft.addDeparture(departure, after.version);
  return { kind: 'applied', entry, departures };
}
