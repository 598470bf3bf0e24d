import { isAllowanceId } from './allowance';
import { type Entry, isMark } from './entry';
import type { Hold } from './hold';
import type { IntakeRecord } from './intake';
import { isLeaseKey } from './lease';
import type { Changes } from './shard-state';

/** The versions that one transaction's entries made of one sub-account, both ends included. */
export interface FeedVersions {
  readonly subAccount: number;
  readonly fromVersion: number;
  readonly toVersion: number;
}

/**
 * Where the entries lie that one transaction wrote for one account. The transaction held the locks of the sub-accounts
 * throughout, so every entry of theirs with a version in between is one of its own.
 */
export interface FeedRange {
  readonly accountId: string;
  /** The times of the first and the last of them. */
  readonly fromUs: number;
  readonly toUs: number;
  readonly entries: number;
  readonly versions: readonly FeedVersions[];
}

/** A hold that a transaction found to have expired. */
export interface FeedHold {
  readonly accountId: string;
  readonly holdId: string;
}

/**
 * A deduction that was received and is rejected now. The feed has it whole, unlike entries: another attempt under its key takes its
 * record's place.
 */
export type FeedRejection = Pick<
  IntakeRecord,
  | 'accountId'
  | 'requestId'
  | 'attempt'
  | 'amountMinor'
  | 'reason'
  | 'reference'
  | 'metadata'
  | 'receivedAtUs'
  | 'sinceUs'
  | 'screening'
  | 'budgets'
>;

/** What one transaction did to what an account has available, whatever it tells of. */
export interface FeedTouch {
  readonly accountId: string;
  readonly rises: boolean;
  readonly falls: boolean;
  /** The most that any of the rows that it changed has available now: the account has that much at least. `null` where not known. */
  readonly availableMinor: bigint | null;
}

/**
 * What one transaction did that the feed tells of: not the entries themselves, which stand in the ledger, but where to find
 * them. So the feed costs a transaction one small row, however many entries it writes.
 */
export interface FeedChange {
  readonly ranges: readonly FeedRange[];
  readonly expiredHolds: readonly FeedHold[];
  /** No events: they say whose balance is to be looked at. */
  readonly touches: readonly FeedTouch[];
  readonly rejections: readonly FeedRejection[];
}

type Told = Pick<Changes, 'entries' | 'changedHolds' | 'subAccounts' | 'newIntakes' | 'changedIntakes'>;

/** @returns `undefined` where a transaction did nothing that concerns the feed: it moved money inside an account */
export function feedChange(changes: Told): FeedChange | undefined {
  const { entries, changedHolds } = changes;
  const ranges = new Map<string, RangeDraft>();
  for (const entry of entries) {
    if (isMark(entry.kind) || isAllowanceId(entry.accountId)) continue;
    const range = ranges.get(entry.accountId);
    if (range) widen(range, entry);
    else ranges.set(entry.accountId, rangeOf(entry));
  }
  const expiredHolds = changedHolds
    .filter((hold) => hold.state === 'expired' && isOfUser(hold))
    .map(({ accountId, holdId }) => ({ accountId, holdId }));
  const touches = touchesOf(changes);
  const rejections = rejectionsIn(changes);
  if (ranges.size === 0 && touches.length === 0 && rejections.length === 0) return undefined;
  return {
    ranges: [...ranges.values()].map(({ versions, ...range }) => ({
      ...range,
      versions: [...versions.values()],
    })),
    expiredHolds,
    touches,
    rejections,
  };
}

function rejectionsIn({ newIntakes, changedIntakes }: Told): readonly FeedRejection[] {
  if (newIntakes.length + changedIntakes.length === 0) return NONE_REJECTED;
  return [...newIntakes, ...changedIntakes].filter(({ state }) => state === 'rejected');
}

const NONE_REJECTED: readonly FeedRejection[] = [];

/** Leases are the service's own, and so is what a hold has set aside in its budgets. */
function isOfUser({ accountId, holdId }: Pick<Hold, 'accountId' | 'holdId'>): boolean {
  return !isLeaseKey(holdId) && !isAllowanceId(accountId);
}

/** What is set aside by a lease has not left the account. */
function touchesOf({ entries, changedHolds, subAccounts }: Told): FeedTouch[] {
  const touches = new Map<string, { rises: boolean; falls: boolean }>();
  const touch = (accountId: string, way: 'rises' | 'falls'): void => {
    const touched = touches.get(accountId);
    if (touched) touched[way] = true;
    else touches.set(accountId, { rises: way === 'rises', falls: way === 'falls' });
  };
  for (const { accountId, requestId, kind } of entries) {
    if (isAllowanceId(accountId)) continue;
    switch (kind) {
      case 'credit':
      case 'reversal':
      case 'transfer-in':
      case 'transfer-return':
        touch(accountId, 'rises');
        break;
      case 'deduction':
      case 'transfer-out':
      case 'credit-reversal':
      case 'hold-raise':
        touch(accountId, 'falls');
        break;
      case 'hold':
        if (!isLeaseKey(requestId)) touch(accountId, 'falls');
        break;
      case 'hold-confirmation':
      case 'transfer-refused':
        break;
    }
  }
  // One that still stands gives nothing back.
  for (const hold of changedHolds)
    if (hold.state !== 'held' && isOfUser(hold)) touch(hold.accountId, 'rises');
  if (touches.size === 0) return [];
  const most = new Map<string, bigint>();
  for (const { accountId, availableMinor } of subAccounts)
    if (availableMinor > (most.get(accountId) ?? -1n)) most.set(accountId, availableMinor);
  return [...touches].map(([accountId, ways]) => ({
    ...ways,
    accountId,
    availableMinor: most.get(accountId) ?? null,
  }));
}

/**
 * The entries that ranges name, each range's by themselves and oldest first, out of all that was found in their stretches of
 * time: other transactions may have written in the same stretch.
 */
export function inRanges(ranges: readonly FeedRange[], found: readonly Entry[]): Entry[][] {
  const byAccount = Map.groupBy(found, ({ accountId }) => accountId);
  return ranges.map((range) =>
    (byAccount.get(range.accountId) ?? [])
      .filter((entry) => isInRange(range, entry))
      .sort((a, b) => a.createdAtUs - b.createdAtUs || a.version - b.version),
  );
}

function isInRange({ fromUs, toUs, versions }: FeedRange, entry: Entry): boolean {
  const { kind, createdAtUs, subAccount, version } = entry;
  if (isMark(kind) || createdAtUs < fromUs || createdAtUs > toUs) return false;
  return versions.some(
    (each) => subAccount === each.subAccount && version >= each.fromVersion && version <= each.toVersion,
  );
}

interface RangeDraft {
  accountId: string;
  fromUs: number;
  toUs: number;
  entries: number;
  versions: Map<number, { subAccount: number; fromVersion: number; toVersion: number }>;
}

function rangeOf({ accountId, createdAtUs, subAccount, version }: Entry): RangeDraft {
  return {
    accountId,
    fromUs: createdAtUs,
    toUs: createdAtUs,
    entries: 1,
    versions: new Map([[subAccount, { subAccount, fromVersion: version, toVersion: version }]]),
  };
}

function widen(range: RangeDraft, { createdAtUs, subAccount, version }: Entry): void {
  range.entries += 1;
  if (createdAtUs < range.fromUs) range.fromUs = createdAtUs;
  if (createdAtUs > range.toUs) range.toUs = createdAtUs;
  const versions = range.versions.get(subAccount);
  if (!versions) {
    range.versions.set(subAccount, { subAccount, fromVersion: version, toVersion: version });
    return;
  }
  if (version < versions.fromVersion) versions.fromVersion = version;
  if (version > versions.toVersion) versions.toVersion = version;
}
