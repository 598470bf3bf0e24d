import { applyBatch } from '../ledger/apply-batch';
import { type Command, commandKey } from '../ledger/command';
import { type Entry, entryKey } from '../ledger/entry';
import type { Outcome } from '../ledger/outcome';
import type { Needs, ShardState } from '../ledger/shard-state';
import { rowKey } from '../ledger/sub-account';
import { arrivalKey } from '../ledger/transfer';
import type { BatchStore, BatchTransaction, KeyScope, RowScope } from './batch-transaction';

/** What an attempt loads up front. It only ever widens from one attempt to the next. */
export interface AttemptScope {
  readonly lookUpKeys: boolean;
  readonly wholeAccounts: ReadonlySet<string>;
}

export type Attempt =
  | { readonly kind: 'committed'; readonly outcomes: readonly Outcome[] }
  /** Rolled back: rows must be locked that were not, and locks are only taken in order, from the start. */
  | { readonly kind: 'widen'; readonly wholeAccounts: ReadonlySet<string> }
  /** Rolled back: these rows do not exist yet. */
  | { readonly kind: 'missingRows'; readonly rows: Needs['missingRows'] };

/**
 * Runs a batch once, in one transaction: lock, load, decide, write. Shared by every store, so that the order of steps
 * and the rules about what must be known before a refusal stand in one place.
 *
 * Rejects with the `ShardFault` of the statement that failed, after rolling back.
 */
export async function attemptBatch(
  store: BatchStore,
  commands: readonly Command[],
  scope: AttemptScope,
): Promise<Attempt> {
  const transaction = await store.begin();
  try {
    return await decideInside(transaction, commands, scope);
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}

async function decideInside(
  transaction: BatchTransaction,
  commands: readonly Command[],
  scope: AttemptScope,
): Promise<Attempt> {
  const { nowUs, rows } = await transaction.lock(rowScope(commands, scope.wholeAccounts));
  let state: ShardState = {
    nowUs,
    subAccounts: new Map(rows.map((row) => [rowKey(row.accountId, row.index), row])),
    wholeAccounts: scope.wholeAccounts,
    lookedUpKeys: new Set(),
    entries: new Map(),
    arrivals: new Set(),
  };
  if (scope.lookUpKeys) state = await withKeys(transaction, state, commands);

  let decision = applyBatch(state, commands);
  if (decision.kind === 'needs' && onlyKeys(decision.needs)) {
    state = await withKeys(transaction, state, commands);
    decision = applyBatch(state, commands);
  }
  if (decision.kind === 'needs') {
    await transaction.rollback();
    const { missingRows, wholeAccounts } = decision.needs;
    return missingRows.length > 0
      ? { kind: 'missingRows', rows: missingRows }
      : { kind: 'widen', wholeAccounts };
  }

  await transaction.commit(decision.changes);
  return { kind: 'committed', outcomes: decision.outcomes };
}

function onlyKeys(needs: Needs): boolean {
  return needs.wholeAccounts.size === 0 && needs.missingRows.length === 0;
}

/** Looks up all keys of the batch at once: whoever needs one of them mostly needs more. */
async function withKeys(
  transaction: BatchTransaction,
  state: ShardState,
  commands: readonly Command[],
): Promise<ShardState> {
  const found = await transaction.lookUp(keyScope(commands));
  return {
    ...state,
    lookedUpKeys: new Set(commands.map(commandKey)),
    entries: new Map(
      found.entries.map((entry: Entry) => [entryKey(entry.accountId, entry.requestId), entry]),
    ),
    arrivals: new Set(found.arrivals.map((arrival) => arrivalKey(arrival.accountId, arrival.transferId))),
  };
}

function rowScope(commands: readonly Command[], wholeAccounts: ReadonlySet<string>): RowScope {
  const rows = new Map<string, Set<number>>();
  for (const { accountId, subAccount } of commands) {
    const indices = rows.get(accountId);
    if (indices) indices.add(subAccount);
    else rows.set(accountId, new Set([subAccount]));
  }
  return { rows, wholeAccounts: new Set([...wholeAccounts].filter((accountId) => rows.has(accountId))) };
}

function keyScope(commands: readonly Command[]): KeyScope {
  const requestIds = new Map<string, string[]>();
  const transferIds = new Map<string, string[]>();
  for (const command of commands) {
    const [byAccount, id] =
      command.kind === 'transferIn' ? [transferIds, command.transferId] : [requestIds, command.requestId];
    const ids = byAccount.get(command.accountId);
    if (ids) ids.push(id);
    else byAccount.set(command.accountId, [id]);
  }
  return { requestIds, transferIds };
}
