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

/** A departure as it is written, with the version it made of the row it left. */
export interface WrittenDeparture extends Departure {
  readonly fromVersion: number;
}

/** An arrival as it is written, with the version it made of the row that took it. */
export interface WrittenArrival extends Transfer {
  readonly fromShard: string;
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

export function spreadTransferId(requestId: string, toSubAccount: number): string {
  return `spread ${requestId} ${toSubAccount}`;
}

/** A draw bumps its donor's version, so donor and version name it uniquely. */
export function drawTransferId(fromSubAccount: number, versionAfter: number): string {
  return `draw ${fromSubAccount} ${versionAfter}`;
}
