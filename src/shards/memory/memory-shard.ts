import { isAllowanceId } from '../../ledger/allowance';
import type { Command } from '../../ledger/command';
import type { StoredTransfer } from '../../ledger/audit-transfer';
import { type Entry, isMark, type ListedKind } from '../../ledger/entry';
import { type FeedRange, inRanges } from '../../ledger/feed-change';
import type { Hold } from '../../ledger/hold';
import { PUT_OFF_US_MAX, type IntakeRecord } from '../../ledger/intake';
import { isLeaseKey } from '../../ledger/lease';
import type { Payment } from '../../ledger/payment';
import type { RunningSum } from '../../ledger/running-sum';
import type { Reversal } from '../../ledger/reversal';
import type { SubAccount, SubAccountSeed } from '../../ledger/sub-account';
import type { DeductionResult } from '../deduction-way';
import { isAskedFor } from '../asked-entries';
import { placeUs } from '../entry-place';
import { type NoteFault, unlessUnavailable } from '../faults';
import type { FeedStore } from '../feed/feed-store';
import { IdentityGuard } from '../identity-guard';
import { type KnownShards, NOTHING_KNOWN, type ShardIdentity } from '../shard-identity';
import {
  type EntryKeyPlace,
  type ScannedEntryKey,
  type EntryPlace,
  type HoldPlace,
  type IntakePlace,
  type LedgerScan,
  type ReversalPlace,
  type RunningSumPlace,
  type RowPlace,
  type Scan,
  type ScannedEntry,
  type ScannedPage,
  type TransferPlace,
  wholeTransfers,
} from '../ledger-scan';
import { lockAccount } from '../lock-account';
import { RETRY_POLICY, type RetryPolicy, runBatch } from '../run-batch';
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
} from '../shard';
import type { DescribeAccount } from '../sql-shard';
import type { Surroundings } from '../surroundings';
import { type Interference, type MemoryStep, NO_INTERFERENCE, pass } from './interference';
import { MemoryBatchStore } from './memory-batch-store';
import type { MemoryDatabase, StoredAccount, TransferRow } from './memory-database';
import { scanItems } from './memory-scan';

/** Few, so that sums and searches go on from one call to the next. */
const SUMMED_ENTRIES = 20;
const SEARCHED_KEYS = 20;

const QUARTER_US = 900_000_000;

export interface MemoryShardParts {
  /** What the shard is taken for; by default what its database is called. */
  readonly name?: string;
  readonly database: MemoryDatabase;
  /** The installation that opens it. Without it, whose shard this is is not looked at. */
  readonly clusterId?: () => Promise<string>;
  /** By default nothing: the shard stands alone. */
  readonly known?: KnownShards | undefined;
  readonly describeAccount: DescribeAccount;
  readonly surroundings: Surroundings;
  readonly parallelism?: number;
  readonly policy?: RetryPolicy;
  readonly interfere?: Interference;
  readonly noteFault?: NoteFault | undefined;
}

/**
 * A shard without a server: the same batches, retries and outcomes as on a database, in memory and with faults on
 * request. For simulations and tests; several may stand on one `MemoryDatabase`, as service instances do.
 */
export class MemoryShard implements Shard {
  readonly parallelism: number;
  readonly feed: FeedStore = this.#feed();
  readonly #batches: MemoryBatchStore;
  readonly #interfere: Interference;
  readonly #identity: IdentityGuard | undefined;

  constructor(private readonly parts: MemoryShardParts) {
    this.parallelism = parts.parallelism ?? 1;
    this.#interfere = parts.interfere ?? NO_INTERFERENCE;
    this.#batches = new MemoryBatchStore(parts.database, this.#interfere, this);
    this.#identity = this.#identityGuard();
  }

  get name(): string {
    return this.parts.name ?? this.parts.database.name;
  }

  async open(): Promise<void> {
    await this.#guard(async () => this.#identity?.identify());
    await this.#batches.open();
  }

  close(): Promise<void> {
    return this.#batches.close();
  }

  applyBatch(commands: readonly Command[], hint: BatchHint, chain?: BatchChain): Promise<BatchResult> {
    const { surroundings, policy = RETRY_POLICY, describeAccount, noteFault } = this.parts;
    return runBatch(
      {
        store: this.#batches,
        policy,
        surroundings,
        noteFault,
        confirmOwn: async (identity) => this.#identity?.confirmOwn(identity),
        createMissingRows: async (rows) => {
          const seeds = rows.map(async (row) => ({ ...row, ...(await describeAccount(row.accountId)) }));
          const complete = await Promise.all(seeds);
          await this.#createRows(complete);
        },
      },
      commands,
      hint,
      chain,
    );
  }

  /** The ways of deducting are ways of asking a database. In memory every deduction is decided in a batch. */
  deduct(): Promise<DeductionResult> {
    return Promise.resolve({ kind: 'handOver', mayHaveCommitted: false, tries: 1 });
  }

  createSubAccounts(seeds: readonly SubAccountSeed[]): Promise<void> {
    return this.#guard(() => this.#createRows(seeds));
  }

  completeTransfers(transfers: readonly { accountId: string; transferId: string }[]): Promise<void> {
    return this.#guard(() =>
      this.#write((database) => {
        database.completeTransfers(transfers);
      }),
    );
  }

  pendingDepartures(query: DepartureQuery): Promise<PendingDeparture[]> {
    return this.#read((database) => {
      const { limit, olderThanMs, toShards, accountId, after } = query;
      const nowUs = database.nowUs();
      const youngUs = olderThanMs * 1_000;
      const isYoung = (atUs: number): boolean => atUs > nowUs - youngUs && atUs <= nowUs + youngUs;
      return [...database.accounts.values()]
        .flatMap((account) => [...account.transfers.values()])
        .filter((row) => row.pending && !isYoung(row.createdAtUs))
        .map((row) => toPendingDeparture(row, this.name))
        .filter(
          (departure) =>
            (toShards?.includes(departure.toShard) ?? true) &&
            (accountId ?? departure.accountId) === departure.accountId &&
            (!after || byDestination(departure, after) > 0),
        )
        .sort(byDestination)
        .slice(0, limit);
    });
  }

  async countDepartures(toShard: string, countMax: number): Promise<number> {
    return (await this.pendingDepartures({ limit: countMax, olderThanMs: 0, toShards: [toShard] })).length;
  }

  pendingPayments({ toShard, limit, olderThanMs, after }: PaymentQuery): Promise<Payment[]> {
    return this.#read((database) => {
      const nowUs = database.nowUs();
      const youngUs = olderThanMs * 1_000;
      return [...database.accounts.values()]
        .flatMap(({ payments }) => [...payments.values()])
        .filter(({ payee }) => payee.shard === toShard)
        .filter(({ createdAtUs: atUs }) => atUs <= nowUs - youngUs || atUs > nowUs + youngUs)
        .filter((payment) => !after || byAge(payment, after) > 0)
        .sort(byAge)
        .slice(0, limit);
    });
  }

  findPayments(accountId: string, requestIds: readonly string[]): Promise<Payment[]> {
    return this.#read((database) => {
      const { payments } = database.account(accountId);
      return requestIds.map((id) => payments.get(id)).filter((payment) => payment !== undefined);
    });
  }

  paymentsFrom(accountId: string, limit: number): Promise<Payment[]> {
    return this.#read((database) =>
      [...database.account(accountId).payments.values()]
        .sort((a, b) => compare(a.requestId, b.requestId))
        .slice(0, limit),
    );
  }

  forgetPayments(payments: Parameters<Shard['forgetPayments']>[0]): Promise<void> {
    return this.#guard(() =>
      this.#write((database) => {
        database.forgetPayments(payments);
      }),
    );
  }

  findEntry(accountId: string, requestId: string): Promise<Entry | undefined> {
    return this.#read((database) => database.account(accountId).entries.get(requestId));
  }

  findEntries(accountId: string, requestIds: readonly string[]): Promise<Entry[]> {
    return this.#read((database) => {
      const { entries } = database.account(accountId);
      return requestIds.map((requestId) => entries.get(requestId)).filter((entry) => entry !== undefined);
    });
  }

  findHold(accountId: string, holdId: string): Promise<Hold | undefined> {
    return this.#read((database) => database.account(accountId).holds.get(holdId));
  }

  findIntakes(accountId: string, requestIds: readonly string[]): Promise<IntakeRecord[]> {
    return this.#read((database) => {
      const { intakes } = database.account(accountId);
      return requestIds.map((requestId) => intakes.get(requestId)).filter((record) => record !== undefined);
    });
  }

  intakeInState({ state, limit, olderThanMs, due, after }: IntakePage): Promise<IntakeRecord[]> {
    return this.#read((database) => {
      const before = olderThanMs === undefined ? Infinity : database.nowUs() - olderThanMs * 1_000;
      return [...database.accounts.values()]
        .flatMap(({ intakes }) => [...intakes.values()])
        .filter((record) => record.state === state && record.sinceUs < before)
        .filter(({ sinceUs }) => isDue(sinceUs - database.nowUs(), due))
        .filter((record) => !after || bySince(record, after) > 0)
        .sort(bySince)
        .slice(0, limit);
    });
  }

  async intakeDepth({ countMax, accountsMax = 0 }: IntakeDepthQuery): Promise<IntakeDepth> {
    const waiting = await this.intakeInState({ state: 'received', limit: countMax });
    const [oldest] = waiting;
    const accounts = [...Map.groupBy(waiting, ({ accountId }) => accountId)]
      .map(([accountId, records]) => ({ accountId, waiting: records.length }))
      .sort((one, other) => other.waiting - one.waiting)
      .slice(0, accountsMax);
    return {
      waiting: waiting.length,
      oldestUs: oldest ? this.parts.database.nowUs() - oldest.sinceUs : 0,
      accounts,
    };
  }

  listHolds({ accountId, limit, status, from }: HoldQuery): Promise<Hold[]> {
    const isAhead = (holdId: string): boolean =>
      !from || holdId > from.holdId || (from.isIncluded && holdId === from.holdId);
    return this.#read((database) =>
      [...database.account(accountId).holds.values()]
        .filter(({ holdId, state }) => !isLeaseKey(holdId) && (status === undefined || state === status))
        .filter(({ holdId }) => isAhead(holdId))
        .sort((a, b) => compare(a.holdId, b.holdId))
        .slice(0, limit),
    );
  }

  openLeases(accountId: string): Promise<Hold[]> {
    return this.#read((database) =>
      [...database.account(accountId).holds.values()].filter(
        ({ holdId, state }) => state === 'held' && isLeaseKey(holdId),
      ),
    );
  }

  expiredHolds({ limit, after }: Parameters<Shard['expiredHolds']>[0]): Promise<ExpiredHold[]> {
    return this.#read((database) => {
      const nowUs = database.nowUs();
      return [...database.accounts.values()]
        .flatMap(({ holds }) => [...holds.values()])
        .filter(({ state, expiresAtUs }) => state === 'held' && expiresAtUs <= nowUs)
        .filter((hold) => !after || byExpiry(hold, after) > 0)
        .sort(byExpiry)
        .slice(0, limit)
        .map(({ accountId, holdId, subAccount, expiresAtUs }) => ({
          accountId,
          holdId,
          subAccount,
          expiresAtUs,
        }));
    });
  }

  lockAccount(accountId: string): Promise<LockedAccount> {
    return lockAccount(
      this.#batches,
      accountId,
      async (identity) => this.#identity?.confirmOwn(identity),
      this.parts.noteFault,
    );
  }

  drainingRows({ after, limit }: RowPage): Promise<DrainingRow[]> {
    return this.#read((database) =>
      [...database.accounts.values()]
        .flatMap(({ rows }) => [...rows.values()])
        .filter((row) => row.state === 'draining' && (!after || byRow(row, after) > 0))
        .sort(byRow)
        .slice(0, limit),
    );
  }

  readBalances(accountIds: readonly string[]): Promise<Map<string, ShardBalance>> {
    return this.#read(
      (database) =>
        new Map(
          accountIds.map((accountId) => [
            accountId,
            balanceOf([...database.account(accountId).rows.values()]),
          ]),
        ),
    );
  }

  listSubAccounts(accountId: string): Promise<SubAccount[]> {
    return this.#read((database) =>
      [...database.account(accountId).rows.values()].sort((a, b) => a.index - b.index),
    );
  }

  settledUntilUs(accountId: string): Promise<number> {
    const { database } = this.parts;
    return this.#guard(async () => {
      const transaction = database.begin(this);
      try {
        await this.#pass('read');
        await database.lockRows(transaction, accountId, () => true);
        return database.nowUs();
      } finally {
        database.end(this, transaction);
      }
    });
  }

  newestEntryUs(accountId: string): Promise<number> {
    return this.#read((database) =>
      [...database.account(accountId).entries.values()].reduce(
        (newest, { kind, createdAtUs }) => (isMark(kind) ? newest : Math.max(newest, createdAtUs)),
        0,
      ),
    );
  }

  listEntries(query: EntryQuery): Promise<FoundEntries> {
    const { accountId, order, limit } = query;
    const way = order === 'oldest first' ? 1 : -1;
    return this.#read((database) => ({
      entries: [...database.account(accountId).entries.values()]
        .filter((entry) => isAskedFor(entry, query) && this.#isWithin(entry, query))
        .sort((a, b) => way * byPosition(this.#positionOf(a), this.#positionOf(b)))
        .slice(0, limit),
    }));
  }

  sumEntries(stretch: Omit<EntryStretch, 'before'>): Promise<EntrySums> {
    return this.#read((database) => {
      const entries = [...database.account(stretch.accountId).entries.values()]
        .filter((entry) => !isMark(entry.kind) && this.#isWithin(entry, stretch))
        .sort((a, b) => byPosition(this.#positionOf(a), this.#positionOf(b)));
      const some = entries.slice(0, SUMMED_ENTRIES);
      const sums = some.map(({ kind, createdAtUs, amountMinor }) => ({
        kind: kind as ListedKind,
        quarter: Math.floor(createdAtUs / QUARTER_US),
        count: 1,
        amountMinor,
      }));
      const last = some.at(-1);
      return entries.length >= SUMMED_ENTRIES && last ? { sums, summedTo: last } : { sums };
    });
  }

  findRunningSum(accountId: string, beforeUs: number): Promise<RunningSum | undefined> {
    return this.#read((database) =>
      database.account(accountId).runningSums.findLast(({ createdAtUs }) => createdAtUs < beforeUs),
    );
  }

  keepRunningSum(sum: RunningSum): Promise<void> {
    return this.#read((database) => {
      const { runningSums } = database.account(sum.accountId);
      if (runningSums.some((known) => byPosition(this.#positionOf(known), this.#positionOf(sum)) === 0))
        return;
      runningSums.push(sum);
      runningSums.sort((a, b) => byPosition(this.#positionOf(a), this.#positionOf(b)));
    });
  }

  forgetRunningSums(accountId: string): Promise<void> {
    return this.#read((database) => {
      database.account(accountId).runningSums.length = 0;
    });
  }

  searchKeys({ accountId, prefix, word, after = prefix }: KeySearch): Promise<FoundKeys> {
    return this.#read((database) => {
      const keys = [...database.account(accountId).entries.keys()]
        .filter((key) => key.startsWith(prefix) && key > after)
        .sort()
        .slice(0, SEARCHED_KEYS);
      const stoppedAt = keys[SEARCHED_KEYS - 1];
      const found = keys.filter((key) => `${key} `.includes(` ${word} `));
      return stoppedAt === undefined ? { keys: found } : { keys: found, stoppedAt };
    });
  }

  scanSubAccounts(scan: Scan<RowPlace>): Promise<ScannedPage<SubAccount>> {
    return this.#scan(
      ({ rows }) => [...rows.values()],
      ({ accountId, index }) => [accountId, index],
      scan,
    );
  }

  scanEntries(scan: Scan<EntryPlace>): Promise<ScannedPage<ScannedEntry>> {
    return this.#scan(
      ({ entries }) => [...entries.values()].map(scannedEntry),
      (place) => [place.accountId, place.placeUs, place.subAccount, place.version],
      scan,
    );
  }

  scanEntryKeys(scan: Scan<EntryKeyPlace>): Promise<ScannedPage<ScannedEntryKey>> {
    return this.#scan(
      ({ entries }) => [...entries.values()],
      ({ accountId, requestId }) => [accountId, requestId],
      scan,
    );
  }

  scanHolds(scan: Scan<HoldPlace>): Promise<ScannedPage<Hold>> {
    return this.#scan(
      ({ holds }) => [...holds.values()],
      ({ accountId, holdId }) => [accountId, holdId],
      scan,
    );
  }

  scanIntakes(scan: Scan<IntakePlace>): Promise<ScannedPage<IntakeRecord>> {
    return this.#scan(
      ({ intakes }) => [...intakes.values()],
      ({ accountId, requestId }) => [accountId, requestId],
      scan,
    );
  }

  scanReversals(scan: Scan<ReversalPlace>): Promise<ScannedPage<Reversal>> {
    return this.#scan(
      ({ reversals }) => [...reversals.values()].flat(),
      ({ accountId, reverses, number }) => [accountId, reverses, number],
      scan,
    );
  }

  scanRunningSums(scan: Scan<RunningSumPlace>): Promise<ScannedPage<RunningSum>> {
    return this.#scan(
      ({ runningSums }) => runningSums,
      (place) => [place.accountId, place.createdAtUs, place.subAccount, place.version],
      scan,
    );
  }

  async scanTransfers(scan: Scan<TransferPlace>): Promise<ScannedPage<StoredTransfer>> {
    const page = await this.#scan(
      ({ transfers }) => [...transfers.values()],
      ({ accountId, transferId }) => [accountId, transferId],
      scan,
    );
    return wholeTransfers(page.items, scan.limit);
  }

  findTransfers({
    accountId,
    transferIds,
    direction,
  }: Parameters<LedgerScan['findTransfers']>[0]): Promise<StoredTransfer[]> {
    return this.#read((database) =>
      [...database.account(accountId).transfers.values()].filter(
        (row) => row.direction === direction && transferIds.includes(row.transferId),
      ),
    );
  }

  #scan<Item extends Place, Place extends { readonly accountId: string }>(
    table: (account: StoredAccount) => readonly Item[],
    place: (place: Place) => readonly (string | number)[],
    scan: Scan<Place>,
  ): Promise<ScannedPage<Item>> {
    return this.#read((database) => scanItems([...database.accounts.values()].flatMap(table), place, scan));
  }

  clockUs(): Promise<number> {
    return this.#read((database) => database.nowUs());
  }

  ping(): Promise<void> {
    return this.#guard(async () => {
      await this.#pass('read');
      await this.#identity?.confirm();
    });
  }

  async findWritten(ranges: readonly FeedRange[]): Promise<Entry[][]> {
    const accountIds = new Set(ranges.map(({ accountId }) => accountId));
    const entries = await this.#read((database) =>
      [...accountIds].flatMap((id) => [...database.account(id).entries.values()]),
    );
    return inRanges(ranges, entries);
  }

  #feed(): FeedStore {
    return {
      unpublished: (limit) => this.#read(({ feed }) => feed.unpublished(limit)),
      newest: (limit) => this.#read(({ feed }) => feed.newest(limit)),
      from: (place, limit) => this.#read(({ feed }) => feed.from(place, limit)),
      floor: () => this.#read(({ feed }) => feed.floor()),
      forget: async (keys) => {
        let isForgotten = false;
        await this.#guard(() =>
          this.#write(({ feed }) => {
            isForgotten = feed.forget(keys);
          }),
        );
        return isForgotten;
      },
      append: async (rows) => {
        let isAppended = false;
        await this.#guard(() =>
          this.#write(({ feed }) => {
            isAppended = feed.append(rows);
          }),
        );
        return isAppended;
      },
      trim: async (olderThanMs, limit) => {
        let mayBeMore = false;
        await this.#guard(() =>
          this.#write((database) => {
            mayBeMore = database.feed.trim(database.nowUs() - olderThanMs * 1_000, limit);
          }),
        );
        return mayBeMore;
      },
    };
  }

  #isWithin(entry: Entry, { before, after, fromUs = 0, toUs = Infinity }: Partial<EntryStretch>): boolean {
    const position = this.#positionOf(entry);
    return (
      entry.createdAtUs >= fromUs &&
      entry.createdAtUs < toUs &&
      (!before || byPosition(position, before) < 0) &&
      (!after || byPosition(position, { ...after, shard: this.name }) > 0)
    );
  }

  #positionOf({ createdAtUs, subAccount, version }: EntryStand): EntryPosition {
    return { createdAtUs, shard: this.name, subAccount, version };
  }

  /** Rows that somebody relies on: that there are none is true only of the shard's own database. */
  #read<T>(read: (database: MemoryDatabase) => T): Promise<T> {
    return this.#guard(async () => {
      await this.#pass('read');
      const found = read(this.parts.database);
      if (isNothing(found)) await this.#identity?.confirmOwn(this.parts.database.identity);
      return found;
    });
  }

  /** Rows are made in the shard's own database only, as their statement sees to on the others. */
  async #createRows(seeds: readonly SubAccountSeed[]): Promise<void> {
    const incarnation = this.#identity?.incarnation;
    const rows = { areMade: false };
    await this.#write((database) => {
      rows.areMade = incarnation === undefined || database.identity?.incarnation === incarnation;
      if (rows.areMade) database.createRows(seeds);
    });
    await this.#identity?.confirm();
    if (!rows.areMade) await this.#identity?.confirmOwn(undefined);
  }

  #identityGuard(): IdentityGuard | undefined {
    const { clusterId, database, known = NOTHING_KNOWN, surroundings } = this.parts;
    if (!clusterId) return undefined;
    const store = {
      isMissing: () => false,
      find: () => Promise.resolve(database.identity),
      write: (identity: ShardIdentity) => {
        database.identify(identity);
        return Promise.resolve();
      },
      fill: () => Promise.resolve(),
    };
    return new IdentityGuard({ name: this.name, clusterId, known, store, newId: () => surroundings.newId() });
  }

  /** A transaction of one statement; rejects with `ShardFault`. */
  async #write(write: (database: MemoryDatabase) => void): Promise<void> {
    const { database } = this.parts;
    await this.#pass('beforeCommit', (arrives) => {
      void arrives.then(() => {
        write(database);
      });
    });
    write(database);
    await this.#pass('afterCommit');
  }

  #pass(step: MemoryStep, arriveLate?: (arrives: Promise<void>) => void): Promise<void> {
    return pass(step, { shard: this.name, interfere: this.#interfere }, arriveLate);
  }

  #guard<T>(run: () => Promise<T>): Promise<T> {
    return unlessUnavailable(this.name, run, this.parts.noteFault);
  }
}

function isNothing(found: unknown): boolean {
  if (found === undefined) return true;
  if (Array.isArray(found)) return found.length === 0;
  if (hasList(found, 'entries')) return found.entries.length === 0;
  if (hasList(found, 'sums')) return found.sums.length === 0;
  return (
    found instanceof Map &&
    [...(found as ReadonlyMap<string, ShardBalance>).values()].some(({ rows }) => rows === 0)
  );
}

function hasList<Name extends string>(found: unknown, name: Name): found is Record<Name, readonly unknown[]> {
  return typeof found === 'object' && found !== null && name in found;
}

function toPendingDeparture(row: TransferRow, fromShard: string): PendingDeparture {
  const { accountId, transferId, amountMinor, fromSubAccount, toSubAccount } = row;
  return {
    accountId,
    transferId,
    amountMinor,
    fromSubAccount,
    toSubAccount,
    toShard: row.peerShard ?? fromShard,
    fromShard,
  };
}

function byPosition(a: EntryPosition, b: EntryPosition): number {
  return (
    a.createdAtUs - b.createdAtUs ||
    compare(a.shard, b.shard) ||
    a.subAccount - b.subAccount ||
    a.version - b.version
  );
}

type Destination = Pick<PendingDeparture, 'toShard' | 'accountId' | 'transferId'>;

function byDestination(a: Destination, b: Destination): number {
  return (
    compare(a.toShard, b.toShard) || compare(a.accountId, b.accountId) || compare(a.transferId, b.transferId)
  );
}

function byExpiry(a: ExpiredHold, b: ExpiredHold): number {
  return a.expiresAtUs - b.expiresAtUs || compare(a.accountId, b.accountId) || compare(a.holdId, b.holdId);
}

type Waiting = Pick<IntakeRecord, 'sinceUs' | 'accountId' | 'requestId'>;

function bySince(a: Waiting, b: Waiting): number {
  return a.sinceUs - b.sinceUs || compare(a.accountId, b.accountId) || compare(a.requestId, b.requestId);
}

type Aged = Pick<Payment, 'createdAtUs' | 'accountId' | 'requestId'>;

function byAge(a: Aged, b: Aged): number {
  return (
    a.createdAtUs - b.createdAtUs || compare(a.accountId, b.accountId) || compare(a.requestId, b.requestId)
  );
}

function scannedEntry(entry: Entry): ScannedEntry {
  const { accountId, subAccount, version, kind, amountMinor, requestId, counterparty, charges } = entry;
  const place = { accountId, placeUs: placeUs(entry), subAccount, version, kind, amountMinor };
  return {
    ...place,
    ...(counterparty !== undefined && { between: { requestId, counterparty } }),
    ...((charges ?? isAllowanceId(accountId)) && { charged: { requestId, ...(charges && { charges }) } }),
  };
}

function byRow(
  a: Pick<SubAccount, 'accountId' | 'index'>,
  b: Pick<SubAccount, 'accountId' | 'index'>,
): number {
  return compare(a.accountId, b.accountId) || a.index - b.index;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function balanceOf(rows: readonly SubAccount[]): ShardBalance {
  const sum = (value: (row: SubAccount) => bigint): bigint =>
    rows.reduce((total, row) => total + value(row), 0n);
  return {
    availableMinor: sum((row) => row.availableMinor),
    heldMinor: sum((row) => row.heldMinor),
    netMinor: sum((row) => row.netMinor),
    grantedMinor: sum((row) => row.grantedMinor),
    outsideVersion: sum((row) => BigInt(row.outsideVersion)),
    rows: rows.length,
    epochMax: rows.reduce((max, row) => Math.max(max, row.epoch), 0),
    inactiveRows: rows.filter((row) => row.accountStatus !== 'active').length,
    overLimitRows: rows.filter((row) => row.accountStatus === 'overLimit').length,
  };
}

function isDue(inUs: number, due: IntakePage['due']): boolean {
  switch (due) {
    case undefined:
      return true;
    case 'now':
      return inUs <= 0;
    case 'by an earlier clock':
      return inUs > PUT_OFF_US_MAX;
  }
}
