import { type Cell, integer, type Parameter, text, textOrNull } from '../database';
import type { DirectoryDatabase } from './directory-database';
import { toldDisabling } from './told-change';

export interface WebhookSecret {
  readonly secret: string;
  /** From when on it does not sign any more, by the directory's clock; `null` for the newest. */
  readonly untilUs: number | null;
}

/** A receiver of events. */
export interface WebhookRecord {
  readonly webhookId: string;
  readonly url: string;
  /** `null` for all. */
  readonly types: readonly string[] | null;
  /** `null` for all. */
  readonly accountId: string | null;
  /** The newest first. */
  readonly secrets: readonly WebhookSecret[];
  /** Why nothing is sent to it; `null` while it is enabled. */
  readonly disabled: string | null;
  readonly revision: number;
  readonly createdAtUs: number;
  /** When events were last passed over that were deleted before they were sent; `null` for never. */
  readonly missedAtUs: number | null;
  /** When this record was read, by the directory's clock. */
  readonly readAtUs: number;
}

export type NewWebhook = Omit<
  WebhookRecord,
  'disabled' | 'revision' | 'createdAtUs' | 'missedAtUs' | 'readAtUs'
>;

export type WebhookChange = Partial<
  Pick<WebhookRecord, 'url' | 'types' | 'accountId' | 'secrets' | 'disabled'>
>;

export type DeliveryState = 'delivered' | 'pending' | 'failed';

/** What became of one event at one receiver. */
export interface DeliveryRecord {
  readonly deliveryId: number;
  readonly eventId: string;
  readonly body: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** What came of the last attempt, in words. */
  readonly answer: string;
  readonly createdAtUs: number;
  readonly triedAtUs: number;
  readonly nextAtUs: number | null;
}

export interface NewDelivery extends Pick<
  DeliveryRecord,
  'eventId' | 'body' | 'state' | 'attempts' | 'answer'
> {
  /** In how long it is tried again, where it is. */
  readonly againMs: number | null;
}

const COLUMNS =
  'webhook_id, url, types, account_id, secrets, disabled, revision, created_at_us, missed_at_us';
const DELIVERY_COLUMNS =
  'delivery_id, event_id, body, state, attempts, answer, created_at_us, tried_at_us, next_at_us';

/** Webhooks and their deliveries. Every method is one statement and its own transaction. */
export class WebhookStore {
  /** @param keepsFeed whether the feed tells of a webhook that is disabled */
  constructor(
    private readonly database: DirectoryDatabase,
    private readonly keepsFeed: boolean,
  ) {}

  /** The deliveries of a webhook in their order. */
  get #listed(): string {
    return this.database.dialect === 'mysql'
      ? 'webhook_delivery FORCE INDEX (webhook_delivery_list)'
      : 'webhook_delivery INDEXED BY webhook_delivery_list';
  }

  /** All of them, which are few. */
  async list(limit: number): Promise<WebhookRecord[]> {
    const rows = await this.database.read(
      `SELECT ${COLUMNS}, ${this.database.now} FROM webhook WHERE webhook_id > '' ORDER BY webhook_id LIMIT ?`,
      [limit],
    );
    return rows.map(toWebhook);
  }

  async find(webhookId: string): Promise<WebhookRecord | undefined> {
    const [row] = await this.database.read(
      `SELECT ${COLUMNS}, ${this.database.now} FROM webhook WHERE webhook_id = ?`,
      [webhookId],
    );
    return row && toWebhook(row);
  }

  async insert({ webhookId, url, types, accountId, secrets }: NewWebhook): Promise<void> {
    await this.database.write(
      `INSERT INTO webhook (webhook_id, url, types, account_id, secrets, created_at_us) VALUES (?, ?, ?, ?, ?, ${this.database.now})`,
      [webhookId, url, types && types.join(','), accountId, JSON.stringify(secrets)],
    );
  }

  /** @returns false when it has changed since it was read, or is gone */
  async change(webhookId: string, revision: number, change: WebhookChange): Promise<boolean> {
    const { url, types, accountId, secrets, disabled } = change;
    const sets: (readonly [string, Parameter])[] = [];
    if (typeof disabled === 'string' && this.keepsFeed) sets.push([toldDisabling(this.database), disabled]);
    if (url !== undefined) sets.push(['url = ?', url]);
    if (types !== undefined) sets.push(['types = ?', types && types.join(',')]);
    if (accountId !== undefined) sets.push(['account_id = ?', accountId]);
    if (secrets !== undefined) sets.push(['secrets = ?', JSON.stringify(secrets)]);
    if (disabled !== undefined) sets.push(['disabled = ?', disabled]);
    const matched = await this.database.write(
      `UPDATE webhook SET ${sets.map(([set]) => `${set}, `).join('')} revision = revision + 1
       WHERE webhook_id = ? AND revision = ?`,
      [...sets.map(([, value]) => value), webhookId, revision],
    );
    return matched > 0;
  }

  /** Events were deleted before they were sent. */
  async noteGap(webhookId: string): Promise<void> {
    await this.database.write(`UPDATE webhook SET missed_at_us = ${this.database.now} WHERE webhook_id = ?`, [
      webhookId,
    ]);
  }

  /** Its deliveries are left to `forget`. @returns false when there is none */
  async remove(webhookId: string): Promise<boolean> {
    const matched = await this.database.write('DELETE FROM webhook WHERE webhook_id = ?', [webhookId]);
    return matched > 0;
  }

  /** Of some events those that have been recorded: they are delivered, or are tried again by themselves. */
  async recorded(webhookId: string, eventIds: readonly string[]): Promise<Set<string>> {
    if (eventIds.length === 0) return new Set();
    const rows = await this.database.read(
      `SELECT event_id FROM webhook_delivery WHERE webhook_id = ? AND event_id IN (${eventIds.map(() => '?').join(', ')})`,
      [webhookId, ...eventIds],
    );
    return new Set(rows.map(([eventId]) => text(eventId)));
  }

  /**
   * What first attempts came to. Where two instances have sent the same event, it is delivered if one of them has delivered it.
   */
  async record(webhookId: string, deliveries: readonly NewDelivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const { now } = this.database;
    await this.database.write(
      `INSERT INTO webhook_delivery (webhook_id, event_id, body, state, attempts, answer, created_at_us, tried_at_us, next_at_us)
       VALUES ${deliveries.map(() => `(?, ?, ?, ?, ?, ?, ${now}, ${now}, ${now} + ?)`).join(', ')} ${this.#supersede}`,
      deliveries.flatMap(({ eventId, body, state, attempts, answer, againMs }) => [
        ...[webhookId, eventId, body, state, attempts, answer.slice(0, 255)],
        againMs === null ? null : Math.round(againMs * 1_000),
      ]),
    );
  }

  /** MySQL assigns from left to right, so `state`, which decides, comes last. */
  get #supersede(): string {
    const changed = ['answer', 'tried_at_us', 'next_at_us', 'state'];
    if (this.database.dialect !== 'mysql')
      return `ON CONFLICT (webhook_id, event_id) DO UPDATE SET ${changed.map((column) => `${column} = excluded.${column}`).join(', ')}
        WHERE excluded.state = 'delivered' AND webhook_delivery.state <> 'delivered'`;
    const isNews = `VALUES(state) = 'delivered' AND state <> 'delivered'`;
    return `ON DUPLICATE KEY UPDATE ${changed.map((column) => `${column} = IF(${isNews}, VALUES(${column}), ${column})`).join(', ')}`;
  }

  /** What another attempt came to; nothing where the delivery has changed since it was read. */
  async retried(
    { deliveryId, attempts, nextAtUs }: Pick<DeliveryRecord, 'deliveryId' | 'attempts' | 'nextAtUs'>,
    came: Pick<NewDelivery, 'state' | 'answer' | 'againMs'>,
  ): Promise<void> {
    const { now } = this.database;
    await this.database.write(
      `UPDATE webhook_delivery SET state = ?, attempts = ?, answer = ?, tried_at_us = ${now}, next_at_us = ${now} + ?
       WHERE delivery_id = ? AND attempts = ? AND next_at_us = ?`,
      [
        ...[came.state, attempts + 1, came.answer.slice(0, 255)],
        came.againMs === null ? null : Math.round(came.againMs * 1_000),
        ...[deliveryId, attempts, nextAtUs],
      ],
    );
  }

  /** Sends a delivery again from its beginning. @returns false when there is none */
  async redeliver(webhookId: string, deliveryId: number): Promise<boolean> {
    const { now } = this.database;
    const matched = await this.database.write(
      `UPDATE webhook_delivery SET state = 'pending', attempts = 0, created_at_us = ${now}, next_at_us = ${now}
       WHERE delivery_id = ? AND webhook_id = ?`,
      [deliveryId, webhookId],
    );
    return matched > 0;
  }

  /** Begins anew with everything that waits to be tried again: all of it is due, however often and long it was tried before. */
  async resume(webhookId: string): Promise<void> {
    const { now } = this.database;
    await this.database.write(
      `UPDATE webhook_delivery SET attempts = 0, created_at_us = ${now}, next_at_us = ${now}
       WHERE webhook_id = ? AND next_at_us > 0`,
      [webhookId],
    );
  }

  /** When the receiver last took an event, among the deliveries that are kept; 0 if it took none of them. */
  async lastTakenUs(webhookId: string): Promise<number> {
    const [row] = await this.database.read(
      `SELECT MAX(tried_at_us) FROM ${this.#listed} WHERE webhook_id = ? AND state = 'delivered'`,
      [webhookId],
    );
    return integer(row?.[0] ?? 0);
  }

  /** The newest first. */
  async deliveries(webhookId: string, before: number, limit: number): Promise<DeliveryRecord[]> {
    const rows = await this.database.read(
      `SELECT ${DELIVERY_COLUMNS} FROM ${this.#listed} WHERE webhook_id = ? AND delivery_id < ?
       ORDER BY delivery_id DESC LIMIT ?`,
      [webhookId, before, limit],
    );
    return rows.map(toDelivery);
  }

  /** Deliveries to be sent now. */
  async due(webhookId: string, limit: number): Promise<DeliveryRecord[]> {
    const rows = await this.database.read(
      `SELECT ${DELIVERY_COLUMNS} FROM webhook_delivery WHERE webhook_id = ? AND next_at_us <= ${this.database.statementNow}
       ORDER BY next_at_us LIMIT ?`,
      [webhookId, limit],
    );
    return rows.map(toDelivery);
  }

  /** How many are to be tried again, up to a bound. */
  async countPending(webhookId: string, bound: number): Promise<number> {
    const rows = await this.database.read(
      'SELECT delivery_id FROM webhook_delivery WHERE webhook_id = ? AND next_at_us > 0 LIMIT ?',
      [webhookId, bound],
    );
    return rows.length;
  }

  /** Forgets all but the newest that are not to be sent any more. @returns whether there may be more */
  async trim(webhookId: string, kept: number, atOnce: number): Promise<boolean> {
    const [end] = await this.database.read(
      // `state` as well: for the id alone, MySQL goes through the whole index.
      `SELECT delivery_id, state FROM ${this.#listed} WHERE webhook_id = ? AND delivery_id < ?
       ORDER BY delivery_id DESC LIMIT 1 OFFSET ?`,
      [webhookId, Number.MAX_SAFE_INTEGER, kept],
    );
    if (!end) return false;
    const old = await this.database.read(
      `SELECT delivery_id FROM ${this.#listed} WHERE webhook_id = ? AND delivery_id <= ? AND next_at_us IS NULL
       ORDER BY delivery_id LIMIT ?`,
      [webhookId, integer(end[0]), atOnce],
    );
    await this.#delete(old, 'AND next_at_us IS NULL');
    return old.length === atOnce;
  }

  /** Forgets deliveries of a webhook that is deleted. @returns whether there may be more */
  async forget(webhookId: string, atOnce: number): Promise<boolean> {
    const some = await this.database.read(
      `SELECT delivery_id FROM ${this.#listed} WHERE webhook_id = ? ORDER BY delivery_id LIMIT ?`,
      [webhookId, atOnce],
    );
    await this.#delete(some, '');
    return some.length === atOnce;
  }

  /** Which webhook, behind an id, has deliveries: a step through those that have any. */
  async nextWithDeliveries(after: string): Promise<string | undefined> {
    const [row] = await this.database.read(
      `SELECT webhook_id FROM ${this.#listed} WHERE webhook_id > ? ORDER BY webhook_id LIMIT 1`,
      [after],
    );
    return row && text(row[0]);
  }

  async #delete(rows: readonly (readonly Cell[])[], and: string): Promise<void> {
    if (rows.length === 0) return;
    await this.database.write(
      `DELETE FROM webhook_delivery WHERE delivery_id IN (${rows.map(() => '?').join(', ')}) ${and}`,
      rows.map(([deliveryId]) => integer(deliveryId)),
    );
  }
}

function toWebhook([
  webhookId,
  url,
  types,
  accountId,
  secrets,
  disabled,
  revision,
  createdAtUs,
  missedAtUs,
  now,
]: readonly Cell[]) {
  return {
    webhookId: text(webhookId),
    url: text(url),
    types: textOrNull(types ?? null)?.split(',') ?? null,
    accountId: textOrNull(accountId ?? null),
    secrets: JSON.parse(text(secrets)) as WebhookSecret[],
    disabled: textOrNull(disabled ?? null),
    revision: integer(revision),
    createdAtUs: integer(createdAtUs),
    missedAtUs: missedAtUs === null ? null : integer(missedAtUs),
    readAtUs: integer(now),
  };
}

function toDelivery(row: readonly Cell[]): DeliveryRecord {
  const next = row[8];
  return {
    deliveryId: integer(row[0]),
    eventId: text(row[1]),
    body: text(row[2]),
    state: text(row[3]) as DeliveryState,
    attempts: integer(row[4]),
    answer: text(row[5]),
    createdAtUs: integer(row[6]),
    triedAtUs: integer(row[7]),
    nextAtUs: next === null || next === undefined ? null : integer(next),
  };
}
