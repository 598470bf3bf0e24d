import { type Entry, isMark } from '../ledger/entry';
import type { EntryQuery } from './shard';

/** Whether an entry is one of those that a list is asked for. */
export function isAskedFor(
  { kind, reference }: Pick<Entry, 'kind' | 'reference'>,
  asked: Pick<EntryQuery, 'kinds' | 'reference'>,
): boolean {
  if (isMark(kind)) return false;
  if (asked.kinds && !asked.kinds.includes(kind)) return false;
  return asked.reference === undefined || reference === asked.reference;
}
