import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Problem } from '../contract/problem';
import { EngineRuntime } from '../engine/runtime';
import { ListGate } from '../platform/list-gate';
import { Metrics } from '../platform/metrics';
import type { Principal } from '../platform/principal';
import { Settings } from '../platform/settings';
import { SharedBudget } from '../platform/shared-budget';
import { EVENT_STREAM_SETTINGS, EventStream, type PageInTurn } from './event-stream';
import { type EventsRequest, EventsService } from './events.service';

/** Events that are read together. */
const EVENTS_TOGETHER = 100;
const RETRY_AFTER_SECONDS = 5;
/** One look learns that the key is due to be asked for, the next one what became of that: so both fall within the time. */
const CONFIRMS_A_RECHECK = 4;

/** Who follows the feed. */
export interface StreamReader {
  /** As the request was let in. */
  readonly principal: Principal;
  /** Who the key is of now; nothing when it may not follow the stream any more. Rejects when nobody can tell. */
  confirm(): Promise<Principal | undefined>;
}

/**
 * The readers that follow the feed over connections of their own: so many, of which a key has a part as long as others want
 * the rest.
 */
@Injectable()
export class EventStreams implements BeforeApplicationShutdown {
  readonly #open = new Set<EventStream>();
  readonly #opening = new Set<EventStream>();
  readonly #budget: SharedBudget;
  #isStopping = false;

  constructor(
    private readonly events: EventsService,
    private readonly runtime: EngineRuntime,
    private readonly settings: Settings,
    private readonly metrics: Metrics,
    private readonly gate: ListGate,
  ) {
    this.#budget = new SharedBudget(settings.eventStreamsMax, 1);
    metrics.readEventStreamsFrom(() => this.#open.size);
  }

  beforeApplicationShutdown(): void {
    this.#isStopping = true;
    for (const stream of [...this.#opening, ...this.#open]) stream.end();
  }

  /**
   * Sends events until the reader goes away, or its key may not read them any more. What cannot begin is refused like any
   * other request.
   *
   * @throws Problem OVERLOADED when as many streams are open as may be; and as `EventsService.page` does
   */
  async open(
    reply: FastifyReply,
    request: Omit<EventsRequest, 'limit'>,
    reader: StreamReader,
  ): Promise<void> {
    const { keyId } = reader.principal;
    const source = await this.events.source();
    this.#enter(keyId);
    const { socket } = reply.request;
    const stream = this.#stream(reply, request, reader, source);
    const end = (): void => {
      stream.end();
    };
    const leave = (): void => {
      socket.off('close', end);
      this.#budget.giveBack(keyId, 1);
    };
    if (socket.destroyed) end();
    // The response is not told when it waits behind another one on its connection.
    socket.once('close', end);
    reply.raw.once('close', end);
    try {
      this.#run(stream, reply, await this.#begin(stream, request), leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  #enter(keyId: string): void {
    const noRoom = this.#isStopping ? 'budget' : this.#budget.take(keyId, 1);
    if (noRoom === undefined) return;
    throw new Problem('OVERLOADED', {
      detail:
        noRoom === 'share'
          ? 'This key has its part of the streams of events that this instance serves; the rest is for other keys.'
          : 'As many streams of events are open as this instance serves.',
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }

  #stream(
    reply: FastifyReply,
    request: Omit<EventsRequest, 'limit'>,
    reader: StreamReader,
    source: string,
  ): EventStream {
    const cutOff = (): void => {
      reply.request.socket.destroy();
    };
    let { principal } = reader;
    const { keyId } = principal;
    return new EventStream({
      ask: () => this.gate.ask({ keyId, rows: EVENTS_TOGETHER, cutOff }),
      confirm: async () => {
        const confirmed = await reader.confirm();
        principal = confirmed ?? principal;
        return confirmed !== undefined;
      },
      next: (start) => this.events.page({ ...request, start, limit: EVENTS_TOGETHER }, principal),
      beyond: (cursor, signal) => this.events.beyond(cursor, signal),
      source,
      cutOff,
      surroundings: this.runtime.surroundings,
      settings: {
        ...EVENT_STREAM_SETTINGS,
        confirmMs: this.settings.keyRecheckMs / CONFIRMS_A_RECHECK,
      },
    });
  }

  async #begin(stream: EventStream, { start }: Pick<EventsRequest, 'start'>): Promise<PageInTurn> {
    this.#opening.add(stream);
    try {
      const first = await stream.read(start);
      if (first) return first;
    } finally {
      this.#opening.delete(stream);
    }
    throw new Problem('OVERLOADED', {
      detail: 'Too many lists and streams of events are being read.',
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }

  #run(stream: EventStream, reply: FastifyReply, first: PageInTurn, leave: () => void): void {
    this.#open.add(stream);
    reply.hijack();
    stream
      .run(reply.raw, reply.getHeaders() as Record<string, string>, first)
      .catch((error: unknown) => {
        this.metrics.deferred('a stream of events', error);
      })
      .finally(() => {
        this.#open.delete(stream);
        leave();
      });
    if (this.#isStopping) stream.end();
  }
}
