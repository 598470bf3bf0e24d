/** The account's status as the rows know it; set from the directory, newer versions only. */
export type AccountStatus = 'active' | 'frozen' | 'closed';

/**
 * What the rows are told: `overLimit` is an active account that has used more than its credit limit, which was lowered. It refuses
 * debits as a frozen one does, for want of funds.
 */
export type RowStatus = AccountStatus | 'overLimit';

/** Where a row stands in the account's current size: in use, being emptied, or empty and out of use. */
export type SubAccountState = 'open' | 'draining' | 'closed';

/**
 * One of an account's N balances: a row of one shard.
 *
 * `availableMinor + heldMinor = netMinor + movedMinor + grantedMinor` (modulo 2^64) holds in every row at every instant, and Σ net
 * over the account is its total whatever is moving between its rows.
 */
export interface SubAccount {
  readonly accountId: string;
  readonly index: number;
  readonly availableMinor: bigint;
  readonly heldMinor: bigint;
  /** Σ of everything that came from or went outside, modulo 2^64. Transfers never touch it. */
  readonly netMinor: bigint;
  /** Σ of transfers in minus transfers out, modulo 2^64. */
  readonly movedMinor: bigint;
  /**
   * Σ of what was granted to this row on credit minus what was taken back from it, modulo 2^64. Transfers never touch it, so Σ over the
   * account is what it may be in debt for.
   */
  readonly grantedMinor: bigint;
  /** Number of the last change of the credit line that reached this row. */
  readonly grantVersion: number;
  /** The placement epoch the row has reached; it turns back commands routed by an older one. */
  readonly epoch: number;
  /** Rises with every change. */
  readonly version: number;
  /** Rises with every change that came from outside, and with nothing else. */
  readonly outsideVersion: number;
  readonly accountStatus: RowStatus;
  readonly accountStatusVersion: number;
  readonly state: SubAccountState;
  /** Number of the last resize operation that wrote this row. */
  readonly operation: number;
}

/** What a new row of an account starts from. */
export interface SubAccountSeed {
  readonly accountId: string;
  readonly index: number;
  readonly epoch: number;
  readonly accountStatus: RowStatus;
  readonly accountStatusVersion: number;
  /** `closed` when it is made ahead of its use: a layout opens it then. `open` by default. */
  readonly state?: SubAccountState;
}

export function emptySubAccount(seed: SubAccountSeed): SubAccount {
  return {
    state: 'open',
    ...seed,
    availableMinor: 0n,
    heldMinor: 0n,
    netMinor: 0n,
    movedMinor: 0n,
    grantedMinor: 0n,
    grantVersion: 0,
    version: 0,
    outsideVersion: 0,
    operation: 0,
  };
}

/**
 * A row out of use is `draining` while it holds anything and `closed` when it is empty: one that takes money again is
 * emptied again, and never keeps any unnoticed.
 */
export function withState(row: SubAccount, inUse = row.state === 'open'): SubAccount {
  const state = inUse ? 'open' : row.availableMinor + row.heldMinor === 0n ? 'closed' : 'draining';
  return state === row.state ? row : { ...row, state };
}

/** Identifies a row within a shard. */
export function rowKey(accountId: string, index: number): string {
  return `${accountId} ${index}`;
}
