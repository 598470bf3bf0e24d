import type { Entry } from './entry';
import type { Hold } from './hold';
import type { IntakeRecord } from './intake';
import type { Payment } from './payment';
import type { Reversal } from './reversal';
import type { SubAccount } from './sub-account';
import type { Arrival, Departure, LocalMove, WrittenArrival, WrittenDeparture } from './transfer';

/** What a shard transaction has loaded and locked: all that a batch is decided on. */
export interface ShardState {
  /** The shard's database clock, read after the rows were locked. Microseconds since 1970. */
  readonly nowUs: number;
  /** Locked rows by `rowKey`. */
  readonly subAccounts: ReadonlyMap<string, SubAccount>;
  /** Accounts of which every row on this shard is locked and loaded. */
  readonly wholeAccounts: ReadonlySet<string>;
  /** Keys (`commandKey`) that were looked up on this shard after the rows were locked. */
  readonly lookedUpKeys: ReadonlySet<string>;
  /** What the look-up found, by `entryKey`. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Transfers that the look-up found to have arrived, by `arrivalKey`. */
  readonly arrivals: ReadonlyMap<string, Arrival>;
  /** Transfers that the look-up found to have left, by `departureKey`. */
  readonly departures: ReadonlyMap<string, Departure>;
  /** Holds that the batch names, by `entryKey`. */
  readonly holds: ReadonlyMap<string, Hold>;
  /** The newest reversal of each deduction that the batch reverses, by the deduction's `entryKey`. */
  readonly reversals: ReadonlyMap<string, Reversal>;
  /** What was received under the keys that the batch receives, charges or ends, by `entryKey`. */
  readonly intakes: ReadonlyMap<string, IntakeRecord>;
}

/** What a batch writes. */
export interface Changes {
  readonly nowUs: number;
  readonly entries: readonly Entry[];
  /** The rows that changed, with their new values. */
  readonly subAccounts: readonly SubAccount[];
  readonly localMoves: readonly LocalMove[];
  readonly departures: readonly WrittenDeparture[];
  readonly arrivals: readonly WrittenArrival[];
  /** Holds taken by this batch, as they are at its end. */
  readonly newHolds: readonly Hold[];
  /** Holds taken before it and changed by it: settled, captured, raised or extended. */
  readonly changedHolds: readonly Hold[];
  readonly reversals: readonly Reversal[];
  /** Begun by this batch. */
  readonly newPayments: readonly Payment[];
  /** Received for the first time under their keys. */
  readonly newIntakes: readonly IntakeRecord[];
  /** Received before this batch and changed by it: ended, or followed by another attempt. */
  readonly changedIntakes: readonly IntakeRecord[];
  /** Ended long ago. */
  readonly forgottenIntakes: readonly Pick<IntakeRecord, 'accountId' | 'requestId'>[];
}

/** What must be loaded before the batch can be decided. */
export interface Needs {
  /** Keys to look up: nothing is refused before that. */
  readonly keys: ReadonlySet<string>;
  /** Accounts to lock whole on this shard, because a row is short. */
  readonly wholeAccounts: ReadonlySet<string>;
  /** Rows to lock that stand, and no command names. */
  readonly pinnedRows: readonly RowName[];
  /** Holds to look up that no command names. */
  readonly holds: readonly Pick<Hold, 'accountId' | 'holdId'>[];
  /** Rows that were named and do not exist yet. */
  readonly missingRows: readonly RowName[];
}

export type RowName = Pick<SubAccount, 'accountId' | 'index'>;
