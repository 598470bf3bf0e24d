import type { Command, DeductCommand } from '../ledger/command';
import type { StoredTransfer } from '../ledger/audit-transfer';
import { type Entry, isMark, type ListedKind } from '../ledger/entry';
import { type FeedRange, inRanges } from '../ledger/feed-change';
import type { Hold } from '../ledger/hold';
import type { IntakeRecord } from '../ledger/intake';
import type { Payment } from '../ledger/payment';
import type { RunningSum } from '../ledger/running-sum';
import type { Reversal } from '../ledger/reversal';
import type { SubAccount, SubAccountSeed } from '../ledger/sub-account';
import type { BatchStore } from './batch-transaction';
import type { DeductionResult, DeductionWay } from './deduction-way';
import { type Cell, type Database, type Dialect, exact, integer, unsynced, text } from './database';
import { MARKS_FROM_US } from './entry-place';
import { type NoteFault, ShardFault, ShardUnavailableError, unlessUnavailable } from './faults';
import type { FeedStore } from './feed/feed-store';
import { ShardFeed } from './feed/shard-feed';
import { lockAccount } from './lock-account';
import type {
  EntryKeyPlace,
  ScannedEntryKey,
  EntryPlace,
  HoldPlace,
  IntakePlace,
  LedgerScan,
  ReversalPlace,
  RunningSumPlace,
  RowPlace,
  Scan,
  ScannedEntry,
  ScannedPage,
  TransferPlace,
} from './ledger-scan';
import { wholeTransfers } from './ledger-scan';
import { Places } from './places';
import { type RetryPolicy, runBatch } from './run-batch';
import { type DeductionSessions, type DeductionSettings, runDeduction } from './run-deduction';
import type {
  BatchChain,
  BatchHint,
  BatchResult,
  DepartureQuery,
  DrainingRow,
  EntryPosition,
  EntryQuery,
  EntryStand,
  EntryStretch,
  EntrySum,
  EntrySums,
  ExpiredHold,
  FoundEntries,
  FoundKeys,
  HoldQuery,
  IntakeDepth,
  IntakeDepthQuery,
  IntakePage,
  KeySearch,
  LockedAccount,
  PaymentQuery,
  PendingDeparture,
  RowPage,
  Shard,
  ShardBalance,
} from './shard';
import { IdentityGuard } from './identity-guard';
import { type KnownShards, NOTHING_KNOWN } from './shard-identity';
import { SqlIdentityStore } from './sql-identity-store';
import { completeTransfers } from './statements/complete-transfers';
import { createSubAccounts } from './statements/create-sub-accounts';
import { drainingRows, toDrainingRow } from './statements/draining-rows';
import { toEntry } from './statements/entry-row';
import { expiredHolds, toExpiredHold } from './statements/expired-holds';
import { findEntries } from './statements/find-entries';
import { findHold } from './statements/find-hold';
import { findIntakes } from './statements/find-intakes';
import { findPayments, forgetPayments, paymentsFrom, pendingPayments } from './statements/find-payments';
import { findWritten } from './statements/find-written';
import { toHold } from './statements/hold-row';
import { intakeAccounts, intakeDepth, intakeInState } from './statements/intake-in-state';
import { toIntake } from './statements/intake-row';
import { isAskedFor } from './asked-entries';
import { entriesOfAnyKind, listEntries, sliceEnd, sumEntries } from './statements/list-entries';
import { listHolds, stretchesOf } from './statements/list-holds';
import { newestEntry } from './statements/newest-entry';
import { nowUs } from './statements/now';
import { openLeases } from './statements/open-leases';
import { toPayment } from './statements/payment-row';
import { countDepartures, pendingDepartures, toPendingDeparture } from './statements/pending-departures';
import { toReversal } from './statements/reversal-row';
import { keysEnd, searchKeys } from './statements/search-keys';
import { scanEntries, toScannedEntry } from './statements/scan-entries';
import { scanEntryKeys, toEntryKey } from './statements/scan-entry-keys';
import { scanHolds } from './statements/scan-holds';
import { scanIntakes } from './statements/scan-intakes';
import { scanReversals } from './statements/scan-reversals';
import { scanSubAccounts } from './statements/scan-sub-accounts';
import { findTransfers, scanTransfers, toStoredTransfer } from './statements/scan-transfers';
import {
  deleteRunningSums,
  findRunningSum,
  insertRunningSum,
  scanRunningSums,
  toRunningSum,
} from './statements/running-sums';
import { settledUntil } from './statements/settled-until';
import type { Statement } from './statements/statement';
import { SUB_ACCOUNT_COLUMNS, toSubAccount } from './statements/sub-account-row';
import { accountOf, anyRowOf, NO_BALANCE, sumBalances, toShardBalance } from './statements/sum-balances';
import type { Surroundings } from './surroundings';

/** What a new row of an account starts from, asked of the directory when a named row turns out to be missing. */
export type DescribeAccount = (accountId: string) => Promise<Omit<SubAccountSeed, 'accountId' | 'index'>>;

export interface SqlShardParts {
  readonly name: string;
  /** Of its database, without credentials: for messages. */
  readonly address?: string | undefined;
  readonly parallelism: number;
  /** Single statements. */
  readonly database: Database;
  /** Batches. */
  readonly batches: BatchStore;
  /** Deductions one by one. */
  readonly deductions: DeductionSessions;
  readonly deductionSettings: DeductionSettings;
  readonly clusterId: () => Promise<string>;
  /** By default nothing: the shard stands alone. */
  readonly known?: KnownShards | undefined;
  readonly describeAccount: DescribeAccount;
  readonly surroundings: Surroundings;
  readonly policy: RetryPolicy;
  readonly noteFault?: NoteFault | undefined;
}

/** Times that something is looked for that is there whenever its absence is to be confirmed. */
const LOOKS_MAX = 5;

/** Rows created by one statement. */
const SEEDS_LENGTH_MAX = 500;

/** Entries that one statement of a list goes through. */
const SLICE_ENTRIES = 5_000;

/** Slices that one call goes through. */
const SLICES_MAX = 20;

/** Entries that are summed by one statement. */
const SUMMED_ENTRIES = 20_000;

/** Internal keys that one statement goes through. */
const SEARCHED_KEYS = 20_000;

/** Behind every entry that is listed. */
const MARKS: EntryPosition = { createdAtUs: MARKS_FROM_US, shard: '', subAccount: 0, version: 0 };

/** Keys looked up by one statement: the optimizer rewrites longer lists. */
const KEYS_LENGTH_MAX = 900;

/** Stretches of entries read by one statement. */
const RANGES_LENGTH_MAX = 50;

/** Transfers marked by one statement: SQLite allows expressions to be 1,000 deep. */
const TRANSFERS_LENGTH_MAX = 200;

/** A shard on any SQL store: batches go through its transactions, the rest are single statements. */
export class SqlShard implements Shard {
  readonly feed: FeedStore;
  readonly #places: Places;
  readonly #identity: IdentityGuard;
  readonly #identityStore: SqlIdentityStore;

  constructor(private readonly parts: SqlShardParts) {
    const { name, address, clusterId, known = NOTHING_KNOWN, database, surroundings } = parts;
    this.#identityStore = new SqlIdentityStore(database);
    this.#identity = new IdentityGuard({
      name,
      address,
      clusterId,
      known,
      store: this.#identityStore,
      newId: () => surroundings.newId(),
    });
    const { sessionsPerShard: places, waitingMax, waitMsMax } = parts.deductionSettings;
    this.#places = new Places({ places, waitingMax, waitMsMax }, (ms, run) => surroundings.later(ms, run));
    this.feed = new ShardFeed({
      dialect: database.dialect,
      read: (statement) => this.#read(statement),
      look: (statement) => this.#look(statement),
      write: ({ sql, parameters }) => this.#guard(() => unsynced(database, sql, parameters)),
      insertOnce: (statement) => this.#insertOnce(statement),
    });
  }

  get name(): string {
    return this.parts.name;
  }

  get parallelism(): number {
    return this.parts.parallelism;
  }

  async open(): Promise<void> {
    await this.#identity.refuseMissing();
    await this.#guard(() => this.parts.database.open('shard'));
    await this.#guard(() => this.#identity.identify());
    await this.#guard(() => this.parts.batches.open());
  }

  applyBatch(commands: readonly Command[], hint: BatchHint, chain?: BatchChain): Promise<BatchResult> {
    const { batches: store, surroundings, policy, noteFault } = this.parts;
    return runBatch(
      {
        store,
        policy,
        surroundings,
        noteFault,
        confirmOwn: (identity) => this.#identity.confirmOwn(identity),
        // Unguarded, so that a deadlock over a new row is tried again with the batch.
        createMissingRows: async (rows) => {
          const seeds = rows.map(async (row) => ({
            ...row,
            ...(await this.parts.describeAccount(row.accountId)),
          }));
          await this.#insertRows(await Promise.all(seeds));
        },
      },
      commands,
      hint,
      chain,
    );
  }

  deduct(command: DeductCommand, way: DeductionWay): Promise<DeductionResult> {
    const { name, deductions: sessions, deductionSettings: settings, surroundings, noteFault } = this.parts;
    const findEntry = (accountId: string, requestId: string) => this.findEntry(accountId, requestId);
    const places = this.#places;
    const run = { shard: name, sessions, places, settings, surroundings, noteFault, findEntry };
    return runDeduction(run, way, command);
  }

  createSubAccounts(seeds: readonly SubAccountSeed[]): Promise<void> {
    return this.#guard(() => this.#insertRows(seeds));
  }

  async completeTransfers(transfers: readonly { accountId: string; transferId: string }[]): Promise<void> {
    for (let from = 0; from < transfers.length; from += TRANSFERS_LENGTH_MAX) {
      await this.#write(completeTransfers(transfers.slice(from, from + TRANSFERS_LENGTH_MAX)));
    }
  }

  async pendingDepartures(query: DepartureQuery): Promise<PendingDeparture[]> {
    const rows = await this.#look(pendingDepartures(query, this.parts.database.dialect));
    return rows.map((row) => toPendingDeparture(row, this.name));
  }

  async countDepartures(toShard: string, countMax: number): Promise<number> {
    const [row] = await this.#read(countDepartures(toShard, countMax, this.parts.database.dialect));
    return integer(row?.[0]);
  }

  async pendingPayments(query: PaymentQuery): Promise<Payment[]> {
    return (await this.#look(pendingPayments(query, this.parts.database.dialect))).map(toPayment);
  }

  async findPayments(accountId: string, requestIds: readonly string[]): Promise<Payment[]> {
    const found: Payment[] = [];
    for (let from = 0; from < requestIds.length; from += KEYS_LENGTH_MAX) {
      const keys = requestIds.slice(from, from + KEYS_LENGTH_MAX);
      found.push(...(await this.#read(findPayments(accountId, keys))).map(toPayment));
    }
    return found;
  }

  async paymentsFrom(accountId: string, limit: number): Promise<Payment[]> {
    return (await this.#read(paymentsFrom(accountId, limit))).map(toPayment);
  }

  async forgetPayments(payments: Parameters<Shard['forgetPayments']>[0]): Promise<void> {
    for (let from = 0; from < payments.length; from += TRANSFERS_LENGTH_MAX)
      await this.#write(forgetPayments(payments.slice(from, from + TRANSFERS_LENGTH_MAX)));
  }

  async findEntry(accountId: string, requestId: string): Promise<Entry | undefined> {
    const [entry] = await this.findEntries(accountId, [requestId]);
    return entry;
  }

  async findEntries(accountId: string, requestIds: readonly string[]): Promise<Entry[]> {
    const found: Entry[] = [];
    for (let from = 0; from < requestIds.length; from += KEYS_LENGTH_MAX) {
      const keys = requestIds.slice(from, from + KEYS_LENGTH_MAX);
      const rows = await this.#read(findEntries(accountId, keys, this.parts.database.dialect));
      found.push(...rows.map(toEntry));
    }
    return found;
  }

  async findHold(accountId: string, holdId: string): Promise<Hold | undefined> {
    const [row] = await this.#read(findHold(accountId, holdId));
    return row && toHold(row);
  }

  async findIntakes(accountId: string, requestIds: readonly string[]): Promise<IntakeRecord[]> {
    const found: IntakeRecord[] = [];
    for (let from = 0; from < requestIds.length; from += KEYS_LENGTH_MAX) {
      const keys = requestIds.slice(from, from + KEYS_LENGTH_MAX);
      found.push(...(await this.#read(findIntakes(accountId, keys))).map(toIntake));
    }
    return found;
  }

  async intakeInState(page: IntakePage): Promise<IntakeRecord[]> {
    return (await this.#look(intakeInState(page, this.parts.database.dialect))).map(toIntake);
  }

  async intakeDepth(query: IntakeDepthQuery): Promise<IntakeDepth> {
    const { dialect } = this.parts.database;
    const [row] = await this.#look(intakeDepth(query, dialect));
    const rows = query.accountsMax ? await this.#look(intakeAccounts(query, dialect)) : [];
    const accounts = rows.map(([accountId, waiting]) => ({
      accountId: text(accountId),
      waiting: integer(waiting),
    }));
    return { waiting: integer(row?.[0]), oldestUs: integer(row?.[1]), accounts };
  }

  async expiredHolds(page: Parameters<Shard['expiredHolds']>[0]): Promise<ExpiredHold[]> {
    return (await this.#look(expiredHolds(page, this.parts.database.dialect))).map(toExpiredHold);
  }

  async listHolds(query: HoldQuery): Promise<Hold[]> {
    const found: Hold[] = [];
    for (const stretch of stretchesOf(query)) {
      const limit = query.limit - found.length;
      if (limit <= 0) break;
      const statement = listHolds({ ...query, limit }, stretch, this.parts.database.dialect);
      found.push(...(await this.#read(statement)).map(toHold));
    }
    return found;
  }

  async openLeases(accountId: string): Promise<Hold[]> {
    return (await this.#read(openLeases(accountId, this.parts.database.dialect))).map(toHold);
  }

  lockAccount(accountId: string): Promise<LockedAccount> {
    return lockAccount(
      this.parts.batches,
      accountId,
      (identity) => this.#identity.confirmOwn(identity),
      this.parts.noteFault,
    );
  }

  async drainingRows(page: RowPage): Promise<DrainingRow[]> {
    return (await this.#look(drainingRows(page, this.parts.database.dialect))).map(toDrainingRow);
  }

  async readBalances(accountIds: readonly string[]): Promise<Map<string, ShardBalance>> {
    const sums = sumBalances(accountIds, this.parts.database.dialect);
    const found = await this.#unlessElsewhere(
      async () => new Map((await this.#look(sums)).map((row) => [accountOf(row), toShardBalance(row)])),
      (balances) => {
        const missing = accountIds.filter((accountId) => !balances.has(accountId));
        return missing.length === 0 ? undefined : anyRowOf(missing);
      },
    );
    return new Map(accountIds.map((accountId) => [accountId, found.get(accountId) ?? NO_BALANCE]));
  }

  async listSubAccounts(accountId: string): Promise<SubAccount[]> {
    const rows = await this.#read({
      sql: `SELECT ${SUB_ACCOUNT_COLUMNS} FROM sub_account WHERE account_id = ? ORDER BY idx`,
      parameters: [accountId],
    });
    return rows.map(toSubAccount);
  }

  async settledUntilUs(accountId: string): Promise<number> {
    const { database } = this.parts;
    const statement = settledUntil(accountId, database.dialect);
    const clocks = async (): Promise<number[]> => {
      const rows = await this.#guard(() => database.readSettled(statement.sql, statement.parameters));
      return rows.map(([cell]) => integer(cell));
    };
    const first = await clocks();
    if (first.length > 0) return Math.max(...first);

    // No row here yet. One that comes later writes entries later than a clock that was read before it was missed.
    const now = await this.clockUs();
    const again = await clocks();
    return again.length > 0 ? Math.max(...again) : now;
  }

  async newestEntryUs(accountId: string): Promise<number> {
    const [row] = await this.#read(newestEntry(accountId, this.parts.database.dialect));
    return row ? integer(row[0]) : 0;
  }

  /**
   * Mostly every kind is asked for, so one page of whatever is listed holds what is looked for. For a few among others it
   * goes on in slices of bounded size, and no further than so many of them: no statement goes through all that an account has, and
   * where statements run in this process, others have their turn between two.
   */
  async listEntries(query: EntryQuery): Promise<FoundEntries> {
    const at = this.#at;
    const { limit } = query;
    const first = (await this.#read(entriesOfAnyKind(at, query, limit))).map(toEntry);
    const found = first.filter((entry) => isAskedFor(entry, query));
    const last = first.at(-1);
    if (first.length < limit || !last) return { entries: found };
    let stand: EntryStand = last;
    for (let slices = 0; found.length < limit; slices += 1) {
      if (slices === SLICES_MAX) return { entries: found, stoppedAt: stand };
      const rest: EntryQuery = {
        ...beyond(query, { ...stand, shard: at.shard }),
        limit: limit - found.length,
      };
      const end = toStand((await this.#read(sliceEnd(at, rest, SLICE_ENTRIES)))[0]);
      const some = (await this.#read(listEntries(at, rest, end))).map(toEntry);
      // MySQL compares texts without the blanks at their ends.
      found.push(...some.filter((entry) => isAskedFor(entry, query)));
      const isFull = some.length === rest.limit;
      if (!isFull && !end) break;
      stand = (isFull ? some.at(-1) : end) ?? stand;
      await this.parts.surroundings.turn();
    }
    return { entries: found };
  }

  async sumEntries(stretch: Omit<EntryStretch, 'before'>): Promise<EntrySums> {
    const oldest = { ...stretch, before: MARKS, order: 'oldest first' } as const;
    const summedTo = toStand((await this.#read(sliceEnd(this.#at, oldest, SUMMED_ENTRIES)))[0]);
    const rows = await this.#look(sumEntries(this.#at, oldest, summedTo));
    const sums = rows.map(toEntrySum).filter(({ kind }) => !isMark(kind));
    return summedTo ? { sums, summedTo } : { sums };
  }

  async findRunningSum(accountId: string, beforeUs: number): Promise<RunningSum | undefined> {
    const [row] = await this.#look(findRunningSum(accountId, beforeUs));
    return row && toRunningSum(row);
  }

  async keepRunningSum(sum: RunningSum): Promise<void> {
    await this.#insertOnce(insertRunningSum(sum));
  }

  async forgetRunningSums(accountId: string): Promise<void> {
    await this.#write(deleteRunningSums(accountId));
  }

  async searchKeys(search: KeySearch): Promise<FoundKeys> {
    const { dialect } = this.parts.database;
    const [end] = await this.#read(keysEnd(search, dialect, SEARCHED_KEYS));
    const keys = (await this.#look(searchKeys(search, dialect, SEARCHED_KEYS))).map(([key]) => text(key));
    return end ? { keys, stoppedAt: text(end[0]) } : { keys };
  }

  async findWritten(ranges: readonly FeedRange[]): Promise<Entry[][]> {
    const found: Entry[] = [];
    for (let from = 0; from < ranges.length; from += RANGES_LENGTH_MAX) {
      const some = ranges.slice(from, from + RANGES_LENGTH_MAX);
      const rows = await this.#read(findWritten(some, this.parts.database.dialect));
      found.push(...rows.map(toEntry));
    }
    return inRanges(ranges, found);
  }

  async scanSubAccounts(scan: Scan<RowPlace>): Promise<ScannedPage<SubAccount>> {
    return this.#page(scan, scanSubAccounts, toSubAccount);
  }

  async scanEntries(scan: Scan<EntryPlace>): Promise<ScannedPage<ScannedEntry>> {
    return this.#page(scan, scanEntries, toScannedEntry);
  }

  async scanEntryKeys(scan: Scan<EntryKeyPlace>): Promise<ScannedPage<ScannedEntryKey>> {
    return this.#page(scan, scanEntryKeys, toEntryKey);
  }

  async scanHolds(scan: Scan<HoldPlace>): Promise<ScannedPage<Hold>> {
    return this.#page(scan, scanHolds, toHold);
  }

  async scanIntakes(scan: Scan<IntakePlace>): Promise<ScannedPage<IntakeRecord>> {
    return this.#page(scan, scanIntakes, toIntake);
  }

  async scanReversals(scan: Scan<ReversalPlace>): Promise<ScannedPage<Reversal>> {
    return this.#page(scan, scanReversals, toReversal);
  }

  async scanRunningSums(scan: Scan<RunningSumPlace>): Promise<ScannedPage<RunningSum>> {
    return this.#page(scan, scanRunningSums, toRunningSum);
  }

  async scanTransfers(scan: Scan<TransferPlace>): Promise<ScannedPage<StoredTransfer>> {
    return wholeTransfers((await this.#page(scan, scanTransfers, toStoredTransfer)).items, scan.limit);
  }

  async findTransfers(ids: Parameters<LedgerScan['findTransfers']>[0]): Promise<StoredTransfer[]> {
    return (await this.#read(findTransfers(ids))).map(toStoredTransfer);
  }

  async clockUs(): Promise<number> {
    const [row] = await this.#read({ sql: `SELECT ${nowUs(this.parts.database.dialect)}`, parameters: [] });
    return integer(row?.[0]);
  }

  async ping(): Promise<void> {
    await this.#guard(() => this.#identity.confirm());
  }

  async close(): Promise<void> {
    await this.parts.deductions.close();
    await this.parts.batches.close();
    await this.parts.database.close();
  }

  get #at() {
    return { shard: this.name, dialect: this.parts.database.dialect };
  }

  async #insertRows(seeds: readonly SubAccountSeed[]): Promise<void> {
    const { database } = this.parts;
    for (let from = 0; from < seeds.length; from += SEEDS_LENGTH_MAX) {
      const { sql, parameters } = createSubAccounts(
        seeds.slice(from, from + SEEDS_LENGTH_MAX),
        database.dialect,
        this.#identity.incarnation,
      );
      // Rows that are there already count as well: none at all means that another database has answered.
      if ((await database.write(sql, parameters)) === 0) await this.#identity.confirmOwn(undefined);
    }
    await this.#identity.confirm();
  }

  async #page<Place, Item>(
    scan: Scan<Place>,
    statement: (scan: Scan<Place>, dialect: Dialect) => Statement,
    toItem: (row: readonly Cell[]) => Item,
  ): Promise<ScannedPage<Item>> {
    const rows = await this.#read(statement(scan, this.parts.database.dialect));
    return { items: rows.map(toItem), ended: rows.length < scan.limit };
  }

  /** Rows that somebody relies on: that there are none is true only of the shard's own database. */
  #read(statement: Statement): Promise<Cell[][]> {
    return this.#unlessElsewhere(
      () => this.#look(statement),
      (rows) => (rows.length === 0 ? statement : undefined),
    );
  }

  /**
   * What a look finds. If something is missing there, one statement more sees that there are no rows and whose database it is:
   * another database may have answered, and the own one be back since.
   *
   * @param absent the statement that finds no rows where what is missing is not there; `undefined` where nothing is missing
   */
  async #unlessElsewhere<T>(look: () => Promise<T>, absent: (found: T) => Statement | undefined): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      const found = await look();
      const statement = absent(found);
      if (!statement) return found;
      const { identity, hasRows } = await this.#guard(() => this.#identityStore.findBeside(statement));
      await this.#guard(() => this.#identity.confirmOwn(identity));
      if (!hasRows) return found;
      if (tries === LOOKS_MAX) throw new ShardUnavailableError(this.name, 'what it has comes and goes');
    }
  }

  /** Rows to work on; none is no news. */
  #look(statement: Statement): Promise<Cell[][]> {
    return this.#guard(() => this.parts.database.read(statement.sql, statement.parameters));
  }

  #write(statement: Statement): Promise<number> {
    return this.#guard(() => this.parts.database.write(statement.sql, statement.parameters));
  }

  /** @returns false when a row under this key exists already */
  #insertOnce({ sql, parameters }: Statement): Promise<boolean> {
    return this.#guard(async () => {
      try {
        return (await unsynced(this.parts.database, sql, parameters)) > 0;
      } catch (error) {
        if (error instanceof ShardFault && error.verdict === 'lookUpKeys') return false;
        throw error;
      }
    });
  }

  #guard<T>(run: () => Promise<T>): Promise<T> {
    return unlessUnavailable(this.name, run, this.parts.noteFault);
  }
}

/** The rest of a query behind a place that it has come to. */
function beyond(query: EntryQuery, place: EntryPosition): EntryQuery {
  return query.order === 'oldest first' ? { ...query, after: place } : { ...query, before: place };
}

function toStand(row: readonly Cell[] | undefined): EntryStand | undefined {
  return row && { createdAtUs: integer(row[0]), subAccount: integer(row[1]), version: integer(row[2]) };
}

/** Reads a row of `sumEntries`. */
function toEntrySum(row: readonly Cell[]): EntrySum {
  return {
    kind: text(row[0]) as ListedKind,
    quarter: integer(row[1]),
    count: integer(row[2]),
    amountMinor: exact(row[3]) + (exact(row[4]) << 32n),
  };
}
