import { InvariantViolation, ShardUnavailableError } from '../../shards/faults';
import { DirectoryUnavailableError } from '../../shards/directory/directory';
import type { EngineObserver } from '../observer';
import { withinMs } from '../within-ms';
import type { FeedCursor, FeedPosition } from './feed-cursor';
import type { FeedEvent } from './feed-event';
import type { FeedSource } from './feed-source';
import { SourceRead, type Wants } from './source-read';

/** Where a reader begins: behind what it has read, with the oldest event that is kept, or with what is published from now on. */
export type FeedStart = FeedCursor | 'oldest' | 'newest';

/** What a reader asks for. */
export interface FeedRequest {
  readonly start: FeedStart;
  readonly limit: number;
  readonly wants: Wants;
}

export type FeedPage =
  | {
      readonly kind: 'page';
      readonly events: readonly FeedEvent[];
      readonly cursor: FeedCursor;
      /** There is more behind the cursor already. */
      readonly hasMore: boolean;
      /** Databases that could not be read; what they have comes when they are back. */
      readonly away: readonly string[];
    }
  /** Something behind the cursor is not kept any more. */
  | { readonly kind: 'expired'; readonly source: string };

export interface FeedReaderParts {
  /** Every database of the installation that this instance knows. */
  readonly sources: () => FeedSource[];
  readonly observer: EngineObserver;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly newId: () => string;
}

/** A database that takes longer counts as away for this page. */
const READ_MS_MAX = 3_000;

/**
 * Reads the feed: each database's published rows in the order of their places, those of several databases merged by place,
 * which is about the order of time. Rows say where entries are, and only entries that are wanted are read.
 */
export class FeedReader {
  constructor(private readonly parts: FeedReaderParts) {}

  /**
   * Rejects with `ShardUnavailableError` when no database can be read; for `newest`, when one cannot: it is not known what
   * is published there already.
   */
  async read({ start, limit, wants }: FeedRequest): Promise<FeedPage> {
    const reads = this.parts
      .sources()
      .map((source) => new SourceRead(source, positionIn(start, source.name), wants));
    await this.#each(reads, (read) => (start === 'newest' ? read.openAtEnd() : read.open()));
    const expired = reads.find((read) => read.isExpired);
    if (expired) return { kind: 'expired', source: expired.source.name };
    const away = reads.filter((read) => read.isAway);
    if (away.length > (start === 'newest' ? 0 : reads.length - 1))
      throw new ShardUnavailableError(nameOf(away), 'the feed cannot be read there');

    const order = start === 'newest' ? [] : await this.#take(reads, limit);
    await this.#each(reads, async (read) => {
      this.#alarm(read, await read.resolve());
    });
    const events = giveOut(order, limit);
    for (const read of reads) read.leaveRest();
    return {
      kind: 'page',
      events,
      cursor: cursorBehind(start, reads),
      hasMore: reads.some((read) => !read.isAway && read.hasMore),
      away: reads.filter((read) => read.isAway).map(({ source }) => source.name),
    };
  }

  /** Takes rows in the order of their places until they have enough. @returns whose rows they are, in that order */
  async #take(reads: readonly SourceRead[], limit: number): Promise<SourceRead[]> {
    const order: SourceRead[] = [];
    for (let events = 0; events < limit;) {
      const next = reads.reduce<SourceRead | undefined>(
        (first, read) => ((read.nextPlace ?? Infinity) < (first?.nextPlace ?? Infinity) ? read : first),
        undefined,
      );
      if (!next) break;
      events += next.take();
      order.push(next);
      await this.#each([next], (read) => read.fill());
    }
    return order;
  }

  /** A database that cannot be asked is left out of the page. */
  async #each(reads: readonly SourceRead[], ask: (read: SourceRead) => Promise<void>): Promise<void> {
    const { sleep } = this.parts;
    await Promise.all(
      reads
        .filter((read) => !read.isAway)
        .map(async (read) => {
          try {
            if (read.source.isDown)
              throw new ShardUnavailableError(read.source.name, 'it did not answer just now');
            await withinMs(sleep, { msMax: READ_MS_MAX, shard: read.source.name }, ask(read));
          } catch (error) {
            if (!(error instanceof ShardUnavailableError || error instanceof DirectoryUnavailableError))
              throw error;
            read.isAway = true;
          }
        }),
    );
  }

  /** Entries are never deleted: whatever the feed says was written is there. */
  #alarm({ source }: SourceRead, missing: number): void {
    if (missing === 0) return;
    const { observer, newId } = this.parts;
    observer.defect(
      newId(),
      new InvariantViolation(`${source.name} lacks ${missing} entries that its feed tells of`),
    );
  }
}

function positionIn(start: FeedStart, source: string): FeedPosition | undefined {
  return typeof start === 'string' ? undefined : start.get(source);
}

function giveOut(order: readonly SourceRead[], limit: number): FeedEvent[] {
  const events: FeedEvent[] = [];
  for (const read of order) {
    if (read.isAway) continue;
    const given = read.give(limit - events.length);
    events.push(...given.events);
    if (!given.isWhole) break;
  }
  return events;
}

/** Positions of databases that are not known here are kept: another instance may have registered them. */
function cursorBehind(start: FeedStart, reads: readonly SourceRead[]): FeedCursor {
  const cursor = new Map<string, FeedPosition>(typeof start === 'string' ? [] : start);
  for (const { source, position } of reads) if (position) cursor.set(source.name, position);
  return cursor;
}

function nameOf(reads: readonly SourceRead[]): string {
  return reads.map(({ source }) => source.name).join(', ');
}
