/** How far a reader has come with one database's part of the feed. */
export interface FeedPosition {
  /** Every row up to this place has been read. */
  readonly place: number;
  /** So many events of the row behind it have been read as well. */
  readonly skip: number;
}

/**
 * How far a reader has come: a position for each database, by the shard's name, and the directory's under `DIRECTORY_SOURCE`.
 * A database that has none is read from its oldest event on: it was added after the reader began.
 *
 * No order over all databases is written down anywhere, so none of them waits for another, and one that is away keeps its
 * position until it is back.
 */
export type FeedCursor = ReadonlyMap<string, FeedPosition>;

/** No shard has this name. */
export const DIRECTORY_SOURCE = '.';

const FORM = /^([A-Za-z0-9_.-]{1,64}):([0-9a-z]{1,11})(?:\+([0-9a-z]{1,6}))?$/;
const VERSION = '1';

/** As text that a URL and a header can carry. */
export function encodeFeedCursor(cursor: FeedCursor): string {
  const positions = [...cursor]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([source, { place, skip }]) => {
      const behind = skip === 0 ? '' : `+${skip.toString(36)}`;
      return `${source}:${place.toString(36)}${behind}`;
    });
  return Buffer.from([VERSION, ...positions].join(',')).toString('base64url');
}

/** @returns `undefined` for anything that was not encoded here */
export function decodeFeedCursor(text: string): FeedCursor | undefined {
  const [version, ...positions] = Buffer.from(text, 'base64url').toString('latin1').split(',');
  if (version !== VERSION) return undefined;
  const cursor = new Map<string, FeedPosition>();
  for (const position of positions) {
    const [, source = '', place = '', skip = '0'] = FORM.exec(position) ?? [];
    const at = { place: parseInt(place, 36), skip: parseInt(skip, 36) };
    if (!Number.isSafeInteger(at.place) || cursor.has(source)) return undefined;
    cursor.set(source, at);
  }
  // One text for one cursor: what was changed by hand is not taken.
  return encodeFeedCursor(cursor) === text ? cursor : undefined;
}
