import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { WEBHOOK_URL_RULE } from '../contract/fields';
import { Problem } from '../contract/problem';
import { encodeFeedCursor } from '../engine/feed/feed-cursor';
import { EngineRuntime } from '../engine/runtime';
import { Settings } from '../platform/settings';
import type { WebhookChange, WebhookRecord } from '../shards/directory/webhook-store';
import { CurrentWebhooks, WEBHOOKS_MAX } from './current-webhooks';
import { isPrivate } from './private-addresses';

export interface WantedWebhook {
  readonly url: string;
  readonly types?: readonly string[] | null;
  readonly accountId?: string | null;
}

export interface DeliveriesPage {
  /** Only deliveries with lower ids; the newest, where it is absent. */
  readonly before: number | undefined;
  readonly limit: number;
}

const SECRET_BYTES = 32;
/** What a row has room for. */
const URL_LENGTH_MAX = 2_048;
const FORGOTTEN_AT_ONCE = 1_000;
/** The secret before goes on signing for so long. */
const OVERLAP_US = 24 * 3_600 * 1_000_000;
/** Older ones that still sign, at most: who rotates more often ends the oldest early. */
const SECRETS_MAX = 4;

/** Begins the names of webhooks' cursors. */
export const READERS = 'webhook ';

/** The name of a webhook's cursor and lease. */
export function readerOf(webhookId: string): string {
  return `${READERS}${webhookId}`;
}

/** Webhooks as administrators make and change them. */
@Injectable()
export class WebhookService {
  constructor(
    private readonly runtime: EngineRuntime,
    private readonly settings: Settings,
    private readonly current: CurrentWebhooks,
  ) {}

  /** @throws Problem INVALID_ARGUMENT, EVENTS_OFF, TOO_MANY_WEBHOOKS */
  async create({ url, types = null, accountId = null }: WantedWebhook) {
    const { feed, directory } = this.runtime;
    if (!feed) throw new Problem('EVENTS_OFF');
    const address = this.#checked(url);
    const { webhooks, readers } = directory;
    if ((await webhooks.list(WEBHOOKS_MAX)).length === WEBHOOKS_MAX) throw new Problem('TOO_MANY_WEBHOOKS');
    const now = await feed.reader.read({ start: 'newest', limit: 1, wants: () => false });
    if (now.kind !== 'page') throw new TypeError('the end of the feed has expired');
    const webhookId = `wh_${randomBytes(12).toString('hex')}`;
    const secret = newSecret();
    // The cursor first: a webhook without one would begin with the oldest event.
    await readers.begin(readerOf(webhookId), encodeFeedCursor(now.cursor));
    await webhooks.insert({
      webhookId,
      url: address,
      types,
      accountId,
      secrets: [{ secret, untilUs: null }],
    });
    return { webhook: await this.find(webhookId), secret };
  }

  list(): Promise<WebhookRecord[]> {
    return this.runtime.directory.webhooks.list(WEBHOOKS_MAX);
  }

  /** @throws Problem WEBHOOK_NOT_FOUND */
  async find(webhookId: string): Promise<WebhookRecord> {
    const found = await this.runtime.directory.webhooks.find(webhookId);
    if (!found) throw new Problem('WEBHOOK_NOT_FOUND');
    return found;
  }

  /** @throws Problem WEBHOOK_NOT_FOUND, INVALID_ARGUMENT */
  async change(
    webhookId: string,
    { enabled, ...wanted }: Partial<WantedWebhook> & { readonly enabled?: boolean },
  ): Promise<WebhookRecord> {
    const url = wanted.url === undefined ? undefined : this.#checked(wanted.url);
    // Before it is enabled: what it has not taken must not wait for the end of a pause, nor be given up by what was tried before.
    if (enabled === true && (await this.find(webhookId)).disabled !== null)
      await this.runtime.directory.webhooks.resume(webhookId);
    return this.#changed(webhookId, ({ disabled }) => ({
      ...wanted,
      ...(url !== undefined && { url }),
      ...(enabled === true && { disabled: null }),
      ...(enabled === false && { disabled: disabled ?? 'by an administrator' }),
    }));
  }

  /** @throws Problem WEBHOOK_NOT_FOUND */
  async rotate(webhookId: string) {
    const secret = newSecret();
    const webhook = await this.#changed(webhookId, ({ secrets, readAtUs }) => ({
      secrets: [
        { secret, untilUs: null },
        ...secrets
          .filter(({ untilUs }) => untilUs === null || untilUs > readAtUs)
          .map((each) => ({ ...each, untilUs: each.untilUs ?? readAtUs + OVERLAP_US })),
      ].slice(0, SECRETS_MAX),
    }));
    return { webhook, secret };
  }

  /** @throws Problem WEBHOOK_NOT_FOUND */
  async delete(webhookId: string): Promise<void> {
    const { webhooks, readers } = this.runtime.directory;
    if (!(await webhooks.remove(webhookId))) throw new Problem('WEBHOOK_NOT_FOUND');
    this.current.removed(webhookId);
    await readers.remove(readerOf(webhookId));
    // What is left is forgotten later, as is what an instance records that is just sending.
    await webhooks.forget(webhookId, FORGOTTEN_AT_ONCE);
  }

  /**
   * A page of deliveries, newest first.
   *
   * @returns `next`, the id of the last of them where there are more
   *
   * @throws Problem WEBHOOK_NOT_FOUND
   */
  async deliveries(webhookId: string, { before = Number.MAX_SAFE_INTEGER, limit }: DeliveriesPage) {
    await this.find(webhookId);
    const found = await this.runtime.directory.webhooks.deliveries(webhookId, before, limit + 1);
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return { items, next: found.length > limit && last ? last.deliveryId : undefined };
  }

  /** @throws Problem WEBHOOK_NOT_FOUND, DELIVERY_NOT_FOUND */
  async redeliver(webhookId: string, deliveryId: number): Promise<void> {
    await this.find(webhookId);
    if (!(await this.runtime.directory.webhooks.redeliver(webhookId, deliveryId)))
      throw new Problem('DELIVERY_NOT_FOUND');
  }

  /** Until nobody else has changed it in between. */
  async #changed(
    webhookId: string,
    changeOf: (webhook: WebhookRecord) => WebhookChange,
  ): Promise<WebhookRecord> {
    for (let webhook = await this.find(webhookId); ; webhook = await this.find(webhookId))
      if (await this.runtime.directory.webhooks.change(webhookId, webhook.revision, changeOf(webhook))) {
        const changed = await this.find(webhookId);
        this.current.changed(changed);
        return changed;
      }
  }

  /**
   * Checks what can be seen of an address without asking anybody; a name is looked up when something is sent to it.
   *
   * @returns the address as it is asked for, which need not be as it was written
   */
  #checked(url: string): string {
    const at = URL.canParse(url) ? new URL(url) : undefined;
    const allowsPrivate = this.settings.webhookPrivateAddresses === 'on';
    const isTaken =
      at !== undefined &&
      (at.protocol === 'https:' || (allowsPrivate && at.protocol === 'http:')) &&
      at.username === '' &&
      at.password === '' &&
      at.hash === '' &&
      at.href.length <= URL_LENGTH_MAX &&
      (allowsPrivate || !isPrivateHost(at.hostname));
    if (isTaken) return at.href;
    const rule = allowsPrivate
      ? 'an http or https address of up to 2048 characters, without credentials and fragment'
      : WEBHOOK_URL_RULE;
    throw new Problem('INVALID_ARGUMENT', { errors: [{ field: 'url', rule }] });
  }
}

function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$|\.$/g, '');
  return host === 'localhost' || host.endsWith('.localhost') || (isIP(host) !== 0 && isPrivate(host));
}

function newSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}
