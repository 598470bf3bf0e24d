/**
 * Money on its way between two sub-accounts of one account. It leaves durably before it arrives, and only ever rolls
 * forward: a credit into a sub-account cannot fail, so there is nothing to take back.
 */
export interface Transfer {
  readonly accountId: string;
  /** Unique within the account. */
  readonly transferId: string;
  readonly amountMinor: bigint;
  readonly fromSubAccount: number;
  readonly toSubAccount: number;
}

/** A transfer that has left its source and is still to arrive at `toShard`. */
export interface Departure extends Transfer {
  readonly toShard: string;
}

/** A transfer as the shard where it arrived knows it. */
export interface Arrival extends Transfer {
  readonly fromShard: string;
}

/** A departure as it is written, with the version it made of the row it left. */
export interface WrittenDeparture extends Departure {
  readonly fromVersion: number;
}

/** An arrival as it is written, with the version it made of the row that took it. */
export interface WrittenArrival extends Arrival {
  readonly toVersion: number;
}

/** A move between two rows of one shard, written in the transaction that makes it. */
export interface LocalMove extends Transfer {
  readonly fromVersion: number;
  readonly toVersion: number;
}

export function arrivalKey(accountId: string, transferId: string): string {
  return `${accountId} in ${transferId}`;
}

export function departureKey(accountId: string, transferId: string): string {
  return `${accountId} out ${transferId}`;
}

/**
 * The id of one share of a spread credit. It must not be made from the credit's key: once an account has moved and the
 * idempotency window is over, the same key may bring another credit, whose shares would be taken for those of the first.
 *
 * @param spreadId made by whoever asks for the credit, never the same twice
 */
export function spreadTransferId(spreadId: string, toSubAccount: number): string {
  return `spread ${spreadId} ${toSubAccount}`;
}

/** A draw bumps its donor's version, so donor and version name it uniquely. */
export function drawTransferId(fromSubAccount: number, versionAfter: number): string {
  return `draw ${fromSubAccount} ${versionAfter}`;
}

/** The key of the entry that books a transfer whose half was lost: no user can send one with a blank. */
export function lostKey(transferId: string): string {
  return `lost ${transferId}`;
}
