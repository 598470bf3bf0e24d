import { Injectable } from '@nestjs/common';
import { cursorView, eventView, sourceOf } from '../contract/events';
import { Problem } from '../contract/problem';
import type { FeedCursor } from '../engine/feed/feed-cursor';
import type { FeedPage, FeedStart } from '../engine/feed/feed-reader';
import type { Wants } from '../engine/feed/source-read';
import { EngineRuntime } from '../engine/runtime';
import { type Principal, reaches } from '../platform/principal';

export interface EventsRequest {
  readonly start: FeedStart;
  readonly limit: number;
  /** In full; all of them by default. */
  readonly types?: ReadonlySet<string> | undefined;
  readonly accountId?: string | undefined;
}

export type EventsPage = Extract<FeedPage, { kind: 'page' }>;

/** The feed of events, as far as a key may read it. */
@Injectable()
export class EventsService {
  #source: string | undefined;

  constructor(private readonly runtime: EngineRuntime) {}

  /**
   * The next events behind a place.
   *
   * @throws Problem EVENTS_OFF, CURSOR_EXPIRED
   *
   * Rejects with `ShardUnavailableError` when nothing can be read.
   */
  async page({ start, limit, types, accountId }: EventsRequest, principal: Principal): Promise<EventsPage> {
    const { feed } = this.runtime;
    if (!feed) throw new Problem('EVENTS_OFF');
    const wants: Wants = (event) =>
      (accountId === undefined || event.accountId === accountId) &&
      (types?.has(`hotsplit.${event.type}`) ?? true) &&
      reaches(principal, event.accountId);
    const page = await feed.reader.read({ start, limit, wants });
    if (page.kind === 'page') return page;
    throw new Problem('CURSOR_EXPIRED', {
      detail: `Events of ${page.source} behind this cursor are not kept any more. Begin again with the cursor oldest.`,
    });
  }

  /** Resolves when there is something behind a cursor, or the signal aborts. */
  async beyond(cursor: FeedCursor, signal: AbortSignal): Promise<void> {
    await this.runtime.feed?.watch.beyond(cursor, signal);
  }

  /** A page as it is shown. */
  async view({ events, cursor, hasMore, away }: EventsPage) {
    const source = await this.source();
    return {
      items: events.map((event) => eventView(event, source)),
      nextCursor: cursorView(cursor),
      hasMore,
      ...(away.length > 0 && { unavailable: away }),
    };
  }

  /** What events say of where they come from. */
  async source(): Promise<string> {
    return (this.#source ??= sourceOf(await this.runtime.directory.clusterId()));
  }
}
