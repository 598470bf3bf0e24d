import type { Consistency, ListedSubAccount } from '../../balances/balance.service';
import type { TimedBalance } from '../../balances/balance-cache';
import type { Entry } from '../../ledger/entry';
import type { Hold } from '../../ledger/hold';
import { requestNames } from '../../ledger/identifiers';
import type { AccountRecord } from '../../shards/directory/account-record';
import type { OperationRecord } from '../../shards/directory/operation-record';
import { int64Of } from './int64';
import type { Timestamp } from './messages';
import { structOf } from './struct';
import { enumOf } from './wire';

const KINDS = enumOf('hotsplit.v1.EntryKind');
const DURABILITIES = enumOf('hotsplit.v1.Durability');
const HOLD_STATUSES = enumOf('hotsplit.v1.HoldStatus');
const ACCOUNT_STATUSES = enumOf('hotsplit.v1.AccountStatus');
const CONSISTENCIES = enumOf('hotsplit.v1.Consistency');
const OPERATION_KINDS = enumOf('hotsplit.v1.OperationKind');
const OPERATION_STATUSES = enumOf('hotsplit.v1.OperationStatus');
const SUB_ACCOUNT_STATUSES = enumOf('hotsplit.v1.SubAccountStatus');

/** The number of a word of the ledger, such as `hold-confirmation`. */
export function enumValue(values: Readonly<Record<string, number>>, prefix: string, word: string): number {
  const value = values[`${prefix}_${word.replaceAll('-', '_').toUpperCase()}`];
  if (value === undefined) throw new TypeError(`the proto has no ${prefix} for "${word}"`);
  return value;
}

const ENTRY_KINDS = {
  deduction: enumValue(KINDS, 'ENTRY_KIND', 'deduction'),
  credit: enumValue(KINDS, 'ENTRY_KIND', 'credit'),
  reversal: enumValue(KINDS, 'ENTRY_KIND', 'reversal'),
  'hold-confirmation': enumValue(KINDS, 'ENTRY_KIND', 'hold-confirmation'),
  hold: 0,
};
const COMMITTED = enumValue(DURABILITIES, 'DURABILITY', 'committed');
const DEFERRED = enumValue(DURABILITIES, 'DURABILITY', 'deferred');

/** Of a deduction. */
export function durabilityOf({ isDeferred }: { readonly isDeferred?: boolean }): number {
  return isDeferred ? DEFERRED : COMMITTED;
}

/** Whole milliseconds, as over REST. */
export function timestampOf(us: number): Timestamp {
  const ms = Math.floor(us / 1_000);
  const seconds = Math.floor(ms / 1_000);
  return { seconds, nanos: (ms - seconds * 1_000) * 1_000_000 };
}

export function entryView(listed: { entry: Entry; shard: string; isDeferred?: boolean }) {
  const { entry, shard } = listed;
  return {
    ...requestNames(entry.kind, entry.requestId),
    accountId: entry.accountId,
    kind: ENTRY_KINDS[entry.kind],
    amount: int64Of(entry.amountMinor),
    durability: entry.kind === 'deduction' ? durabilityOf(listed) : undefined,
    shard,
    subAccount: entry.subAccount,
    createdAt: timestampOf(entry.createdAtUs),
    ...notesView(entry),
  };
}

export function holdView({ hold, shard }: { hold: Hold; shard: string }) {
  return {
    holdId: hold.holdId,
    accountId: hold.accountId,
    status: enumValue(HOLD_STATUSES, 'HOLD_STATUS', hold.state),
    amount: int64Of(hold.amountMinor),
    confirmedAmount: hold.state === 'confirmed' ? int64Of(hold.confirmedMinor) : undefined,
    shard,
    subAccount: hold.subAccount,
    expiresAt: timestampOf(hold.expiresAtUs),
    createdAt: timestampOf(hold.createdAtUs),
    ...notesView(hold),
  };
}

function notesView({ reference, metadata }: Pick<Entry, 'reference' | 'metadata'>) {
  return {
    reference: reference ?? undefined,
    metadata: metadata === null ? undefined : (JSON.parse(metadata) as Record<string, string>),
  };
}

export function accountView(account: AccountRecord) {
  return {
    id: account.accountId,
    asset: account.asset,
    // Being closed is not closed: it may go back.
    status: enumValue(ACCOUNT_STATUSES, 'ACCOUNT_STATUS', account.closingFrom ?? account.status),
    strategy: account.strategy,
    subAccounts: account.subAccounts,
    epoch: account.placement.epoch,
    lowBalance: account.lowBalanceMinor === null ? undefined : int64Of(account.lowBalanceMinor),
    createdAt: timestampOf(account.createdAtUs),
  };
}

export function balanceView(account: AccountRecord, read: TimedBalance, consistency: Consistency) {
  const { balance, asOfMs } = read;
  return {
    accountId: account.accountId,
    asset: account.asset,
    available: int64Of(balance.availableMinor),
    held: int64Of(balance.heldMinor),
    total: int64Of(balance.totalMinor),
    inTransit: int64Of(balance.inTransitMinor),
    consistency: enumValue(CONSISTENCIES, 'CONSISTENCY', consistency),
    asOf: timestampOf(asOfMs * 1_000),
  };
}

export function subAccountView({ row, shard }: ListedSubAccount) {
  return {
    shard,
    index: row.index,
    available: int64Of(row.availableMinor),
    held: int64Of(row.heldMinor),
    status: enumValue(SUB_ACCOUNT_STATUSES, 'SUB_ACCOUNT_STATUS', row.state),
  };
}

export function operationView(operation: OperationRecord) {
  const { operationId, kind, status, accountId, progress, result, error } = operation;
  return {
    operationId,
    kind: enumValue(OPERATION_KINDS, 'OPERATION_KIND', kind),
    status: enumValue(OPERATION_STATUSES, 'OPERATION_STATUS', status),
    accountId: accountId ?? undefined,
    progress,
    result: status === 'done' && result !== null ? structOf(result as Record<string, unknown>) : undefined,
    error: status === 'failed' && error !== null ? error : undefined,
    createdAt: timestampOf(operation.createdAtUs),
  };
}
