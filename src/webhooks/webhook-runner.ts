import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { EventsService } from '../events/events.service';
import type { DurableCursor } from '../engine/feed/durable-cursor';
import { Periodic } from '../engine/periodic';
import { EngineRuntime } from '../engine/runtime';
import { Metrics } from '../platform/metrics';
import { Settings } from '../platform/settings';
import { CurrentWebhooks } from './current-webhooks';
import { SENDER_SETTINGS, WebhookSender } from './send-webhook';
import { readerOf } from './webhook.service';
import { sweepDeleted } from './sweep-deleted';
import { WebhookWorker } from './webhook-worker';

const TICK_MS = 500;
/** A worker prolongs its lease when a third of it is over. What is left is longer than a request takes (`SENDER_SETTINGS`). */
export const WEBHOOK_LEASE_MS = 30_000;
const SWEEP_MS = 60_000;

/** What this instance has of one webhook. */
interface Running {
  readonly cursor: DurableCursor;
  readonly sender: WebhookSender;
  turn: Promise<void> | undefined;
}

/** Every webhook has turns of its own: one whose receiver is slow waits for itself alone. */
@Injectable()
export class WebhookRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #running = new Map<string, Running>();
  readonly #stopping = new AbortController();
  readonly #ticking: Periodic;
  #sweptAt = -Infinity;

  constructor(
    private readonly runtime: EngineRuntime,
    private readonly current: CurrentWebhooks,
    private readonly events: EventsService,
    private readonly metrics: Metrics,
    private readonly settings: Settings,
  ) {
    this.#ticking = new Periodic(
      TICK_MS,
      () => this.#tick(),
      (ms, run) => runtime.surroundings.later(ms, run),
    );
  }

  onApplicationBootstrap(): void {
    if (this.runtime.feed) this.#ticking.start('after a pause');
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping.abort();
    await this.#ticking.stop();
    await Promise.all([...this.#running.values()].map(({ turn }) => turn ?? Promise.resolve()));
    for (const { sender } of this.#running.values()) sender.close();
  }

  async #tick(): Promise<void> {
    try {
      const webhooks = await this.current.refresh();
      this.metrics.webhooks(webhooks.map(({ disabled }) => disabled === null));
      const known = new Set(webhooks.map(({ webhookId }) => webhookId));
      for (const [webhookId, { turn, sender }] of this.#running)
        if (!known.has(webhookId) && !turn) {
          sender.close();
          this.#running.delete(webhookId);
        }
      for (const { webhookId } of webhooks) if (this.current.of(webhookId)) await this.#begin(webhookId);
      await this.#sweep();
    } catch (error) {
      this.runtime.observer.deferred('webhooks', error);
    }
  }

  async #sweep(): Promise<void> {
    const now = this.runtime.surroundings.now();
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    await sweepDeleted(this.runtime.directory);
  }

  /** Nothing, while its last turn is not over. */
  async #begin(webhookId: string): Promise<void> {
    const { feed, directory, observer, surroundings } = this.runtime;
    const running = this.#of(webhookId);
    if (running.turn || !feed || this.#stopping.signal.aborted) return;
    const worker = new WebhookWorker({
      webhookId,
      current: () => this.current.of(webhookId),
      seen: (webhook) => {
        this.current.changed(webhook);
      },
      store: directory.webhooks,
      cursor: running.cursor,
      reader: feed.reader,
      sender: running.sender,
      source: await this.events.source(),
      metrics: this.metrics,
      chance: () => surroundings.random(),
      now: () => new Date(),
      monotonicMs: () => surroundings.now(),
      signal: this.#stopping.signal,
    });
    running.turn = worker
      .turn()
      .catch((error: unknown) => {
        observer.deferred(`webhook ${webhookId}`, error);
      })
      .finally(() => {
        running.turn = undefined;
      });
  }

  #of(webhookId: string): Running {
    const known = this.#running.get(webhookId);
    if (known) return known;
    const allowsPrivate = this.settings.webhookPrivateAddresses === 'on';
    const made: Running = {
      cursor: this.runtime.durableCursor(readerOf(webhookId), WEBHOOK_LEASE_MS),
      sender: new WebhookSender({ ...SENDER_SETTINGS, allowsPrivate }),
      turn: undefined,
    };
    this.#running.set(webhookId, made);
    return made;
  }
}
