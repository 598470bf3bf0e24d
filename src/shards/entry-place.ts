import { type Entry, isMark } from '../ledger/entry';
import { InvariantViolation } from '../ledger/invariant-violation';

/**
 * Where marks begin in the order of an account's entries: the year 2112, in microseconds since 1970. Twice
 * this is below 2^53, so every place is exact as a `number`.
 */
export const MARKS_FROM_US = 4_500_000_000_000_000;

/**
 * The time by which an entry is stored. Marks stand apart from what is listed, behind all of it, so that a page of a list
 * goes through none of them however many an account has, and no entry is written to an index for that.
 *
 * @throws InvariantViolation when a clock says 2112 or later: a listed entry would stand among the marks, in no list
 */
export function placeUs({ kind, createdAtUs }: Pick<Entry, 'kind' | 'createdAtUs'>): number {
  if (createdAtUs >= MARKS_FROM_US)
    throw new InvariantViolation(`an entry cannot be written at ${createdAtUs} µs since 1970`);
  return isMark(kind) ? createdAtUs + MARKS_FROM_US : createdAtUs;
}

/** When an entry that stands at this place was written. A mark that an older version wrote stands at its own time. */
export function timeOfPlaceUs(place: number): number {
  return place < MARKS_FROM_US ? place : place - MARKS_FROM_US;
}
