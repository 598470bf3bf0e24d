import type { ListedSubAccount } from '../../balances/balance.service';
import type { TimedBalance } from '../../balances/balance-cache';
import { creditView, shownStatus } from '../../contract/accounts';
import { spendableView } from '../../contract/balances';
import type { Consistency } from '../../contract/balances';
import { Problem } from '../../contract/problem';
import type { Entry } from '../../ledger/entry';
import type { KnownDeduction } from '../../contract/received';
import { heldNow, isCaptured } from '../../contract/holds';
import { type Hold, HOLD_STATES, type HoldState, takenMinor, totalMinor } from '../../ledger/hold';
import type { IntakeRecord } from '../../ledger/intake';
import { requestNames } from '../../ledger/identifiers';
import type { Screened } from '../../ledger/screened';
import type { ListedShard } from '../../shard-registry/shard.service';
import { readAutoSplit } from '../../shards/directory/auto-split';
import type { AccountRecord } from '../../shards/directory/account-record';
import type { ApiKeyLimits, ApiKeyRecord } from '../../shards/directory/directory';
import {
  OPERATION_STATUSES as OPERATION_STATES,
  type OperationRecord,
  type OperationStatus,
} from '../../shards/directory/operation-record';
import { etagOf } from '../../contract/revisions';
import { int64Of } from './int64';
import { structOf } from './struct';
import { timestampOf } from './timestamp';
import { enumOf } from './wire';

const KINDS = enumOf('hotsplit.v1.EntryKind');
const DURABILITIES = enumOf('hotsplit.v1.Durability');
const HOLD_STATUSES = enumOf('hotsplit.v1.HoldStatus');
const DEDUCTION_STATES = enumOf('hotsplit.v1.DeductionState');
const VERDICTS = enumOf('hotsplit.v1.ScreeningVerdict');
const SCREENERS = enumOf('hotsplit.v1.Screener');
const ACCOUNT_STATUSES = enumOf('hotsplit.v1.AccountStatus');
const CONSISTENCIES = enumOf('hotsplit.v1.Consistency');
const OPERATION_KINDS = enumOf('hotsplit.v1.OperationKind');
const OPERATION_STATUSES = enumOf('hotsplit.v1.OperationStatus');
const CREDIT_LIMIT_STATUSES = enumOf('hotsplit.v1.CreditLimitStatus');
const SUB_ACCOUNT_STATUSES = enumOf('hotsplit.v1.SubAccountStatus');
const SHARD_STATUSES = enumOf('hotsplit.v1.ShardStatus');
const SCOPES = enumOf('hotsplit.v1.Scope');

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
  'transfer-out': enumValue(KINDS, 'ENTRY_KIND', 'transfer-out'),
  'transfer-in': enumValue(KINDS, 'ENTRY_KIND', 'transfer-in'),
  'transfer-return': enumValue(KINDS, 'ENTRY_KIND', 'transfer-return'),
  'credit-reversal': enumValue(KINDS, 'ENTRY_KIND', 'credit-reversal'),
  hold: 0,
  'hold-raise': 0,
  'transfer-refused': 0,
};
const COMMITTED = enumValue(DURABILITIES, 'DURABILITY', 'committed');
const DEFERRED = enumValue(DURABILITIES, 'DURABILITY', 'deferred');

/** Of a deduction. */
export function durabilityOf({ isDeferred }: { readonly isDeferred?: boolean }): number {
  return isDeferred ? DEFERRED : COMMITTED;
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
    counterparty: entry.counterparty,
    ...(entry.charges && { budgets: entry.charges.map(({ budgetId }) => budgetId) }),
    createdAt: timestampOf(entry.createdAtUs),
    ...notesView(entry),
  };
}

/** @param entry of the debit */
export function transferView(entry: Entry) {
  return {
    requestId: entry.requestId,
    fromAccount: entry.accountId,
    toAccount: entry.counterparty,
    amount: int64Of(entry.amountMinor),
    createdAt: timestampOf(entry.createdAtUs),
    ...notesView(entry),
  };
}

export function holdView({ hold, shard }: { hold: Hold; shard: string }) {
  return {
    holdId: hold.holdId,
    accountId: hold.accountId,
    status: enumValue(HOLD_STATUSES, 'HOLD_STATUS', hold.state),
    amount: int64Of(totalMinor(hold)),
    heldAmount: int64Of(heldNow(hold)),
    ...(hold.charges && { budgets: hold.charges.map(({ budgetId }) => budgetId) }),
    confirmedAmount: isCaptured(hold) ? int64Of(takenMinor(hold)) : undefined,
    shard,
    subAccount: hold.subAccount,
    expiresAt: timestampOf(hold.expiresAtUs),
    createdAt: timestampOf(hold.createdAtUs),
    ...notesView(hold),
  };
}

/** The status that a filter names; none for all of them. @throws Problem INVALID_ARGUMENT */
export function holdStatusOf(value: number): HoldState | undefined {
  return statusOf(value, HOLD_STATES, 'HOLD_STATUS', HOLD_STATUSES);
}

/** The status that a filter names; none for all of them. @throws Problem INVALID_ARGUMENT */
export function operationStatusOf(value: number): OperationStatus | undefined {
  return statusOf(value, OPERATION_STATES, 'OPERATION_STATUS', OPERATION_STATUSES);
}

function statusOf<Status extends string>(
  value: number,
  statuses: readonly Status[],
  prefix: string,
  values: Readonly<Record<string, number>>,
): Status | undefined {
  if (value === 0) return undefined;
  const status = statuses.find((each) => enumValue(values, prefix, each) === value);
  if (status !== undefined) return status;
  const rule = `one of ${Object.keys(values).join(', ')}`;
  throw new Problem('INVALID_ARGUMENT', { errors: [{ field: 'status', rule }] });
}

/** The entry of a deduction, what was received under its key, or both. */
export function knownDeductionView(known: KnownDeduction) {
  const { record } = known;
  return {
    ...(known.entry && { entry: entryView(known) }),
    ...(record && { received: receivedView(record) }),
  };
}

function screeningView({ verdict, by, reason }: Screened) {
  return {
    verdict: enumValue(VERDICTS, 'SCREENING_VERDICT', verdict),
    by: enumValue(SCREENERS, 'SCREENER', by),
    reason: reason ?? undefined,
  };
}

function receivedView(record: IntakeRecord) {
  const { state, receivedAtUs, sinceUs } = record;
  return {
    requestId: record.requestId,
    accountId: record.accountId,
    state: enumValue(DEDUCTION_STATES, 'DEDUCTION_STATE', state),
    amount: int64Of(record.amountMinor),
    reason: record.reason ?? undefined,
    ...(record.budgets && { budgets: record.budgets }),
    screening: record.screening === null ? undefined : screeningView(record.screening),
    receivedAt: timestampOf(receivedAtUs),
    endedAt: state === 'received' ? undefined : timestampOf(sinceUs),
    ...notesView(record),
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
    status: enumValue(ACCOUNT_STATUSES, 'ACCOUNT_STATUS', shownStatus(account)),
    strategy: account.strategy,
    subAccounts: account.subAccounts,
    epoch: account.placement.epoch,
    lowBalance: account.lowBalanceMinor === null ? undefined : int64Of(account.lowBalanceMinor),
    metadata:
      account.metadata === null ? undefined : (JSON.parse(account.metadata) as Record<string, string>),
    requestsPerSecond: account.rates?.requestsPerSecond ?? undefined,
    deductionsPerSecond: account.rates?.deductionsPerSecond ?? undefined,
    autoSplit: readAutoSplit(account.autoSplit),
    ...creditLimitView(account),
    createdAt: timestampOf(account.createdAtUs),
  };
}

function creditLimitView(account: AccountRecord) {
  const { creditLimit, creditLimitStatus } = creditView(account);
  if (creditLimit === undefined || creditLimitStatus === undefined) return {};
  return {
    creditLimit: int64Of(BigInt(creditLimit)),
    creditLimitStatus: enumValue(CREDIT_LIMIT_STATUSES, 'CREDIT_LIMIT_STATUS', creditLimitStatus),
  };
}

/** An account and the ETag by which its next change may name it. */
export function taggedAccountView(account: AccountRecord) {
  return { account: accountView(account), etag: etagOf(account) };
}

export function balanceView(account: AccountRecord, read: TimedBalance, consistency: Consistency) {
  const { balance, asOfMs } = read;
  const { creditLimit, spendable } = spendableView(account, balance);
  return {
    accountId: account.accountId,
    asset: account.asset,
    available: int64Of(balance.availableMinor),
    held: int64Of(balance.heldMinor),
    total: int64Of(balance.totalMinor),
    inTransit: int64Of(balance.inTransitMinor),
    creditLimit: creditLimit === undefined ? undefined : int64Of(BigInt(creditLimit)),
    spendable: spendable === undefined ? undefined : int64Of(BigInt(spendable)),
    consistency: enumValue(CONSISTENCIES, 'CONSISTENCY', consistency),
    asOf: timestampOf(asOfMs * 1_000),
  };
}

export function balanceAtView({ accountId, asset }: AccountRecord, atUs: number, totalMinor: bigint) {
  return { accountId, asset, total: int64Of(totalMinor), asOf: timestampOf(atUs) };
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

export function shardView({ name, status, address }: ListedShard) {
  return { name, status: enumValue(SHARD_STATUSES, 'SHARD_STATUS', status), address };
}

export function keyView(key: ApiKeyRecord) {
  const { keyId, name, lastUsedAtUs, createdAtUs } = key;
  return {
    keyId,
    name,
    ...keyLimitsView(key),
    lastUsedAt: lastUsedAtUs === null ? undefined : timestampOf(lastUsedAtUs),
    createdAt: timestampOf(createdAtUs),
  };
}

export function keyLimitsView(limits: ApiKeyLimits) {
  const { scopes, accounts, expiresAtUs, requestsPerSecond, deductionsPerSecond } = limits;
  return {
    scopes: scopes.map((scope) => enumValue(SCOPES, 'SCOPE', scope)),
    accounts: accounts ?? [],
    expiresAt: expiresAtUs === null ? undefined : timestampOf(expiresAtUs),
    requestsPerSecond: requestsPerSecond ?? undefined,
    deductionsPerSecond: deductionsPerSecond ?? undefined,
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
