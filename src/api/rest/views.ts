import type { Consistency, ListedSubAccount } from '../../balances/balance.service';
import type { TimedBalance } from '../../balances/balance-cache';
import type { Entry } from '../../ledger/entry';
import type { Hold } from '../../ledger/hold';
import { requestNames } from '../../ledger/identifiers';
import type { AccountRecord } from '../../shards/directory/account-record';
import type { OperationRecord } from '../../shards/directory/operation-record';

/** RFC 3339 UTC with milliseconds. */
export function timeView(us: number): string {
  return new Date(us / 1_000).toISOString();
}

export function entryView({
  entry,
  shard,
  isDeferred,
}: {
  entry: Entry;
  shard: string;
  isDeferred?: boolean;
}) {
  return {
    ...requestNames(entry.kind, entry.requestId),
    accountId: entry.accountId,
    kind: entry.kind,
    status: 'succeeded',
    ...(entry.kind === 'deduction' ? { durability: isDeferred ? 'deferred' : 'committed' } : {}),
    amount: entry.amountMinor.toString(),
    ...(entry.reference === null ? {} : { reference: entry.reference }),
    ...(entry.metadata === null ? {} : { metadata: JSON.parse(entry.metadata) as Record<string, string> }),
    shard,
    subAccount: entry.subAccount,
    createdAt: timeView(entry.createdAtUs),
  };
}

export function holdView({ hold, shard }: { hold: Hold; shard: string }) {
  return {
    requestId: hold.holdId,
    holdId: hold.holdId,
    accountId: hold.accountId,
    kind: 'hold',
    status: hold.state,
    amount: hold.amountMinor.toString(),
    ...(hold.state === 'confirmed' ? { confirmedAmount: hold.confirmedMinor.toString() } : {}),
    ...(hold.reference === null ? {} : { reference: hold.reference }),
    ...(hold.metadata === null ? {} : { metadata: JSON.parse(hold.metadata) as Record<string, string> }),
    shard,
    subAccount: hold.subAccount,
    expiresAt: timeView(hold.expiresAtUs),
    createdAt: timeView(hold.createdAtUs),
  };
}

export function accountView(account: AccountRecord) {
  return {
    id: account.accountId,
    asset: account.asset,
    // Being closed is not closed: it may go back.
    status: account.closingFrom ?? account.status,
    strategy: account.strategy,
    subAccounts: account.subAccounts,
    epoch: account.placement.epoch,
    ...(account.lowBalanceMinor === null ? {} : { lowBalance: account.lowBalanceMinor.toString() }),
    createdAt: timeView(account.createdAtUs),
  };
}

export function etagOf(account: AccountRecord): string {
  return `"${account.revision}"`;
}

/** Tags that are ours. A weak one never matches (RFC 9110, 13.1.1), nor does one that this service did not make. */
const REVISION_TAG = /(?<!W\/)"([1-9][0-9]{0,14})"/g;

/** The revisions that an `If-Match` names, as the schema lets it through: any of them matches. None at all for `*`. */
export function revisionsOf(ifMatch: string | undefined): ReadonlySet<number> | undefined {
  if (ifMatch === undefined || ifMatch === '*') return undefined;
  return new Set([...ifMatch.matchAll(REVISION_TAG)].map(([, digits]) => Number(digits)));
}

export function balanceView(
  account: AccountRecord,
  { balance, asOfMs }: TimedBalance,
  consistency: Consistency,
) {
  return {
    accountId: account.accountId,
    asset: account.asset,
    available: balance.availableMinor.toString(),
    held: balance.heldMinor.toString(),
    total: balance.totalMinor.toString(),
    inTransit: balance.inTransitMinor.toString(),
    consistency,
    asOf: new Date(asOfMs).toISOString(),
  };
}

export function subAccountView({ row, shard }: ListedSubAccount) {
  return {
    shard,
    index: row.index,
    available: row.availableMinor.toString(),
    held: row.heldMinor.toString(),
    status: row.state,
  };
}

export function operationView(operation: OperationRecord) {
  const { operationId, kind, status, accountId, progress, result, error } = operation;
  return {
    operationId,
    kind,
    status,
    ...(accountId === null ? {} : { accountId }),
    progress,
    ...(status === 'done' && result !== null ? { result } : {}),
    ...(status === 'failed' && error !== null ? { error } : {}),
    createdAt: timeView(operation.createdAtUs),
  };
}
