import { lesser, wrap64 } from '../ledger/money';
import type { AccountRecord } from '../shards/directory/account-record';
import { ShardUnavailableError } from '../shards/faults';
import type { ShardBalance } from '../shards/shard';
import type { ShardSet } from './shard-set';

/**
 * An account's own balance, in minor units, money in transit included: `totalMinor = availableMinor + heldMinor`. Both are below zero
 * while the account is in debt.
 */
export interface Balance {
  readonly availableMinor: bigint;
  readonly heldMinor: bigint;
  readonly totalMinor: bigint;
  /** Money that has left one sub-account and not arrived at another yet; part of `availableMinor`. */
  readonly inTransitMinor: bigint;
  /** What its rows are granted on credit; none of the above includes it. */
  readonly grantedMinor: bigint;
}

/** What the rows of an account can pay together; see `spendableOf` for what they are let pay. */
export function payableOf({ availableMinor, grantedMinor }: Balance): bigint {
  return availableMinor + grantedMinor;
}

/** What the account can spend: its own money and the rest of its credit line. Below zero while it has used more than its limit. */
export function spendableOf(balance: Balance, { credit }: Pick<AccountRecord, 'credit'>): bigint {
  const payableMinor = payableOf(balance);
  if (!credit.isOver) return payableMinor;
  return lesser(payableMinor, balance.availableMinor + (credit.limitMinor ?? 0n));
}

/** What one pass over an account's reach found: one round trip to each shard, all in parallel. */
export interface Reading {
  readonly parts: ReadonlyMap<string, ShardBalance>;
  /** Shards that could not be read. Nothing may be refused for funds while there are any. */
  readonly unreadable: readonly string[];
}

/** A shard that takes longer is not waited for. */
const READ_MS_MAX = 3_000;

/** Sums every shard in the account's reach, whatever rows its placement uses. */
export async function readReach(shards: ShardSet, account: AccountRecord): Promise<Reading> {
  const unreadable: string[] = [];
  const parts = new Map<string, ShardBalance>();
  await shards.ensure(account.reach);
  await Promise.all(
    account.reach.map(async (name) => {
      try {
        parts.set(name, await readShard(shards, name, account.accountId));
      } catch (error) {
        if (!(error instanceof ShardUnavailableError)) throw error;
        unreadable.push(name);
      }
    }),
  );
  const { allowance } = account;
  return allowance ? withEpochsOf(shards, account, { parts, unreadable }) : { parts, unreadable };
}

/**
 * An allowance is fenced with the account that it belongs to: its rows have no epochs of a placement. Where that account has gone
 * on, which is read behind the allowance's own rows, some of what is missing here may be on shards that were not read.
 */
async function withEpochsOf(shards: ShardSet, account: AccountRecord, reading: Reading): Promise<Reading> {
  const { of = '', epochOfAccount = 0 } = account.allowance ?? {};
  const missing = [...reading.unreadable];
  const parts = new Map<string, ShardBalance>();
  await Promise.all(
    [...reading.parts].map(async ([name, part]) => {
      try {
        const { epochMax } = await readShard(shards, name, of);
        const isMoved = epochMax > epochOfAccount;
        parts.set(name, isMoved ? { ...part, epochMax: Infinity } : part);
      } catch (error) {
        if (!(error instanceof ShardUnavailableError)) throw error;
        missing.push(name);
      }
    }),
  );
  return { parts, unreadable: missing };
}

/** Whether the account that an allowance belongs to has gone on to a placement that the reader does not know. */
export async function isAccountOutrun(shards: ShardSet, account: AccountRecord): Promise<boolean> {
  const { of, epochOfAccount = 0 } = account.allowance ?? {};
  if (of === undefined) return false;
  const epochs = await Promise.all(account.reach.map((name) => readShard(shards, name, of)));
  return epochs.some(({ epochMax }) => epochMax > epochOfAccount);
}

async function readShard(shards: ShardSet, name: string, accountId: string): Promise<ShardBalance> {
  const lanes = shards.lanes(name);
  if (lanes.isDown) throw new ShardUnavailableError(name, 'it could not be reached just now');
  return shards.within(READ_MS_MAX, name, lanes.readBalance(accountId));
}

/**
 * Whether a row has gone on to a placement that the reader does not know: its money may then be on shards that were not
 * read.
 */
export function isVoid(reading: Reading, account: AccountRecord): boolean {
  return [...reading.parts.values()].some(({ epochMax }) => isUnknown(epochMax, account));
}

/**
 * Whether a row has gone on from the placement by which requests are routed here, be it only to one that is announced:
 * their keys may have taken effect at homes of which nobody has thought yet, so none of them may be refused.
 */
export function isOutrun(reading: Reading, { placement }: AccountRecord): boolean {
  return [...reading.parts.values()].some(({ epochMax }) => epochMax > placement.epoch);
}

/** Whether an epoch is above all that this record of the account names. */
export function isUnknown(epoch: number, account: AccountRecord): boolean {
  return epoch > (account.next?.epoch ?? account.placement.epoch);
}

/**
 * Whether two readings, one begun after the other ended, saw the same: then there was an instant between them at which
 * all of it was true. Money moving inside the account does not matter.
 */
export function heldStill(first: Reading, second: Reading): boolean {
  return (
    first.parts.size === second.parts.size &&
    [...first.parts].every(([name, part]) => second.parts.get(name)?.outsideVersion === part.outsideVersion)
  );
}

/** Whether some rows refuse debits because the account has used more than its credit limit. */
export function isHalted(reading: Reading): boolean {
  return [...reading.parts.values()].some(({ overLimitRows }) => overLimitRows > 0);
}

/** Σ net and Σ held of a whole reading. Transfers do not touch `net`, so money moving inside the account never shows. */
export function balanceOf(reading: Reading): Balance {
  const sum = (value: (part: ShardBalance) => bigint): bigint =>
    [...reading.parts.values()].reduce((total, part) => total + value(part), 0n);
  return toBalance({
    netMinor: sum((part) => part.netMinor),
    heldMinor: sum((part) => part.heldMinor),
    availableMinor: sum((part) => part.availableMinor),
    grantedMinor: sum((part) => part.grantedMinor),
  });
}

/** @param sums over all of the account's rows; `availableMinor` is what is in the rows */
export function toBalance(sums: {
  readonly netMinor: bigint;
  readonly heldMinor: bigint;
  readonly availableMinor: bigint;
  readonly grantedMinor: bigint;
}): Balance {
  const totalMinor = totalOf(sums.netMinor);
  const grantedMinor = wrap64(sums.grantedMinor);
  const { heldMinor } = sums;
  return {
    availableMinor: totalMinor - heldMinor,
    heldMinor,
    totalMinor,
    inTransitMinor: totalMinor + grantedMinor - heldMinor - sums.availableMinor,
    grantedMinor,
  };
}

/**
 * The account's total from its `net` modulo 2^64. Totals are never below zero by more than a credit limit and what a sum read
 * shard by shard can miss, and may pass the balance limit (and 2^63) by the credits in flight: so the representative is taken in
 * [−2^62, 2^64 − 2^62).
 */
function totalOf(netMinor: bigint): bigint {
  return BigInt.asUintN(64, netMinor + QUARTER) - QUARTER;
}

const QUARTER = 1n << 62n;
