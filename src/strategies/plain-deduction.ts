import type { DeductCommand } from '../ledger/command';
import type { Entry } from '../ledger/entry';
import { NET_MIN_MINOR } from '../ledger/money';
import { changeFromOutside, entryOf } from '../ledger/outside-change';
import type { SubAccount } from '../ledger/sub-account';
import { integer } from '../shards/database';
import type { StatementResult } from '../shards/deduction-way';
import { toSubAccount } from '../shards/statements/sub-account-row';

/** A row as it was read, and what the deduction makes of it. */
export interface PlainDeduction {
  readonly before: SubAccount;
  readonly after: SubAccount;
  /** The database's clock when the row was read. */
  readonly nowUs: number;
}

/**
 * What a deduction makes of its row, as `readRow` or `lockRow` found it; `undefined` where it is not the plain case: the
 * row is missing, further on than the command, inactive, out of use or short, or its `net` would wrap.
 */
export function plainDeduction(
  { rows: [row] }: StatementResult,
  command: DeductCommand,
): PlainDeduction | undefined {
  if (!row) return undefined;
  const before = toSubAccount(row);
  const { epoch, accountStatus, state, availableMinor, netMinor } = before;
  if (epoch > command.epoch || accountStatus !== 'active' || state !== 'open') return undefined;
  if (availableMinor < command.amountMinor || netMinor < NET_MIN_MINOR + command.amountMinor)
    return undefined;
  return {
    before,
    after: changeFromOutside(before, -command.amountMinor),
    nowUs: integer(row.at(-1)),
  };
}

/** The entry of a deduction whose row was changed by the UPDATE before `readTaken`. */
export function takenEntry({ rows: [row] }: StatementResult, command: DeductCommand): Entry {
  const changed = { index: command.subAccount, version: integer(row?.[0]), epoch: integer(row?.[1]) };
  return entryOf('deduction', command, changed, integer(row?.[2]));
}
