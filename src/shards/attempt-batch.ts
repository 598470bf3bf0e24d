import { applyBatch } from '../ledger/apply-batch';
import {
  type Command,
  commandKey,
  type DeductCommand,
  dependsOnIntake,
  type EndIntakeCommand,
  type FlushCommand,
  isAccountWide,
  isFollowUp,
  type RecallCommand,
  type ReceiveCommand,
  type TakeOverCommand,
} from '../ledger/command';
import { entryKey } from '../ledger/entry';
import {
  arrivalOfPaymentKey,
  confirmationKey,
  returnOfPaymentKey,
  reversalKey,
  reversedName,
} from '../ledger/identifiers';
import { InvariantViolation } from '../ledger/invariant-violation';
import type { Outcome } from '../ledger/outcome';
import type { Needs, RowName, ShardState } from '../ledger/shard-state';
import { rowKey } from '../ledger/sub-account';
import { arrivalKey, departureKey, lostKey } from '../ledger/transfer';
import { Ahead, namedRows, scopeAhead } from './ahead';
import type {
  AheadTransaction,
  BatchStore,
  BatchTransaction,
  FoundKeys,
  KeyScope,
  Locked,
  RowScope,
} from './batch-transaction';
import { reliesOnAbsence } from './identity-guard';
import type { BatchChain } from './shard';
import type { ShardIdentity } from './shard-identity';
import type { Span } from './span';
import { tracedTransaction } from './traced-transaction';

/** What an attempt loads up front. It only ever widens from one attempt to the next. */
export interface AttemptScope {
  readonly lookUpKeys: boolean;
  readonly wholeAccounts: ReadonlySet<string>;
  /** Rows that no command names, but what commands are about. */
  readonly pinnedRows?: readonly RowName[];
}

export type Attempt =
  | {
      readonly kind: 'committed';
      readonly outcomes: readonly Outcome[];
      readonly ahead: Promise<Ahead | undefined> | undefined;
    }
  /** Rolled back: rows must be locked that were not, and locks are only taken in order, from the start. */
  | ({ readonly kind: 'widen' } & Pick<Needs, 'wholeAccounts' | 'pinnedRows'>)
  /** Rolled back: these rows do not exist yet. */
  | { readonly kind: 'missingRows'; readonly rows: Needs['missingRows'] };

/** How a batch is joined to others, and how its database is told from another one. */
export interface AttemptOptions {
  readonly chain?: BatchChain | undefined;
  /** Of the batch, where it is traced. */
  readonly span?: Span | undefined;
  /** Rejects with `ShardFault` unless the database with this identity is the shard's own. */
  readonly confirmOwn?: ((identity: ShardIdentity | undefined) => Promise<void>) | undefined;
}

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
  options: AttemptOptions = {},
): Promise<Attempt> {
  const opened = await usable(options.chain?.ahead, commands, scope);
  const transaction = tracedTransaction(opened?.transaction ?? (await store.begin()), options.span);
  try {
    const locked = await lockedIn(transaction, opened?.locked, { commands, scope });
    return await decideInside(transaction, commands, { ...options, scope, locked });
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}

/** What was begun ahead, if it holds all that is wanted. */
async function usable(
  ahead: Ahead | undefined,
  commands: readonly Command[],
  { wholeAccounts, pinnedRows = [] }: AttemptScope,
): Promise<AheadTransaction | undefined> {
  if (!ahead) return undefined;
  if (wholeAccounts.size + pinnedRows.length === 0 && commands.every((command) => ahead.covers(command)))
    return ahead.begun;
  await ahead.giveUp();
  return undefined;
}

async function lockedIn(
  transaction: BatchTransaction,
  lockedAhead: Locked | undefined,
  { commands, scope }: { readonly commands: readonly Command[]; readonly scope: AttemptScope },
): Promise<Locked> {
  const keys = standingKeys(commands);
  if (!lockedAhead) {
    return transaction.lock({ ...attemptRows(commands, scope), keys });
  }
  return keys ? { ...lockedAhead, found: await transaction.lookUp(keys) } : lockedAhead;
}

async function decideInside(
  transaction: BatchTransaction,
  commands: readonly Command[],
  { scope, locked, chain, confirmOwn }: AttemptOptions & { scope: AttemptScope; locked: Locked },
): Promise<Attempt> {
  const wholeAccounts = withAccountWide(commands, scope.wholeAccounts);
  let state = lockedState(locked, wholeAccounts);
  if (scope.lookUpKeys) state = await withKeys(transaction, state, commands);

  let decision = applyBatch(state, commands);
  for (let lookUps = 0; decision.kind === 'needs' && isLookedUp(decision.needs); lookUps += 1) {
    if (lookUps === LOOK_UPS_MAX) throw new InvariantViolation('what a batch is about is not there');
    if (decision.needs.keys.size > 0) state = await withKeys(transaction, state, commands);
    state = await withHolds(transaction, state, decision.needs.holds);
    decision = applyBatch(state, commands);
  }
  if (decision.kind === 'needs') {
    await transaction.rollback();
    return lockMore(decision.needs, scope);
  }

  // Read before the commit, in the transaction that found nothing: afterwards another database may stand there.
  if (confirmOwn && decision.outcomes.some(reliesOnAbsence)) await confirmOwn(await transaction.identity());
  const next = chain && wholeAccounts.size === 0 ? () => scopeAhead(commands, chain.next()) : undefined;
  const { ahead } = await transaction.commit(decision.changes, next);
  return {
    kind: 'committed',
    outcomes: decision.outcomes,
    ahead: ahead?.then((begun) => begun && new Ahead(begun)),
  };
}

/** What is known once the rows are locked and before the commands' own keys were looked up. */
export function lockedState({ nowUs, rows, found }: Locked, wholeAccounts: ReadonlySet<string>): ShardState {
  const nothing: ShardState = {
    nowUs,
    subAccounts: new Map(rows.map((row) => [rowKey(row.accountId, row.index), row])),
    wholeAccounts,
    lookedUpKeys: new Set(),
    entries: new Map(),
    arrivals: new Map(),
    departures: new Map(),
    holds: new Map(),
    reversals: new Map(),
    intakes: new Map(),
  };
  return withFound(nothing, found);
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

/** The keys of the batch, and then the holds that it is found to be about. */
const LOOK_UPS_MAX = 3;

/** What is needed is found under the locks that there are. */
function isLookedUp({ wholeAccounts, missingRows, pinnedRows }: Needs): boolean {
  return wholeAccounts.size + missingRows.length + pinnedRows.length === 0;
}

function lockMore({ missingRows, wholeAccounts, pinnedRows }: Needs, scope: AttemptScope): Attempt {
  if (missingRows.length > 0) return { kind: 'missingRows', rows: missingRows };
  const locked = new Set(scope.pinnedRows?.map(({ accountId, index }) => rowKey(accountId, index)));
  const gone = pinnedRows.find(({ accountId, index }) => locked.has(rowKey(accountId, index)));
  if (gone)
    throw new InvariantViolation(
      `something is charged to row ${gone.index} of ${gone.accountId}, which is not there`,
    );
  return { kind: 'widen', wholeAccounts, pinnedRows };
}

/** Looks up all keys of the batch at once: whoever needs one of them mostly needs more. */
export async function withKeys(
  transaction: BatchTransaction,
  state: ShardState,
  commands: readonly Command[],
): Promise<ShardState> {
  const lookedUpKeys = new Set(
    commands.map((command) => commandKey(command)).filter((key) => key !== undefined),
  );
  if (lookedUpKeys.size === 0) return state;
  return { ...withFound(state, await transaction.lookUp(ownKeys(commands))), lookedUpKeys };
}

/** Adds what the commands' holds, deductions, leases and records are, as far as that is not known. */
export async function withStanding(
  transaction: BatchTransaction,
  state: ShardState,
  commands: readonly Command[],
): Promise<ShardState> {
  const keys = standingKeys(commands);
  return keys ? withFound(state, await transaction.lookUp(keys)) : state;
}

/** Adds holds that no command names. */
async function withHolds(
  transaction: BatchTransaction,
  state: ShardState,
  holds: Needs['holds'],
): Promise<ShardState> {
  if (holds.length === 0) return state;
  const keys = noKeys();
  for (const { accountId, holdId } of holds) add(keys.holdIds, accountId, holdId);
  return withFound(state, await transaction.lookUp(keys));
}

/** Adds what was found to what is known. */
function withFound(state: ShardState, found: FoundKeys): ShardState {
  const { entries, arrivals, departures, holds, reversals, intakes } = found;
  return {
    ...state,
    entries: extended(state.entries, entries, (entry) => entryKey(entry.accountId, entry.requestId)),
    arrivals: extended(state.arrivals, arrivals, ({ accountId, transferId }) =>
      arrivalKey(accountId, transferId),
    ),
    departures: extended(state.departures, departures, ({ accountId, transferId }) =>
      departureKey(accountId, transferId),
    ),
    holds: extended(state.holds, holds, (hold) => entryKey(hold.accountId, hold.holdId)),
    reversals: extended(state.reversals, reversals, ({ accountId, reverses }) =>
      entryKey(accountId, reverses),
    ),
    intakes: extended(state.intakes, intakes, (record) => entryKey(record.accountId, record.requestId)),
  };
}

function extended<T>(
  known: ReadonlyMap<string, T>,
  found: readonly T[],
  key: (each: T) => string,
): ReadonlyMap<string, T> {
  return found.length === 0 ? known : new Map([...known, ...found.map((each) => [key(each), each] as const)]);
}

/** The rows that an attempt locks. */
export function attemptRows(
  commands: readonly Command[],
  scope: AttemptScope,
): Pick<RowScope, 'rows' | 'wholeAccounts'> {
  const wholeAccounts = withAccountWide(commands, scope.wholeAccounts);
  const rows = namedRows(commands);
  // The allowances that were charged for a hold or an entry are known from that.
  for (const { accountId, index } of scope.pinnedRows ?? []) {
    const named = rows.get(accountId);
    if (named) named.add(index);
    else rows.set(accountId, new Set([index]));
  }
  // What is received locks nothing, unless it follows an attempt that was rejected.
  for (const { kind, accountId } of commands)
    if (kind === 'receive' && wholeAccounts.has(accountId) && !rows.has(accountId))
      rows.set(accountId, new Set());
  return { rows, wholeAccounts: new Set([...wholeAccounts].filter((accountId) => rows.has(accountId))) };
}

/** The keys that commands are remembered under. */
function ownKeys(commands: readonly Command[]): KeyScope {
  const keys = noKeys();
  for (const command of commands) {
    const { accountId, kind } = command;
    if (kind === 'deduct' || kind === 'credit' || kind === 'hold')
      add(keys.requestIds, accountId, command.requestId);
    // Under locks that were taken for the whole account, nothing was looked up with them.
    if (kind === 'deduct' && dependsOnIntake(command)) add(keys.intakeIds, accountId, command.requestId);
    if (kind === 'payIn') add(keys.requestIds, accountId, arrivalOfPaymentKey(command.payment));
    if (kind === 'payBack') add(keys.requestIds, accountId, returnOfPaymentKey(command.payment));
    if (kind === 'restoreHalf') add(keys.requestIds, accountId, lostKey(command.transferId));
    else if (kind === 'hold') add(keys.holdIds, accountId, command.requestId);
    else if (kind === 'transferIn') add(keys.arrivalIds, accountId, command.transferId);
    else if (kind === 'transferOut') add(keys.departureIds, accountId, command.transferId);
  }
  return keys;
}

/** What must be known of the holds and deductions that commands are about, whatever they come to; mostly there are none. */
export function standingKeys(commands: readonly Command[]): KeyScope | undefined {
  const about = commands.filter(isFollowUp);
  const leased = commands.filter(isAboutLease);
  const received = commands.filter(isAboutIntake);
  if (about.length + leased.length + received.length === 0) return undefined;
  const keys = noKeys();
  for (const command of received) addIntakeKeys(keys, command);
  for (const command of leased) addLeaseKeys(keys, command);
  for (const command of about) {
    const { accountId } = command;
    if (command.kind === 'reverse') {
      const { reverses, captureId, requestId } = command;
      const name = reversedName(reverses, captureId);
      for (const key of [reverses, confirmationKey(reverses, captureId), reversalKey(name, requestId)])
        add(keys.requestIds, accountId, key);
      add(keys.reversedIds, accountId, name);
      continue;
    }
    add(keys.holdIds, accountId, command.holdId);
    if (command.kind === 'confirm' && command.captureId !== null)
      add(keys.requestIds, accountId, confirmationKey(command.holdId, command.captureId));
    // A cancel that finds no hold takes the key, unless something else has it.
    if (command.kind === 'cancel') add(keys.requestIds, accountId, command.holdId);
  }
  return keys;
}

type IntakeCommand = ReceiveCommand | TakeOverCommand | EndIntakeCommand | DeductCommand;

function isAboutIntake(command: Command): command is IntakeCommand {
  const { kind } = command;
  if (kind === 'deduct') return dependsOnIntake(command);
  return kind === 'receive' || kind === 'takeOver' || kind === 'endIntake';
}

/** A charge takes an INSERT's word for its entry; the others decide by what has the key already. */
function addIntakeKeys(keys: ReturnType<typeof noKeys>, command: IntakeCommand): void {
  const { kind, accountId, requestId } = command;
  add(keys.intakeIds, accountId, requestId);
  if (kind !== 'deduct') add(keys.requestIds, accountId, requestId);
}

function isAboutLease(command: Command): command is FlushCommand | RecallCommand {
  return command.kind === 'flush' || command.kind === 'recall';
}

/** The leases, and every key that a flush writes: one that is found is not written again. */
function addLeaseKeys(keys: ReturnType<typeof noKeys>, command: FlushCommand | RecallCommand): void {
  const { accountId, leaseId } = command;
  if (leaseId !== null) add(keys.holdIds, accountId, leaseId);
  if (command.kind === 'recall') return;
  if (command.next) add(keys.holdIds, accountId, command.next.leaseId);
  for (const { requestId } of command.deductions) add(keys.requestIds, accountId, requestId);
}

function noKeys() {
  const ids = (): Map<string, string[]> => new Map();
  return {
    requestIds: ids(),
    arrivalIds: ids(),
    departureIds: ids(),
    holdIds: ids(),
    reversedIds: ids(),
    intakeIds: ids(),
  };
}

function add(ids: Map<string, string[]>, accountId: string, id: string): void {
  const known = ids.get(accountId);
  if (known) known.push(id);
  else ids.set(accountId, [id]);
}
