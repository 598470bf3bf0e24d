import type { FeedTouch } from '../../ledger/feed-change';
import { readFeedRow } from '../../shards/feed/feed-row';
import { FIRST_PLACE } from '../../shards/feed/feed-store';
import type { FeedCursor, FeedPosition } from './feed-cursor';
import type { FeedStart } from './feed-reader';
import type { FeedSource } from './feed-source';

/** Rows of one database in one page, and accounts after which a page ends. */
const ROWS_MAX = 256;
const ACCOUNTS_MAX = 4_000;

export interface TouchedPage {
  readonly touches: ReadonlyMap<string, FeedTouch>;
  readonly cursor: FeedCursor;
  readonly hasMore: boolean;
}

/**
 * Whose balance was changed behind a cursor: the rows of the feed say so without their entries being read. A database that
 * cannot be read keeps its position.
 *
 * @param sources the shards
 */
export async function touchedBehind(
  start: FeedStart,
  sources: readonly FeedSource[],
  isAway: (error: unknown) => boolean,
): Promise<TouchedPage> {
  const cursor = new Map<string, FeedPosition>(typeof start === 'string' ? [] : start);
  const touches = new Map<string, FeedTouch>();
  let hasMore = false;
  await Promise.all(
    sources
      .filter(({ isDown }) => !isDown)
      .map(async ({ name, store }) => {
        try {
          const { place } = cursor.get(name) ?? { place: FIRST_PLACE };
          const rows = await store.from(place + 1, ROWS_MAX);
          for (const row of rows) {
            if (touches.size >= ACCOUNTS_MAX) {
              hasMore = true;
              return;
            }
            for (const touch of readFeedRow(row).touches)
              touches.set(touch.accountId, both(touches.get(touch.accountId), touch));
            cursor.set(name, { place: row.place, skip: 0 });
          }
          if (rows.length === ROWS_MAX) hasMore = true;
        } catch (error) {
          if (!isAway(error)) throw error;
        }
      }),
  );
  return { touches, cursor, hasMore };
}

/** Of several transactions the least counts that one of them left: after one of them, the account may have had no more. */
function both(before: FeedTouch | undefined, touch: FeedTouch): FeedTouch {
  if (!before) return touch;
  const { accountId, rises, falls, availableMinor } = touch;
  const least =
    before.availableMinor === null || availableMinor === null
      ? null
      : availableMinor < before.availableMinor
        ? availableMinor
        : before.availableMinor;
  return {
    accountId,
    rises: before.rises || rises,
    falls: before.falls || falls,
    availableMinor: least,
  };
}
