import type { QueryOf } from '../contract/call';
import {
  decodeEntryCursor,
  decodeTailCursor,
  encodeEntryCursor,
  encodeTailCursor,
  pageLength,
} from '../contract/cursors';
import { kindsOf, type listEntries } from '../contract/entries';
import type { ListedEntry } from '../engine/merged-entries';
import type { HistoryService } from './history.service';

/** A page of entries with its cursor as text. */
export interface EntriesAnswer {
  readonly items: readonly ListedEntry[];
  readonly nextCursor?: string;
  readonly hasMore?: boolean;
}

/** Times in microseconds since 1970. */
export type EntriesAsked = Omit<QueryOf<typeof listEntries>, 'from' | 'to'> & {
  readonly fromUs: number | undefined;
  readonly toUs: number | undefined;
};

/**
 * Lists entries as a query of `listEntries` asks, at whichever door.
 *
 * @throws Problem
 */
export async function entriesAnswer(
  history: HistoryService,
  accountId: string,
  asked: EntriesAsked,
): Promise<EntriesAnswer> {
  const { cursor, limit, kind, reference, order, fromUs, toUs } = asked;
  const page = { limit: pageLength(limit), kinds: kindsOf(kind), reference, fromUs, toUs };
  if (order === 'asc') {
    const after = cursor === undefined ? undefined : decodeTailCursor(cursor);
    const { items, next, hasMore } = await history.tail(await history.account(accountId), { ...page, after });
    return { items, nextCursor: encodeTailCursor(next), hasMore };
  }
  const before = cursor === undefined ? undefined : decodeEntryCursor(cursor);
  const { items, next } = await history.entries(await history.account(accountId), { ...page, before });
  return { items, ...(next && { nextCursor: encodeEntryCursor(next) }) };
}
