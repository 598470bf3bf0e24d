import type { Entry } from '../../ledger/entry';
import type { Hold } from '../../ledger/hold';
import type { IntakeRecord } from '../../ledger/intake';
import { wrap64 } from '../../ledger/money';
import type { Payment } from '../../ledger/payment';
import type { RunningSum } from '../../ledger/running-sum';
import type { Reversal } from '../../ledger/reversal';
import type { Changes } from '../../ledger/shard-state';
import { emptySubAccount, rowKey, type SubAccount, type SubAccountSeed } from '../../ledger/sub-account';
import type { Transfer } from '../../ledger/transfer';
import { type FaultVerdict, ShardFault } from '../faults';
import type { ShardIdentity } from '../shard-identity';
import { MemoryFeed } from './memory-feed';
import { MemorySlots } from './memory-slots';
import { LockWaitEndedError, type LockWait, RowLocks } from './row-locks';
import { brokenCheck } from './table-checks';

/** One half of a transfer, or a move within the shard. */
export interface TransferRow extends Transfer {
  readonly direction: 'out' | 'in' | 'local';
  readonly peerShard: string | null;
  readonly pending: boolean;
  readonly createdAtUs: number;
  /** The version it made of the row it left, when that is here. */
  readonly fromVersion: number | null;
  /** The version it made of the row that took it, when that is here. */
  readonly toVersion: number | null;
}

/** A clock that goes back by less stands still until its time has come again. */
const PUT_BACK_US_MIN = 1_000_000;

/** What the shard stores of one account. */
export interface StoredAccount {
  /** By index. */
  readonly rows: Map<number, SubAccount>;
  /** By request id: the unique key of all kinds. */
  readonly entries: Map<string, Entry>;
  /** By `transferKey`. */
  readonly transfers: Map<string, TransferRow>;
  /** By id. */
  readonly holds: Map<string, Hold>;
  /** By the request id of the deduction, in the order of their numbers. */
  readonly reversals: Map<string, readonly Reversal[]>;
  /** By request id. */
  readonly intakes: Map<string, IntakeRecord>;
  /** By request id: those under way. */
  readonly payments: Map<string, Payment>;
  /** In the order of their entries. */
  readonly runningSums: RunningSum[];
}

/**
 * What a shard in memory has committed: the tables of `migrations/shard` with their unique keys and checks. It outlives
 * the shards that are opened on it, as a database outlives its clients, so a crash of theirs can be simulated.
 */
export class MemoryDatabase {
  /**
   * Asked as the writes of a transaction arrive in one trip: before which of the statements replication rolls it back, counted
   * from 0, the COMMIT included; nothing if it does not.
   */
  rolledBackBefore: (statements: number) => number | undefined = () => undefined;
  readonly #accounts = new Map<string, StoredAccount>();
  readonly #locks: RowLocks;
  #feed = new MemoryFeed();
  /** Transactions that have not ended, by the client whose they are. */
  readonly #open = new Map<object, Set<object>>();
  /** Transactions that replication has rolled back, which nobody knows yet. */
  readonly #rolledBack = new WeakSet<object>();
  #lastUs = 0;
  #slots: MemorySlots | undefined;
  #identity: ShardIdentity | undefined;

  /**
   * @param clockUs microseconds since 1970; need not rise
   * @param lockWait without it, a lock is waited for as long as it takes
   */
  constructor(
    readonly name: string,
    private readonly clockUs: () => number,
    lockWait?: LockWait,
  ) {
    this.#locks = new RowLocks(lockWait);
  }

  /** @returns a transaction of a client: what holds its locks until `end` */
  begin(client: object): object {
    const transaction = {};
    const open = this.#open.get(client);
    if (open) open.add(transaction);
    else this.#open.set(client, new Set([transaction]));
    return transaction;
  }

  /** Lets go of a transaction's locks; ending it again does nothing. */
  end(client: object, transaction: object): void {
    if (this.#open.get(client)?.delete(transaction)) this.#locks.release(transaction);
  }

  /** @throws ShardFault `outcomeUnknown` when the client's connection was lost, and the transaction with it */
  assertOpen(client: object, transaction: object): void {
    if (!this.#open.get(client)?.has(transaction))
      throw this.#fault('outcomeUnknown', 'the connection is lost');
  }

  /**
   * The client is gone: its transactions are rolled back, as a server does once it notices.
   *
   * @returns how many were open
   */
  disconnect(client: object): number {
    const open = this.#open.get(client) ?? new Set();
    for (const transaction of open) this.#locks.release(transaction);
    this.#open.delete(client);
    return open.size;
  }

  /** From now on this is the writer's node of a cluster. */
  joinCluster(): void {
    this.#slots ??= new MemorySlots();
  }

  /** Nothing where the database stands alone. */
  get slots(): MemorySlots | undefined {
    return this.#slots;
  }

  /**
   * Replication rolls a transaction back, for another node has written its rows. Its client is not told: what it sends from now
   * on runs outside any transaction, and its COMMIT is answered.
   */
  rollBackUnsaid(transaction: object): void {
    this.#rolledBack.add(transaction);
    this.#locks.takeFrom(transaction);
  }

  isRolledBack(transaction: object): boolean {
    return this.#rolledBack.has(transaction);
  }

  /** Another node takes over: no transaction that is open now can be committed any more. @returns how many there were */
  changeWriter(): number {
    const open = [...this.#open.values()].flatMap((transactions) => [...transactions]);
    for (const transaction of open) this.rollBackUnsaid(transaction);
    this.#slots?.changeWriter();
    return open.length;
  }

  /** Whose shard this is; nothing of one that was never opened. */
  get identity(): ShardIdentity | undefined {
    return this.#identity;
  }

  /** Keeps the identity that it was given first. */
  identify(first: ShardIdentity): void {
    this.#identity ??= first;
  }

  /**
   * From now on an empty database stands at the same address, until what is answered is called. Either time whoever has a
   * transaction open loses it.
   */
  replaceByEmpty(): () => void {
    const accounts = [...this.#accounts];
    const identity = this.#identity;
    const feed = this.#feed;
    const replace = (by: readonly [string, StoredAccount][], called: ShardIdentity | undefined): void => {
      for (const client of [...this.#open.keys()]) this.disconnect(client);
      this.#accounts.clear();
      for (const [accountId, account] of by) this.#accounts.set(accountId, account);
      this.#identity = called;
    };
    replace([], undefined);
    this.#feed = new MemoryFeed();
    return () => {
      replace(accounts, identity);
      this.#feed = feed;
    };
  }

  /**
   * Locks the rows of an account that are wanted and exist, in the order of their index, each as it is when its lock is
   * granted. A row that is made behind the place that the scan has reached is not seen, and one before it is.
   *
   * Rejects with `ShardFault` `again` when a lock is waited for too long, `outcomeUnknown` when the client is disconnected.
   */
  async lockRows(
    transaction: object,
    accountId: string,
    wanted: (index: number) => boolean,
  ): Promise<SubAccount[]> {
    const { rows } = this.account(accountId);
    const locked: SubAccount[] = [];
    for (let last = -1; ;) {
      const index = nextIndex(rows, last, wanted);
      if (index === undefined) {
        // Outside a transaction a statement keeps its locks until its own end.
        if (this.#rolledBack.has(transaction)) this.#locks.takeFrom(transaction);
        return locked;
      }
      await this.#lock(transaction, rowKey(accountId, index));
      locked.push(rows.get(index) as SubAccount);
      last = index;
    }
  }

  /** Which of these accounts have a wanted row that is locked now. */
  lockedAccounts(
    wanted: Iterable<{ readonly accountId: string; readonly wants: (index: number) => boolean }>,
  ): Set<string> {
    const locked = new Set<string>();
    for (const { accountId, wants } of wanted)
      for (const index of this.account(accountId).rows.keys())
        if (wants(index) && this.#locks.isLocked(rowKey(accountId, index))) locked.add(accountId);
    return locked;
  }

  async #lock(transaction: object, key: string): Promise<void> {
    try {
      await this.#locks.acquire(key, transaction);
    } catch (error) {
      throw new ShardFault(
        this.name,
        error instanceof LockWaitEndedError ? 'outcomeUnknown' : 'again',
        error,
      );
    }
  }

  /**
   * Strictly rising, so that an entry is older than any look at the clock that follows it; but a clock that was put back by
   * more than a second goes on from where it was put, as a server's does.
   */
  nowUs(): number {
    const nowUs = this.clockUs();
    this.#lastUs = this.#lastUs - nowUs > PUT_BACK_US_MIN ? nowUs : Math.max(this.#lastUs + 1, nowUs);
    return this.#lastUs;
  }

  account(accountId: string): StoredAccount {
    const known = this.#accounts.get(accountId);
    if (known) return known;
    const account: StoredAccount = {
      rows: new Map(),
      entries: new Map(),
      transfers: new Map(),
      holds: new Map(),
      reversals: new Map(),
      intakes: new Map(),
      payments: new Map(),
      runningSums: [],
    };
    this.#accounts.set(accountId, account);
    return account;
  }

  get feed(): MemoryFeed {
    return this.#feed;
  }

  get accounts(): ReadonlyMap<string, StoredAccount> {
    return this.#accounts;
  }

  /**
   * Writes a batch, whole or not at all.
   *
   * @param feedId of its row in the feed
   * @throws ShardFault `lookUpKeys` when a unique key exists already, `defect` when a row breaks a check
   */
  write(changes: Changes, feedId = this.#feed.nextId()): void {
    const { entries, subAccounts } = changes;
    const transfers = transferRows(changes);
    this.#guard(entries.map((entry) => [this.account(entry.accountId).entries, entry.requestId]));
    this.#guard(transfers.map((row) => [this.account(row.accountId).transfers, transferKey(row)]));
    this.#guard(changes.newHolds.map((hold) => [this.account(hold.accountId).holds, hold.holdId]));
    this.#guard(
      changes.newIntakes.map((record) => [this.account(record.accountId).intakes, record.requestId]),
    );
    this.#guard(
      changes.newPayments.map(({ accountId, requestId }) => [this.account(accountId).payments, requestId]),
    );
    for (const reversal of changes.reversals) this.#checkNumber(reversal, changes);
    for (const row of subAccounts) this.#check(row);
    const broken = brokenCheck(changes);
    if (broken !== undefined) throw this.#fault('defect', broken);

    // Entries have times of their own, up to this one: no look at the clock may come before it any more.
    const endsUs = changes.nowUs + entries.length;
    if (endsUs - this.#lastUs < PUT_BACK_US_MIN) this.#lastUs = Math.max(this.#lastUs, endsUs);
    for (const hold of [...changes.newHolds, ...changes.changedHolds])
      this.account(hold.accountId).holds.set(hold.holdId, hold);
    for (const reversal of changes.reversals) {
      const { reversals } = this.account(reversal.accountId);
      reversals.set(reversal.reverses, [...(reversals.get(reversal.reverses) ?? []), reversal]);
    }
    this.#writeIntakes(changes);
    for (const payment of changes.newPayments)
      this.account(payment.accountId).payments.set(payment.requestId, payment);
    for (const entry of entries) this.account(entry.accountId).entries.set(entry.requestId, entry);
    for (const row of transfers) this.account(row.accountId).transfers.set(transferKey(row), row);
    for (const row of subAccounts) this.account(row.accountId).rows.set(row.index, row);
    this.#feed.leave(changes, feedId);
  }

  /** A record that is not there is changed by no statement. */
  #writeIntakes({ newIntakes, changedIntakes, forgottenIntakes }: Changes): void {
    for (const record of newIntakes) this.account(record.accountId).intakes.set(record.requestId, record);
    for (const record of changedIntakes) {
      const { intakes } = this.account(record.accountId);
      if (intakes.has(record.requestId)) intakes.set(record.requestId, record);
    }
    for (const { accountId, requestId } of forgottenIntakes)
      this.account(accountId).intakes.delete(requestId);
  }

  /** Creates rows that are not there yet, empty, and leaves those that are. */
  createRows(seeds: readonly SubAccountSeed[]): void {
    for (const seed of seeds) {
      const { rows } = this.account(seed.accountId);
      if (!rows.has(seed.index)) rows.set(seed.index, emptySubAccount(seed));
    }
  }

  /** Forgets payments that have ended. */
  forgetPayments(payments: readonly Pick<Payment, 'accountId' | 'requestId'>[]): void {
    for (const { accountId, requestId } of payments) this.account(accountId).payments.delete(requestId);
  }

  /** Marks departures as arrived. */
  completeTransfers(transfers: readonly { accountId: string; transferId: string }[]): void {
    for (const { accountId, transferId } of transfers) {
      const stored = this.account(accountId).transfers;
      const key = transferKey({ transferId, direction: 'out' });
      const row = stored.get(key);
      if (row) stored.set(key, { ...row, pending: false });
    }
  }

  #check(row: SubAccount): void {
    const { availableMinor, heldMinor, netMinor, movedMinor } = row;
    const minors = [availableMinor, heldMinor, netMinor, movedMinor];
    const exists = this.account(row.accountId).rows.has(row.index);
    if (!exists) throw this.#fault('defect', 'a row is written that does not exist');
    if (availableMinor < 0n || heldMinor < 0n) throw this.#fault('defect', 'a balance is negative');
    if (minors.some((minor) => wrap64(minor) !== minor))
      throw this.#fault('defect', 'a value is out of range');
  }

  #checkNumber({ accountId, reverses, number }: Reversal, { reversals }: Changes): void {
    const stored = this.account(accountId).reversals.get(reverses) ?? [];
    const same = (other: Reversal): boolean =>
      other.accountId === accountId && other.reverses === reverses && other.number === number;
    if (stored.some(same) || reversals.filter(same).length > 1)
      throw this.#fault('lookUpKeys', `duplicate key "${reverses} ${number}"`);
  }

  /** No key may be there already, nor come twice. */
  #guard(inserts: [ReadonlyMap<string, unknown>, string][]): void {
    const seen = new Map<unknown, Set<string>>();
    for (const [table, key] of inserts) {
      const keys = seen.get(table) ?? new Set();
      if (table.has(key) || keys.has(key)) throw this.#fault('lookUpKeys', `duplicate key "${key}"`);
      seen.set(table, keys.add(key));
    }
  }

  #fault(verdict: FaultVerdict, detail: string): ShardFault {
    return new ShardFault(this.name, verdict, new Error(detail));
  }
}

function nextIndex(
  rows: ReadonlyMap<number, SubAccount>,
  last: number,
  wanted: (index: number) => boolean,
): number | undefined {
  let next: number | undefined;
  for (const index of rows.keys()) {
    if (index > last && (next === undefined || index < next) && wanted(index)) next = index;
  }
  return next;
}

/** The primary key of a transfer within its account. */
export function transferKey(transfer: Pick<TransferRow, 'transferId' | 'direction'>): string {
  return `${transfer.transferId} ${transfer.direction}`;
}

function transferRows({ departures, arrivals, localMoves, nowUs: createdAtUs }: Changes): TransferRow[] {
  const row = (
    transfer: Transfer & { readonly fromVersion?: number; readonly toVersion?: number },
    direction: TransferRow['direction'],
    peerShard: string | null,
  ): TransferRow => {
    const { fromVersion = null, toVersion = null } = transfer;
    const { accountId, transferId, amountMinor, fromSubAccount, toSubAccount } = transfer;
    const pending = direction === 'out';
    return {
      accountId,
      transferId,
      amountMinor,
      fromSubAccount,
      toSubAccount,
      direction,
      peerShard,
      pending,
      createdAtUs,
      fromVersion,
      toVersion,
    };
  };
  return [
    ...departures.map((departure) => row(departure, 'out', departure.toShard)),
    ...arrivals.map((arrival) => row(arrival, 'in', arrival.fromShard)),
    ...localMoves.map((move) => row(move, 'local', null)),
  ];
}
