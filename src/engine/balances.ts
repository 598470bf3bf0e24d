import { type AccountRecord, laterRecord } from '../shards/directory/account-record';
import { InvariantViolation, ShardContendedError, ShardUnavailableError } from '../shards/faults';
import type { AccountCache } from './account-cache';
import type { LockedReach, ReachLocks } from './locked-reach';
import {
  type Balance,
  balanceOf,
  heldStill,
  isUnknown,
  isVoid,
  payableOf,
  type Reading,
  readReach,
  toBalance,
} from './reading';
import type { ShardSet } from './shard-set';
import { SharedRuns } from './shared-runs';

export interface BalancesParts {
  readonly shards: ShardSet;
  readonly accounts: AccountCache;
  readonly locks: ReachLocks;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Readings of an account whose reach changes while it is read. */
const VOID_READINGS_MAX = 20;
const VOID_PAUSE_MS = 10;

/** Pairs of readings that a snapshot tries before it takes locks. */
const SNAPSHOT_PASSES_MAX = 4;
const LOCK_TRIES_MAX = 5;

/**
 * The aggregator: an account's balance over all of its sub-accounts, one round trip to each shard.
 *
 * Methods reject with `ShardUnavailableError` when a shard in the account's reach cannot be read.
 */
export class Balances {
  readonly #snapshots = new SharedRuns((account: AccountRecord) => this.#takeSnapshot(account), laterRecord);

  constructor(private readonly parts: BalancesParts) {}

  /**
   * Each shard read once, in parallel: exact against money moving inside the account, not one instant of what comes from
   * outside. A sum below what the account may owe shows that it was torn, and is read again as a snapshot.
   */
  async current(account: AccountRecord): Promise<Balance> {
    const { reading, account: known } = await this.read(account);
    const balance = balanceOf(reading);
    return payableOf(balance) < 0n ? this.snapshot(known) : balance;
  }

  /**
   * A total that the account really had at one instant during the call: read twice until nothing came from outside
   * between the passes, or else under locks. Callers share a reading that began after they called.
   */
  snapshot(account: AccountRecord): Promise<Balance> {
    return this.#snapshots.ask(account.accountId, account);
  }

  /**
   * Reads the whole reach, as the account's newest record names it.
   *
   * Rejects with `ShardUnavailableError` when a shard cannot be read.
   */
  async read(account: AccountRecord): Promise<{ reading: Reading; account: AccountRecord }> {
    let known = account;
    for (let tries = 1; tries <= VOID_READINGS_MAX; tries += 1) {
      const reading = await readReach(this.parts.shards, known);
      const [missing] = reading.unreadable;
      if (missing !== undefined) throw new ShardUnavailableError(missing, 'the balance needs every shard');
      if (!isVoid(reading, known)) return { reading, account: known };
      if (tries > 1) await this.parts.sleep(VOID_PAUSE_MS);
      known = (await this.parts.accounts.read(account.accountId)) ?? known;
    }
    throw new ShardUnavailableError(known.placement.shards[0] ?? '', 'the account’s placement is changing');
  }

  async #takeSnapshot(account: AccountRecord): Promise<Balance> {
    let { reading: first, account: known } = await this.read(account);
    for (let pass = 1; pass <= SNAPSHOT_PASSES_MAX; pass += 1) {
      const second = await this.read(known);
      if (heldStill(first, second.reading)) return possible(balanceOf(second.reading), account);
      first = second.reading;
      known = second.account;
    }
    return this.#underLocks(known);
  }

  async #underLocks(account: AccountRecord): Promise<Balance> {
    let known = account;
    for (let tries = 1; ; tries += 1) {
      try {
        const balance = await this.parts.locks.with(known, (locked) =>
          Promise.resolve(lockedBalance(locked, known)),
        );
        if (balance) return possible(balance, account);
      } catch (error) {
        if (!(error instanceof ShardContendedError) || tries >= LOCK_TRIES_MAX) throw error;
      }
      if (tries >= LOCK_TRIES_MAX)
        throw new ShardUnavailableError(
          known.placement.shards[0] ?? '',
          'the account’s placement is changing',
        );
      known = (await this.parts.accounts.read(account.accountId)) ?? known;
    }
  }
}

/**
 * An account never owes more than it was granted: then rows of it are lost, or the books are broken.
 *
 * @throws InvariantViolation
 */
function possible(balance: Balance, { accountId }: AccountRecord): Balance {
  const { availableMinor, heldMinor, grantedMinor } = balance;
  if (payableOf(balance) >= 0n && heldMinor >= 0n && grantedMinor >= 0n) return balance;
  throw new InvariantViolation(
    `account ${accountId} has ${availableMinor} available, ${heldMinor} held and ${grantedMinor} on credit: what it had on a shard is gone`,
  );
}

/** Σ over locked rows; `undefined` when one of them is ahead of the placement that was locked. */
export function lockedBalance(locked: LockedReach, account: AccountRecord): Balance | undefined {
  if (locked.rows.some(({ row }) => isUnknown(row.epoch, account))) return undefined;
  const sum = (value: (row: LockedReach['rows'][number]['row']) => bigint): bigint =>
    locked.rows.reduce((total, { row }) => total + value(row), 0n);
  return toBalance({
    netMinor: sum((row) => row.netMinor),
    heldMinor: sum((row) => row.heldMinor),
    availableMinor: sum((row) => row.availableMinor),
    grantedMinor: sum((row) => row.grantedMinor),
  });
}
