import { Injectable } from '@nestjs/common';
import { EngineRuntime } from '../engine/runtime';
import type { WebhookRecord } from '../shards/directory/webhook-store';

export const WEBHOOKS_MAX = 100;

/** Nothing is sent by a record that was read longer ago: by then another instance may have changed the webhook. */
export const RECORD_AGE_MS_MAX = 2_000;

/**
 * The webhooks as this instance knows them. Whatever is sent asks here first, so a change holds for the next request: at once where
 * the change was made, and elsewhere when the records are read again, which a request waits for at most `RECORD_AGE_MS_MAX`.
 */
@Injectable()
export class CurrentWebhooks {
  #records = new Map<string, WebhookRecord>();
  readonly #removed = new Set<string>();
  #readAt = -Infinity;

  constructor(private readonly runtime: EngineRuntime) {}

  /** One call at a time. @returns all webhooks, those that are disabled included */
  async refresh(): Promise<readonly WebhookRecord[]> {
    const at = this.runtime.surroundings.now();
    this.#removed.clear();
    const found = await this.runtime.directory.webhooks.list(WEBHOOKS_MAX);
    const records = new Map<string, WebhookRecord>();
    for (const webhook of found) {
      const { webhookId, revision } = webhook;
      const known = this.#records.get(webhookId);
      // Both can have happened here while the list was being read.
      if (this.#removed.has(webhookId)) continue;
      records.set(webhookId, known && known.revision > revision ? known : webhook);
    }
    this.#records = records;
    this.#readAt = at;
    return [...records.values()];
  }

  changed(webhook: WebhookRecord): void {
    const known = this.#records.get(webhook.webhookId);
    if (!known || known.revision <= webhook.revision) this.#records.set(webhook.webhookId, webhook);
  }

  removed(webhookId: string): void {
    this.#records.delete(webhookId);
    this.#removed.add(webhookId);
  }

  /** @returns `undefined` where nothing may be sent: the webhook is disabled or deleted, or its record is too old to say */
  of(webhookId: string): WebhookRecord | undefined {
    if (this.runtime.surroundings.now() - this.#readAt > RECORD_AGE_MS_MAX) return undefined;
    const webhook = this.#records.get(webhookId);
    return webhook?.disabled === null ? webhook : undefined;
  }
}
