import { applyBatch } from '../ledger/apply-batch';
import { type Command, commandKey, isAccountWide } from '../ledger/command';
import { type Entry, entryKey } from '../ledger/entry';
import type { Outcome } from '../ledger/outcome';
import type { Needs, ShardState } from '../ledger/shard-state';
import { rowKey, type SubAccount } from '../ledger/sub-account';
import { arrivalKey, departureKey } from '../ledger/transfer';
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
  const wholeAccounts = withAccountWide(commands, scope.wholeAccounts);
  const { nowUs, rows } = await transaction.lock(rowScope(commands, wholeAccounts));
  let state = lockedState({ nowUs, rows, wholeAccounts });
  if (scope.lookUpKeys) state = await withKeys(transaction, state, commands);

  let decision = applyBatch(state, commands);
  if (decision.kind === 'needs' && onlyKeys(decision.needs)) {
    state = await withKeys(transaction, state, commands);
    decision = applyBatch(state, commands);
  }
  if (decision.kind === 'needs') {
    await transaction.rollback();
    const { missingRows } = decision.needs;
    return missingRows.length > 0
      ? { kind: 'missingRows', rows: missingRows }
      : { kind: 'widen', wholeAccounts: decision.needs.wholeAccounts };
  }

  await transaction.commit(decision.changes);
  return { kind: 'committed', outcomes: decision.outcomes };
}

/** What is known once the rows are locked and before any key was looked up. */
export function lockedState(locked: {
  readonly nowUs: number;
  readonly rows: readonly SubAccount[];
  readonly wholeAccounts: ReadonlySet<string>;
}): ShardState {
  return {
    nowUs: locked.nowUs,
    subAccounts: new Map(locked.rows.map((row) => [rowKey(row.accountId, row.index), row])),
    wholeAccounts: locked.wholeAccounts,
    lookedUpKeys: new Set(),
    entries: new Map(),
    arrivals: new Set(),
    departures: new Map(),
  };
}

/** Some commands need all rows of their account from the start. */
function withAccountWide(
  commands: readonly Command[],
  wholeAccounts: ReadonlySet<string>,
): ReadonlySet<string> {
  const wide = commands.filter(isAccountWide);
  return wide.length === 0
    ? wholeAccounts
    : new Set([...wholeAccounts, ...wide.map((each) => each.accountId)]);
}

function onlyKeys(needs: Needs): boolean {
  return needs.wholeAccounts.size === 0 && needs.missingRows.length === 0;
}

/** Looks up all keys of the batch at once: whoever needs one of them mostly needs more. */
export async function withKeys(
  transaction: BatchTransaction,
  state: ShardState,
  commands: readonly Command[],
): Promise<ShardState> {
  const found = await transaction.lookUp(keyScope(commands));
  return {
    ...state,
    lookedUpKeys: new Set(commands.map((command) => commandKey(command)).filter((key) => key !== undefined)),
    entries: new Map(
      found.entries.map((entry: Entry) => [entryKey(entry.accountId, entry.requestId), entry]),
    ),
    arrivals: new Set(found.arrivals.map((arrival) => arrivalKey(arrival.accountId, arrival.transferId))),
    departures: new Map(
      found.departures.map((departure) => [
        departureKey(departure.accountId, departure.transferId),
        departure,
      ]),
    ),
  };
}

function rowScope(commands: readonly Command[], wholeAccounts: ReadonlySet<string>): RowScope {
  const rows = new Map<string, Set<number>>();
  for (const command of commands) {
    let indices = rows.get(command.accountId);
    if (!indices) rows.set(command.accountId, (indices = new Set()));
    if (!isAccountWide(command)) indices.add(command.subAccount);
  }
  return { rows, wholeAccounts: new Set([...wholeAccounts].filter((accountId) => rows.has(accountId))) };
}

function keyScope(commands: readonly Command[]): KeyScope {
  const requestIds = new Map<string, string[]>();
  const arrivalIds = new Map<string, string[]>();
  const departureIds = new Map<string, string[]>();
  const add = (ids: Map<string, string[]>, accountId: string, id: string): void => {
    const known = ids.get(accountId);
    if (known) known.push(id);
    else ids.set(accountId, [id]);
  };
  for (const command of commands) {
    const { accountId, kind } = command;
    if (kind === 'deduct' || kind === 'credit') add(requestIds, accountId, command.requestId);
    else if (kind === 'transferIn') add(arrivalIds, accountId, command.transferId);
    else if (kind === 'transferOut') add(departureIds, accountId, command.transferId);
  }
  return { requestIds, arrivalIds, departureIds };
}
