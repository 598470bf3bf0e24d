import { readEntryPage, whenShaped } from './read-shapes';
import { accountPath, withQuery } from './requests';
import type { Calls } from './calls';
import type { EntriesQuery, Entry } from './shapes';

/**
 * An account's entries, newest first, page by page as they are asked for. The cursor stands between two entries: what is
 * written meanwhile is not among them, and nothing comes twice.
 *
 * @throws HotsplitError
 */
export async function* entriesOf(
  query: EntriesQuery,
  calls: Pick<Calls, 'call'>,
): AsyncGenerator<Entry, void, undefined> {
  const { accountId, kind, from, to, pageSize = 1_000, ...options } = query;
  let cursor: string | undefined;
  do {
    const path = withQuery(`${accountPath(accountId)}/entries`, {
      cursor,
      limit: String(pageSize),
      kind,
      from: timeText(from),
      to: timeText(to),
    });
    const page = await calls.call(
      { method: 'GET', path, effect: 'none', read: (body) => whenShaped(() => readEntryPage(body)) },
      options,
    );
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

function timeText(time: Date | string | undefined): string | undefined {
  return time instanceof Date ? time.toISOString() : time;
}
