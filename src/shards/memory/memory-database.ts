import type { Entry } from '../../ledger/entry';
import type { Hold } from '../../ledger/hold';
import { wrap64 } from '../../ledger/money';
import type { Reversal } from '../../ledger/reversal';
import type { Changes } from '../../ledger/shard-state';
import { emptySubAccount, type SubAccount, type SubAccountSeed } from '../../ledger/sub-account';
import type { Transfer } from '../../ledger/transfer';
import { type FaultVerdict, ShardFault } from '../faults';

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
}

/**
 * What a shard in memory has committed: the tables of `migrations/shard` with their unique keys and checks. It outlives
 * the shards that are opened on it, as a database outlives its clients, so a crash of theirs can be simulated.
 */
export class MemoryDatabase {
  readonly #accounts = new Map<string, StoredAccount>();
  #last: Promise<void> = Promise.resolve();
  #lastUs = 0;

  /** @param clockUs microseconds since 1970; need not rise */
  constructor(
    readonly name: string,
    private readonly clockUs: () => number,
  ) {}

  /**
   * Lets one transaction in at a time, in the order they came: every lock is exclusive and nobody deadlocks.
   *
   * @returns the function to call when leaving; calling it again does nothing
   */
  async enter(): Promise<() => void> {
    const before = this.#last;
    let leave: () => void = () => undefined;
    this.#last = new Promise((resolve) => (leave = resolve));
    await before;
    return leave;
  }

  /** Strictly rising, so that an entry is always older than any look at the clock that follows it. */
  nowUs(): number {
    this.#lastUs = Math.max(this.#lastUs + 1, this.clockUs());
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
    };
    this.#accounts.set(accountId, account);
    return account;
  }

  get accounts(): ReadonlyMap<string, StoredAccount> {
    return this.#accounts;
  }

  /**
   * Writes a batch, whole or not at all.
   *
   * @throws ShardFault `lookUpKeys` when a unique key exists already, `defect` when a row breaks a check
   */
  write(changes: Changes): void {
    const { entries, subAccounts } = changes;
    const transfers = transferRows(changes);
    this.#guard(entries.map((entry) => [this.account(entry.accountId).entries, entry.requestId]));
    this.#guard(transfers.map((row) => [this.account(row.accountId).transfers, transferKey(row)]));
    this.#guard(changes.newHolds.map((hold) => [this.account(hold.accountId).holds, hold.holdId]));
    for (const reversal of changes.reversals) this.#checkNumber(reversal, changes);
    for (const row of subAccounts) this.#check(row);

    for (const hold of [...changes.newHolds, ...changes.settledHolds])
      this.account(hold.accountId).holds.set(hold.holdId, hold);
    for (const reversal of changes.reversals) {
      const { reversals } = this.account(reversal.accountId);
      reversals.set(reversal.reverses, [...(reversals.get(reversal.reverses) ?? []), reversal]);
    }
    for (const entry of entries) this.account(entry.accountId).entries.set(entry.requestId, entry);
    for (const row of transfers) this.account(row.accountId).transfers.set(transferKey(row), row);
    for (const row of subAccounts) this.account(row.accountId).rows.set(row.index, row);
  }

  /** Creates rows that are not there yet, empty, and leaves those that are. */
  createRows(seeds: readonly SubAccountSeed[]): void {
    for (const seed of seeds) {
      const { rows } = this.account(seed.accountId);
      if (!rows.has(seed.index)) rows.set(seed.index, emptySubAccount(seed));
    }
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
