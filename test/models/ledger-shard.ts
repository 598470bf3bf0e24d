import { applyBatch } from '../../src/ledger/apply-batch';
import { type Command, commandKey, isAccountWide, locksItsRow, otherRows } from '../../src/ledger/command';
import { type Entry, entryKey } from '../../src/ledger/entry';
import type { Hold } from '../../src/ledger/hold';
import type { IntakeRecord } from '../../src/ledger/intake';
import type { Outcome } from '../../src/ledger/outcome';
import type { Reversal } from '../../src/ledger/reversal';
import type { Changes, Needs, ShardState } from '../../src/ledger/shard-state';
import { emptySubAccount, rowKey, type SubAccount } from '../../src/ledger/sub-account';
import {
  arrivalKey,
  type Departure,
  departureKey,
  type LocalMove,
  type WrittenArrival,
  type WrittenDeparture,
} from '../../src/ledger/transfer';
import { standingKeys } from '../../src/shards/attempt-batch';

interface Scope {
  readonly keys: ReadonlySet<string>;
  readonly wholeAccounts: ReadonlySet<string>;
  /** Rows and holds that no command names. */
  readonly others: ReadonlySet<string>;
}

/**
 * The smallest shard around `applyBatch`: it loads exactly what a batch asks for and nothing else, and takes an
 * INSERT's word for a duplicate key. What is loaded is frozen, so that changing it throws.
 */
export class LedgerShard {
  readonly rows = new Map<string, SubAccount>();
  readonly entries = new Map<string, Entry>();
  readonly arrivals = new Map<string, WrittenArrival>();
  readonly departures = new Map<string, WrittenDeparture>();
  readonly localMoves = new Map<string, LocalMove>();
  readonly holds = new Map<string, Hold>();
  /** The newest of each deduction. */
  readonly reversals = new Map<string, Reversal>();
  readonly intakes = new Map<string, IntakeRecord>();
  nowUs = 1_000_000;

  constructor(rows: readonly SubAccount[] = []) {
    for (const row of rows) this.#put(row);
  }

  /** Runs a batch until it is decided, and writes it. */
  run(commands: readonly Command[]): { outcomes: readonly Outcome[]; changes: Changes } {
    const keys = new Set<string>();
    const wholeAccounts = new Set<string>();
    const others = new Set<string>();
    for (;;) {
      const decision = applyBatch(this.load(commands, { keys, wholeAccounts, others }), commands);
      if (decision.kind === 'needs') {
        this.#satisfy(decision.needs, { keys, wholeAccounts, others });
      } else if (this.#hasDuplicates(decision.changes)) {
        const all = keysOf(commands);
        if (all.every((key) => keys.has(key))) throw new Error('a known key is inserted again');
        for (const key of all) keys.add(key);
      } else {
        this.write(decision.changes);
        return decision;
      }
    }
  }

  /** What a transaction would have loaded: the rows the commands name, whole accounts, and these keys. */
  load(
    commands: readonly Command[],
    scope: Pick<Scope, 'keys' | 'wholeAccounts'> & Partial<Pick<Scope, 'others'>>,
  ): ShardState {
    const { others = new Set() } = scope;
    const wholeAccounts = new Set(scope.wholeAccounts);
    const named = new Set(others);
    for (const command of commands) {
      if (isAccountWide(command)) wholeAccounts.add(command.accountId);
      else if (locksItsRow(command)) named.add(rowKey(command.accountId, command.subAccount));
      for (const other of otherRows(command)) named.add(rowKey(other.accountId, other.subAccount));
    }
    const standing = namesOf(standingKeys(commands));
    const among = <T>(stored: ReadonlyMap<string, T>): Map<string, T> =>
      new Map([...stored].filter(([key]) => scope.keys.has(key)));
    return {
      nowUs: this.nowUs,
      subAccounts: new Map(
        [...this.rows].filter(([key, row]) => named.has(key) || wholeAccounts.has(row.accountId)),
      ),
      wholeAccounts,
      lookedUpKeys: new Set(scope.keys),
      entries: new Map([...this.entries].filter(([key]) => scope.keys.has(key) || standing.entries.has(key))),
      arrivals: among(this.arrivals),
      departures: new Map([...among(this.departures)].map(([key, written]) => [key, asRead(written)])),
      holds: new Map(
        [...this.holds].filter(
          ([key]) => scope.keys.has(key) || standing.holds.has(key) || others.has(`hold ${key}`),
        ),
      ),
      reversals: new Map([...this.reversals].filter(([key]) => standing.reversed.has(key))),
      intakes: new Map([...this.intakes].filter(([key]) => standing.received.has(key))),
    };
  }

  write(changes: Changes): void {
    for (const row of changes.subAccounts) this.#put(row);
    for (const entry of changes.entries)
      this.entries.set(entryKey(entry.accountId, entry.requestId), Object.freeze(entry));
    for (const hold of [...changes.newHolds, ...changes.changedHolds])
      this.holds.set(entryKey(hold.accountId, hold.holdId), Object.freeze(hold));
    for (const reversal of changes.reversals)
      this.reversals.set(entryKey(reversal.accountId, reversal.reverses), Object.freeze(reversal));
    for (const record of [...changes.newIntakes, ...changes.changedIntakes])
      this.intakes.set(entryKey(record.accountId, record.requestId), Object.freeze(record));
    for (const { accountId, requestId } of changes.forgottenIntakes)
      this.intakes.delete(entryKey(accountId, requestId));
    for (const arrival of changes.arrivals)
      this.arrivals.set(arrivalKey(arrival.accountId, arrival.transferId), Object.freeze(arrival));
    for (const departure of changes.departures)
      this.departures.set(departureKey(departure.accountId, departure.transferId), Object.freeze(departure));
    for (const move of changes.localMoves)
      this.localMoves.set(`${move.accountId} ${move.transferId}`, Object.freeze(move));
  }

  sum(accountId: string, value: (row: SubAccount) => bigint): bigint {
    return [...this.rows.values()].reduce(
      (total, row) => total + (row.accountId === accountId ? value(row) : 0n),
      0n,
    );
  }

  #put(row: SubAccount): void {
    this.rows.set(rowKey(row.accountId, row.index), Object.freeze(row));
  }

  /** Every need is met once; asking twice for the same would go on for ever. */
  #satisfy(
    needs: Needs,
    loaded: { keys: Set<string>; wholeAccounts: Set<string>; others: Set<string> },
  ): void {
    const size = (): number =>
      loaded.keys.size + loaded.wholeAccounts.size + loaded.others.size + this.rows.size;
    const before = size();
    for (const key of needs.keys) loaded.keys.add(key);
    for (const accountId of needs.wholeAccounts) loaded.wholeAccounts.add(accountId);
    for (const { accountId, index } of needs.missingRows) this.#create(accountId, index);
    for (const { accountId, index } of needs.pinnedRows) loaded.others.add(rowKey(accountId, index));
    for (const { accountId, holdId } of needs.holds) loaded.others.add(`hold ${entryKey(accountId, holdId)}`);
    if (size() === before) throw new Error('a batch asks for what it has');
  }

  /** Empty, and as far on as the account is. */
  #create(accountId: string, index: number): void {
    const siblings = [...this.rows.values()].filter((row) => row.accountId === accountId);
    const newest = siblings.reduce<SubAccount | undefined>(
      (best, row) => (best && best.accountStatusVersion >= row.accountStatusVersion ? best : row),
      undefined,
    );
    const { accountStatus = 'active', accountStatusVersion = 1 } = newest ?? {};
    const epoch = Math.max(1, ...siblings.map((row) => row.epoch));
    this.#put(emptySubAccount({ accountId, index, epoch, accountStatus, accountStatusVersion }));
  }

  #hasDuplicates({ entries, arrivals, departures, localMoves }: Changes): boolean {
    if (localMoves.some((move) => this.localMoves.has(`${move.accountId} ${move.transferId}`)))
      throw new Error('a name of a local move is used again');
    return (
      entries.some((entry) => this.entries.has(entryKey(entry.accountId, entry.requestId))) ||
      arrivals.some((each) => this.arrivals.has(arrivalKey(each.accountId, each.transferId))) ||
      departures.some((each) => this.departures.has(departureKey(each.accountId, each.transferId)))
    );
  }
}

export function keysOf(commands: readonly Command[]): string[] {
  return commands.map((command) => commandKey(command)).filter((key) => key !== undefined);
}

/** Keys that are loaded with the locks, as the maps here have them. */
function namesOf(keys: ReturnType<typeof standingKeys>) {
  const all = (ids: ReadonlyMap<string, readonly string[]> = new Map()): Set<string> =>
    new Set([...ids].flatMap(([accountId, some]) => some.map((id) => entryKey(accountId, id))));
  return {
    entries: all(keys?.requestIds),
    holds: all(keys?.holdIds),
    reversed: all(keys?.reversedIds),
    received: all(keys?.intakeIds),
  };
}

/** What a store gives back of a departure: its version is written for the audit only. */
function asRead(written: WrittenDeparture): Departure {
  const { accountId, transferId, amountMinor, fromSubAccount, toSubAccount, toShard } = written;
  return { accountId, transferId, amountMinor, fromSubAccount, toSubAccount, toShard };
}
