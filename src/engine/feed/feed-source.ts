import type { Entry } from '../../ledger/entry';
import type { FeedChange, FeedRange, FeedRejection } from '../../ledger/feed-change';
import type { Hold } from '../../ledger/hold';
import type { Directory } from '../../shards/directory/directory';
import { readDirectoryEvent } from '../../shards/directory/told-change';
import { readFeedRow } from '../../shards/feed/feed-row';
import { FIRST_PLACE, type FeedStore, type PublishedRow } from '../../shards/feed/feed-store';
import type { Shard } from '../../shards/shard';
import type { ShardLanes } from '../shard-lanes';
import { DIRECTORY_SOURCE } from './feed-cursor';
import { type FeedEvent, type FeedEventType, frameOf } from './feed-event';

/** Events of one row that concern one account. */
export interface FeedUnit {
  readonly accountId: string;
  /** How many events of the row come before those of this account. */
  readonly first: number;
  /** How many there are of each type. */
  readonly counts: Partial<Readonly<Record<FeedEventType, number>>>;
  /** Where its entries are, if it has any. */
  readonly range?: FeedRange;
  /** Its holds that expired. */
  readonly holdIds: readonly string[];
  readonly rejections: readonly FeedRejection[];
}

export function eventsIn({ counts }: FeedUnit): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** A database whose part of the feed is read. */
export interface FeedSource {
  readonly name: string;
  /** It did not answer just now, and is not waited for. */
  readonly isDown: boolean;
  readonly store: FeedStore;
  /** What a row tells of, in the row's order, without reading any of it. */
  unitsOf(row: PublishedRow): FeedUnit[];
  /** The events of some units, each unit's by themselves. */
  eventsOf(units: readonly PlacedUnit[]): Promise<FeedEvent[][]>;
}

/** A unit and the row that it is part of. */
export interface PlacedUnit {
  readonly unit: FeedUnit;
  readonly row: PublishedRow;
}

/** Holds looked up at once. */
const HOLDS_AT_ONCE = 16;

export function shardSource({ shard, isDown }: Pick<ShardLanes, 'shard' | 'isDown'>): FeedSource {
  return {
    name: shard.name,
    isDown,
    store: shard.feed,
    unitsOf: (row) => (row.place === FIRST_PLACE ? [] : unitsOf(readFeedRow(row))),
    async eventsOf(placed) {
      const units = placed.map(({ unit }) => unit);
      const ranges = units.flatMap(({ range }) => range ?? []);
      const written = ranges.length === 0 ? [] : await shard.findWritten(ranges);
      const holds = await holdsOf(shard, units);
      let at = 0;
      return units.map((unit) => {
        const entries = unit.range ? (written[at++] ?? []) : [];
        const rejections = unit.rejections.map((rejection): FeedEvent => ({
          kind: 'rejection',
          shard: shard.name,
          rejection,
        }));
        return [...inOrder(shard.name, entries, holds.get(unit) ?? []), ...rejections];
      });
    },
  };
}

export function directorySource(directory: Directory): FeedSource {
  return {
    name: DIRECTORY_SOURCE,
    isDown: false,
    store: directory.feed,
    unitsOf: (row) => {
      if (row.place === FIRST_PLACE) return [];
      const { type, accountId } = frameOf(directoryEvent(row));
      return [{ accountId, first: 0, counts: { [type]: 1 }, holdIds: [], rejections: [] }];
    },
    eventsOf: (placed) => Promise.resolve(placed.map(({ row }) => [directoryEvent(row)])),
  };
}

function directoryEvent({ changes }: PublishedRow): FeedEvent {
  const event = readDirectoryEvent(changes);
  return 'webhook' in event ? { kind: 'webhook', event } : { kind: 'account', event };
}

/** One for each account, so that what happened to one of its rows can be put in order. */
function unitsOf({ ranges, expiredHolds, rejections }: FeedChange): FeedUnit[] {
  const units = new Map<string, UnitDraft>();
  const unitOf = (accountId: string): UnitDraft => {
    const known = units.get(accountId);
    if (known) return known;
    const made: UnitDraft = { holdIds: [], rejections: [] };
    units.set(accountId, made);
    return made;
  };
  for (const range of ranges) unitOf(range.accountId).range = range;
  for (const { accountId, holdId } of expiredHolds) unitOf(accountId).holdIds.push(holdId);
  for (const rejection of rejections) unitOf(rejection.accountId).rejections.push(rejection);
  let first = 0;
  return [...units].map(([accountId, { range, holdIds, rejections: rejected }]) => {
    const counts = {
      ...(range && { 'entry.created': range.entries }),
      ...(holdIds.length > 0 && { 'hold.expired': holdIds.length }),
      ...(rejected.length > 0 && { 'deduction.rejected': rejected.length }),
    };
    const unit = { accountId, first, counts, holdIds, rejections: rejected, ...(range && { range }) };
    first += eventsIn(unit);
    return unit;
  });
}

interface UnitDraft {
  range?: FeedRange;
  readonly holdIds: string[];
  readonly rejections: FeedRejection[];
}

async function holdsOf(shard: Shard, units: readonly FeedUnit[]): Promise<ReadonlyMap<FeedUnit, Hold[]>> {
  const wanted = units.flatMap((unit) => unit.holdIds.map((holdId) => ({ unit, holdId })));
  const found = new Map<FeedUnit, Hold[]>();
  for (let from = 0; from < wanted.length; from += HOLDS_AT_ONCE) {
    const some = wanted.slice(from, from + HOLDS_AT_ONCE);
    const holds = await Promise.all(some.map(({ unit, holdId }) => shard.findHold(unit.accountId, holdId)));
    for (const [at, hold] of holds.entries()) {
      const unit = some[at]?.unit;
      if (unit && hold) found.set(unit, [...(found.get(unit) ?? []), hold]);
    }
  }
  return found;
}

/** Of entries alone the order of time is the order of every row; a hold that expired stands where its version does. */
function inOrder(shard: string, entries: readonly Entry[], holds: readonly Hold[]): FeedEvent[] {
  const told = [
    ...entries.map((entry): FeedEvent => ({ kind: 'entry', shard, entry })),
    ...holds.map((hold): FeedEvent => ({ kind: 'hold', shard, hold })),
  ];
  return holds.length === 0 ? told : told.sort((a, b) => frameOf(a).sequence - frameOf(b).sequence);
}
