import { Injectable } from '@nestjs/common';
import { decodeCountCursor, encodeCursor, pageLength } from '../../contract/cursors';
import {
  createWebhook,
  deleteWebhook,
  deliveryView,
  listWebhookDeliveries,
  listWebhooks,
  redeliverWebhook,
  rotateWebhookSecret,
  updateWebhook,
} from '../../contract/webhooks';
import type { DeliveryRecord, WebhookRecord } from '../../shards/directory/webhook-store';
import { WebhookService } from '../../webhooks/webhook.service';
import { checked, checkOf, type SaidIn } from './check';
import { changedFields } from './field-mask';
import type {
  CreateWebhookRequest,
  ListWebhookDeliveriesRequest,
  RedeliverWebhookRequest,
  UpdateWebhookRequest,
  WebhookRequest,
} from './messages';
import { own, present } from './read-requests';
import { serves } from './serves';
import { timestampOf } from './timestamp';
import type { UnaryMethod } from './unary';
import { enumValue } from './views';
import { enumOf } from './wire';

const isNew = checkOf<SaidIn<typeof createWebhook>>(createWebhook);
const isChange = checkOf<SaidIn<typeof updateWebhook>>(updateWebhook);
const isWebhook = checkOf<SaidIn<typeof deleteWebhook>>(deleteWebhook);
const isPage = checkOf<SaidIn<typeof listWebhookDeliveries>>(listWebhookDeliveries);
const isDelivery = checkOf<SaidIn<typeof redeliverWebhook>>(redeliverWebhook);

const STATUSES = enumOf('hotsplit.v1.DeliveryStatus');

/** Receivers of events. A webhook's secret is shown once, in the answer that makes it. */
@Injectable()
export class WebhookMethods {
  constructor(private readonly webhooks: WebhookService) {}

  methods(): UnaryMethod[] {
    return [
      this.#create(),
      this.#list(),
      this.#update(),
      this.#delete(),
      this.#rotate(),
      this.#deliveries(),
      this.#redeliver(),
    ];
  }

  #create(): UnaryMethod {
    const answer = async (message: CreateWebhookRequest): Promise<object> => {
      const body = checked(isNew, {
        ...present('url', message.url),
        ...(message.types.length > 0 && { types: message.types }),
        ...own(message, 'accountId'),
      });
      const { webhook, secret } = await this.webhooks.create(body);
      return { webhook: webhookMessage(webhook), secret };
    };
    return serves(createWebhook, answer);
  }

  #list(): UnaryMethod {
    const answer = async (): Promise<object> => ({
      items: (await this.webhooks.list()).map(webhookMessage),
    });
    return serves(listWebhooks, answer);
  }

  #update(): UnaryMethod {
    const answer = async (message: UpdateWebhookRequest): Promise<object> => {
      const named = changedIn(message);
      const { webhookId, ...change } = checked(isChange, {
        ...present('webhookId', message.webhookId),
        ...(named.has('url') && own(message, 'url')),
        ...(named.has('types') && { types: message.types.length > 0 ? message.types : null }),
        ...(named.has('account_id') && { accountId: null, ...own(message, 'accountId') }),
        ...(named.has('enabled') && own(message, 'enabled')),
      });
      return { webhook: webhookMessage(await this.webhooks.change(webhookId, change)) };
    };
    return serves(updateWebhook, answer);
  }

  #delete(): UnaryMethod {
    const answer = async (message: WebhookRequest): Promise<object> => {
      await this.webhooks.delete(webhookIdOf(message));
      return {};
    };
    return serves(deleteWebhook, answer);
  }

  #rotate(): UnaryMethod {
    const answer = async (message: WebhookRequest): Promise<object> => {
      const { webhook, secret } = await this.webhooks.rotate(webhookIdOf(message));
      return { webhook: webhookMessage(webhook), secret };
    };
    return serves(rotateWebhookSecret, answer);
  }

  #deliveries(): UnaryMethod {
    const answer = async (message: ListWebhookDeliveriesRequest): Promise<object> => {
      const { webhookId, cursor, limit } = checked(isPage, {
        ...present('webhookId', message.webhookId),
        ...own(message, 'cursor'),
        ...(Object.hasOwn(message, 'limit') && { limit: String(message.limit) }),
      });
      const page = { before: decodeCountCursor(cursor), limit: pageLength(limit) };
      const { items, next } = await this.webhooks.deliveries(webhookId, page);
      return {
        items: items.map(deliveryMessage),
        nextCursor: next === undefined ? next : encodeCursor(next),
      };
    };
    return serves(listWebhookDeliveries, answer);
  }

  #redeliver(): UnaryMethod {
    const answer = async (message: RedeliverWebhookRequest): Promise<object> => {
      const { webhookId, deliveryId } = checked(isDelivery, {
        ...present('webhookId', message.webhookId),
        ...present('deliveryId', message.deliveryId),
      });
      await this.webhooks.redeliver(webhookId, Number(deliveryId));
      return {};
    };
    return serves(redeliverWebhook, answer);
  }
}

function webhookIdOf(message: WebhookRequest): string {
  return checked(isWebhook, present('webhookId', message.webhookId)).webhookId;
}

function changedIn(message: UpdateWebhookRequest) {
  return changedFields(message.updateMask, {
    url: Object.hasOwn(message, 'url'),
    types: message.types.length > 0,
    account_id: Object.hasOwn(message, 'accountId'),
    enabled: Object.hasOwn(message, 'enabled'),
  });
}

function webhookMessage(record: WebhookRecord) {
  return {
    webhookId: record.webhookId,
    url: record.url,
    types: record.types ?? [],
    accountId: record.accountId ?? undefined,
    enabled: record.disabled === null,
    disabledBecause: record.disabled ?? undefined,
    missedAt: record.missedAtUs === null ? undefined : timestampOf(record.missedAtUs),
    createdAt: timestampOf(record.createdAtUs),
  };
}

function deliveryMessage(record: DeliveryRecord) {
  const { deliveryId, eventId, attempts, answer } = deliveryView(record);
  const { createdAtUs, triedAtUs, nextAtUs } = record;
  return {
    deliveryId,
    eventId,
    status: enumValue(STATUSES, 'DELIVERY_STATUS', record.state),
    attempts,
    answer,
    createdAt: timestampOf(createdAtUs),
    triedAt: timestampOf(triedAtUs),
    nextAt: nextAtUs === null ? undefined : timestampOf(nextAtUs),
  };
}
