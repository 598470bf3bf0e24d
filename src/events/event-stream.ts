import { once } from 'node:events';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { cursorView, eventView } from '../contract/events';
import type { FeedCursor } from '../engine/feed/feed-cursor';
import type { FeedStart } from '../engine/feed/feed-reader';
import type { ListPass } from '../platform/list-gate';
import type { Surroundings } from '../shards/surroundings';
import type { EventsPage } from './events.service';

export interface EventStreamParts {
  /** Asks for a turn to read one page. */
  ask(): ListPass;
  /** Whether the reader's key may still follow the stream. Rejects when nobody can tell. */
  confirm(): Promise<boolean>;
  /** Reads a page as the key may see it that was confirmed last. */
  next(start: FeedStart): Promise<EventsPage>;
  /** Resolves when there is something behind a cursor, or the signal aborts. */
  beyond(cursor: FeedCursor, signal: AbortSignal): Promise<void>;
  /** Ends the connection of a reader that does not read. */
  cutOff(): void;
  /** What events say of where they come from. */
  readonly source: string;
  readonly surroundings: Pick<Surroundings, 'now' | 'later' | 'sleep' | 'turn'>;
  readonly settings: EventStreamSettings;
}

export interface EventStreamSettings {
  /** Between two comments that keep the connection open while nothing happens. */
  readonly quietMs: number;
  /** A reader that has not taken what it was sent within this is cut off. */
  readonly takeMsMax: number;
  /** Between two looks at the reader's key, whatever the stream is doing. */
  readonly confirmMs: number;
  /** Before a stream that was given no turn asks for one again. */
  readonly askAgainMs: number;
  /** The longest pause behind a page: what took longer to read waited for a database, and took nothing from others. */
  readonly pauseMsMax: number;
}

export const EVENT_STREAM_SETTINGS: Omit<EventStreamSettings, 'confirmMs'> = {
  quietMs: 15_000,
  takeMsMax: 15_000,
  askAgainMs: 1_000,
  pauseMsMax: 250,
};

/** A page that was read in a turn, which lasts until the reader has taken the page. */
export interface PageInTurn {
  readonly page: EventsPage;
  readonly pass: ListPass;
  readonly begunAt: number;
}

/**
 * One reader's server-sent events. A page is read when the reader has taken the one before, so a reader costs the memory of
 * a page, however slow it is.
 *
 * A reader that keeps up must not keep the event loop to itself, which a store that answers at once would let it do: each page is
 * read in a turn of its own, among lists and other streams, and followed by a pause as long as it took.
 */
export class EventStream {
  readonly #ended = new AbortController();

  constructor(private readonly parts: EventStreamParts) {}

  /** Ends it behind what is being sent: the reader comes back with the last id that it has. */
  end(): void {
    this.#ended.abort();
  }

  /** Reads a page when it is this stream's turn. @returns nothing when no turn was to be had, or the stream has ended */
  async read(start: FeedStart): Promise<PageInTurn | undefined> {
    const { signal } = this.#ended;
    const pass = this.parts.ask();
    const gone = (): void => {
      pass.gone();
    };
    signal.addEventListener('abort', gone, { once: true });
    try {
      if (signal.aborted || !(await pass.begun)) return undefined;
      // A turn may begin in the one in which another ended: what has arrived meanwhile goes first.
      await this.parts.surroundings.turn();
      const begunAt = this.parts.surroundings.now();
      if (await this.parts.confirm()) return { page: await this.parts.next(start), pass, begunAt };
      this.end();
      return undefined;
    } catch (error) {
      gone();
      throw error;
    } finally {
      signal.removeEventListener('abort', gone);
      if (signal.aborted) gone();
    }
  }

  /**
   * Resolves when the stream has ended; rejects when the feed cannot be read on.
   *
   * @param first the page that the stream begins with
   */
  async run(response: ServerResponse, headers: OutgoingHttpHeaders, first: PageInTurn): Promise<void> {
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' });
    const { signal } = this.#ended;
    this.#confirmLater();
    try {
      // The first message tells where the reader stands, even if nothing has happened.
      await this.#send(response, first, ': begun\n' + this.#messages(first.page));
      for (let { page } = first; !signal.aborted;) {
        if (!page.hasMore) await this.#awaitMore(response, page.cursor);
        const next = await this.read(page.cursor);
        if (next) {
          ({ page } = next);
          await this.#send(response, next, page.events.length > 0 ? this.#messages(page) : '');
        } else await this.parts.surroundings.sleep(this.parts.settings.askAgainMs, signal);
      }
    } finally {
      this.end();
      response.end();
    }
  }

  /** A key that is deleted, or has expired, ends the stream while it waits, too. */
  #confirmLater(): void {
    this.parts.surroundings.later(this.parts.settings.confirmMs, () => {
      if (this.#ended.signal.aborted) return;
      const end = (): void => {
        this.end();
      };
      this.parts.confirm().then((may) => {
        if (may) this.#confirmLater();
        else end();
      }, end);
    });
  }

  /** Comments carry the cursor too: a reader that wants little does not fall behind what is kept. */
  async #awaitMore(response: ServerResponse, cursor: FeedCursor): Promise<void> {
    const { signal } = this.#ended;
    for (let isQuiet = true; isQuiet && !signal.aborted;) {
      const waited = new AbortController();
      const callOff = this.parts.surroundings.later(this.parts.settings.quietMs, () => {
        waited.abort();
      });
      await this.parts.beyond(cursor, AbortSignal.any([signal, waited.signal]));
      callOff();
      isQuiet = waited.signal.aborted;
      if (isQuiet) await this.#write(response, `: still here\nid: ${cursorView(cursor)}\n\n`);
    }
  }

  /** One message an event. The last of a page has the cursor behind it; before that, the id is that of the page before. */
  #messages({ events, cursor }: EventsPage): string {
    const id = `id: ${cursorView(cursor)}\n`;
    if (events.length === 0) return `${id}\n`;
    return events
      .map((each, at) => {
        const shown = eventView(each, this.parts.source);
        const isLast = at === events.length - 1;
        return `event: ${shown.type}\n${isLast ? id : ''}data: ${JSON.stringify(shown)}\n\n`;
      })
      .join('');
  }

  /** Resolves when the reader has taken the page, and others have had as much time as the page took. */
  async #send(response: ServerResponse, { pass, begunAt }: PageInTurn, text: string): Promise<void> {
    const { surroundings, settings } = this.parts;
    const tookMs = surroundings.now() - begunAt;
    const taken = this.#write(response, text);
    pass.answered();
    await taken;
    pass.gone();
    await surroundings.sleep(Math.min(tookMs, settings.pauseMsMax), this.#ended.signal);
  }

  /** Resolves when the reader has taken it. */
  async #write(response: ServerResponse, text: string): Promise<void> {
    if (text === '' || this.#ended.signal.aborted || response.write(text)) return;
    const callOff = this.parts.surroundings.later(this.parts.settings.takeMsMax, () => {
      this.parts.cutOff();
      this.end();
    });
    // Rejects when the connection ends, which ends the stream as well.
    await once(response, 'drain', { signal: this.#ended.signal }).catch(() => undefined);
    callOff();
  }
}
