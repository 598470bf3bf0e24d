import { type Command, commandKey } from './command';
import { type Entry, entryKey } from './entry';
import type { Hold } from './hold';
import type { IntakeRecord } from './intake';
import { InvariantViolation } from './invariant-violation';
import type { Outcome } from './outcome';
import type { Payment } from './payment';
import type { Reversal } from './reversal';
import type { Changes, Needs, RowName, ShardState } from './shard-state';
import { rowKey, type SubAccount } from './sub-account';
import { type Arrival, type Departure, departureKey, type LocalMove, type WrittenArrival } from './transfer';

/**
 * The working copy of a batch: what was loaded, overlaid with what the commands decided so far. Loaded values are never
 * changed; a batch that turns out to need more is decided again from the start.
 */
export class Draft {
  readonly #rows = new Map<string, SubAccount>();
  readonly #entries = new Map<string, Entry>();
  readonly #localMoves: LocalMove[] = [];
  readonly #departures = new Map<string, { readonly departure: Departure; readonly fromVersion: number }>();
  readonly #arrivals = new Map<string, WrittenArrival>();
  readonly #holds = new Map<string, Hold>();
  readonly #reversals: Reversal[] = [];
  readonly #payments: Payment[] = [];
  /** By `entryKey`; `undefined` for one that is forgotten. */
  readonly #intakes = new Map<string, IntakeRecord | undefined>();
  readonly #keysNeeded = new Set<string>();
  readonly #accountsNeeded = new Set<string>();
  readonly #rowsMissing = new Map<string, RowName>();
  readonly #rowsPinned = new Map<string, RowName>();
  readonly #holdsNeeded = new Map<string, Pick<Hold, 'accountId' | 'holdId'>>();

  constructor(private readonly loaded: ShardState) {}

  /** The shard's database clock, read under the locks. Microseconds since 1970. */
  get nowUs(): number {
    return this.loaded.nowUs;
  }

  /**
   * The time of the batch's next entry: a microsecond later than that of the one before, so that entries stand in the
   * order they were decided in and are appended to the clustered index instead of shuffled into it. Writing a row takes
   * longer than a microsecond, so none of these times lies after the commit.
   */
  get nextEntryUs(): number {
    return this.loaded.nowUs + this.#entries.size;
  }

  row(accountId: string, index: number): SubAccount | undefined {
    const key = rowKey(accountId, index);
    return this.#rows.get(key) ?? this.loaded.subAccounts.get(key);
  }

  entry(accountId: string, requestId: string): Entry | undefined {
    const key = entryKey(accountId, requestId);
    return this.#entries.get(key) ?? this.loaded.entries.get(key);
  }

  arrival(key: string): Arrival | undefined {
    return this.#arrivals.get(key) ?? this.loaded.arrivals.get(key);
  }

  departure(accountId: string, transferId: string): Departure | undefined {
    const key = departureKey(accountId, transferId);
    return this.#departures.get(key)?.departure ?? this.loaded.departures.get(key);
  }

  hold(accountId: string, holdId: string): Hold | undefined {
    const key = entryKey(accountId, holdId);
    return this.#holds.get(key) ?? this.loaded.holds.get(key);
  }

  /** What was received under a key. */
  intake(accountId: string, requestId: string): IntakeRecord | undefined {
    const key = entryKey(accountId, requestId);
    return this.#intakes.has(key) ? this.#intakes.get(key) : this.loaded.intakes.get(key);
  }

  /** The newest reversal of a deduction. */
  reversal(accountId: string, reverses: string): Reversal | undefined {
    const ours = this.#reversals.findLast(
      (reversal) => reversal.accountId === accountId && reversal.reverses === reverses,
    );
    return ours ?? this.loaded.reversals.get(entryKey(accountId, reverses));
  }

  /**
   * A row that something is pinned to, whichever the command was routed to: `undefined` while it is not locked, which is
   * then asked for.
   */
  pinnedRow(accountId: string, index: number): SubAccount | undefined {
    const row = this.row(accountId, index);
    if (!row && this.wholeAccount(accountId))
      throw new RangeError(`something is pinned to row ${index} of ${accountId}, which does not exist`);
    return row;
  }

  /** A row of an allowance in which something was charged: `undefined` while it is not locked, which is then asked for. */
  allowanceRow(allowanceId: string, index: number): SubAccount | undefined {
    const row = this.row(allowanceId, index);
    if (!row) this.#rowsPinned.set(rowKey(allowanceId, index), { accountId: allowanceId, index });
    return row;
  }

  /** What a hold has set aside in one of its budgets: `undefined` while it is not looked up, which is then asked for. */
  allowanceHold(allowanceId: string, holdId: string): Hold | undefined {
    const hold = this.hold(allowanceId, holdId);
    if (!hold) this.#holdsNeeded.set(entryKey(allowanceId, holdId), { accountId: allowanceId, holdId });
    return hold;
  }

  /** All rows of the account on this shard, or `undefined` while they are not all locked (which is then asked for). */
  wholeAccount(accountId: string): SubAccount[] | undefined {
    if (!this.loaded.wholeAccounts.has(accountId)) {
      this.#accountsNeeded.add(accountId);
      return undefined;
    }
    const rows: SubAccount[] = [];
    for (const [key, row] of this.loaded.subAccounts) {
      if (row.accountId === accountId) rows.push(this.#rows.get(key) ?? row);
    }
    return rows;
  }

  /** A refusal, unless the command's key has yet to be looked up: a found key outranks every reason to refuse. */
  refuse(command: Command, outcome: Outcome): Outcome {
    const key = commandKey(command);
    if (key !== undefined && !this.loaded.lookedUpKeys.has(key)) this.#keysNeeded.add(key);
    return outcome;
  }

  askForRow(accountId: string, index: number): void {
    this.#rowsMissing.set(rowKey(accountId, index), { accountId, index });
  }

  putRow(row: SubAccount): void {
    this.#rows.set(rowKey(row.accountId, row.index), row);
  }

  addEntry(entry: Entry): void {
    this.#entries.set(entryKey(entry.accountId, entry.requestId), entry);
  }

  putHold(hold: Hold): void {
    this.#holds.set(entryKey(hold.accountId, hold.holdId), hold);
  }

  putIntake(record: IntakeRecord): void {
    this.#intakes.set(entryKey(record.accountId, record.requestId), record);
  }

  forgetIntake({ accountId, requestId }: IntakeRecord): void {
    this.#intakes.set(entryKey(accountId, requestId), undefined);
  }

  addReversal(reversal: Reversal): void {
    this.#reversals.push(reversal);
  }

  addPayment(payment: Payment): void {
    this.#payments.push(payment);
  }

  addLocalMove(move: LocalMove): void {
    this.#localMoves.push(move);
  }

  /** @param fromVersion the version it made of the row it left */
  addDeparture(departure: Departure, fromVersion: number): void {
    const key = departureKey(departure.accountId, departure.transferId);
    if (this.#departures.has(key))
      throw new InvariantViolation(`transfer "${departure.transferId}" leaves twice in one batch`);
    this.#departures.set(key, { departure, fromVersion });
  }

  addArrival(key: string, arrival: WrittenArrival): void {
    this.#arrivals.set(key, arrival);
  }

  get needs(): Needs | undefined {
    const rows = this.#rowsMissing.size + this.#rowsPinned.size;
    if (this.#keysNeeded.size + this.#accountsNeeded.size + this.#holdsNeeded.size + rows === 0)
      return undefined;
    return {
      keys: this.#keysNeeded,
      wholeAccounts: this.#accountsNeeded,
      pinnedRows: [...this.#rowsPinned.values()],
      holds: [...this.#holdsNeeded.values()],
      missingRows: [...this.#rowsMissing.values()],
    };
  }

  get changes(): Changes {
    const holds = [...this.#holds];
    return {
      nowUs: this.loaded.nowUs,
      entries: [...this.#entries.values()],
      subAccounts: [...this.#rows.values()],
      localMoves: this.#localMoves,
      departures: [...this.#departures.values()].map(({ departure, fromVersion }) => ({
        ...departure,
        fromVersion,
      })),
      arrivals: [...this.#arrivals.values()],
      newHolds: holds.filter(([key]) => !this.loaded.holds.has(key)).map(([, hold]) => hold),
      changedHolds: holds.filter(([key]) => this.loaded.holds.has(key)).map(([, hold]) => hold),
      reversals: this.#reversals,
      newPayments: this.#payments,
      ...this.#intakeChanges,
    };
  }

  get #intakeChanges(): Pick<Changes, 'newIntakes' | 'changedIntakes' | 'forgottenIntakes'> {
    if (this.#intakes.size === 0) return NO_INTAKES;
    const written = [...this.#intakes].filter(
      (each): each is [string, IntakeRecord] => each[1] !== undefined,
    );
    return {
      newIntakes: written.filter(([key]) => !this.loaded.intakes.has(key)).map(([, record]) => record),
      changedIntakes: written.filter(([key]) => this.loaded.intakes.has(key)).map(([, record]) => record),
      forgottenIntakes: [...this.#intakes]
        .filter(([, record]) => record === undefined)
        .map(([key]) => this.loaded.intakes.get(key))
        .filter((record) => record !== undefined),
    };
  }
}

const NO_INTAKES = { newIntakes: [], changedIntakes: [], forgottenIntakes: [] } as const;
