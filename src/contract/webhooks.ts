import type { DeliveryRecord, WebhookRecord } from '../shards/directory/webhook-store';
import { answer, type Call, pageOf, queryOf } from './call';
import { PAGE_LENGTH_DEFAULT } from './cursors';
import { EVENT_TYPES } from './events';
import * as fields from './fields';
import { timeView } from './times';

export const webhook = {
  $id: 'Webhook',
  type: 'object',
  required: ['webhookId', 'url', 'enabled', 'createdAt'],
  properties: {
    webhookId: { type: 'string' },
    url: { type: 'string' },
    types: { type: 'array', items: { type: 'string' }, description: 'All, where it is absent.' },
    accountId: { type: 'string', description: 'All accounts, where it is absent.' },
    enabled: { type: 'boolean' },
    disabledBecause: { type: 'string' },
    missedAt: {
      ...fields.timeOut,
      description: 'When it last passed over events that were deleted, being too old, before they were sent.',
    },
    createdAt: fields.timeOut,
  },
} as const;

export const createdWebhook = {
  $id: 'CreatedWebhook',
  type: 'object',
  required: [...webhook.required, 'secret'],
  properties: {
    ...webhook.properties,
    secret: { type: 'string', description: 'Signs what is sent. Shown this once.' },
  },
} as const;

export const webhookDelivery = {
  $id: 'WebhookDelivery',
  type: 'object',
  required: ['deliveryId', 'eventId', 'status', 'attempts', 'answer', 'createdAt', 'triedAt'],
  properties: {
    deliveryId: { type: 'string' },
    eventId: { type: 'string' },
    status: { type: 'string', enum: ['delivered', 'pending', 'failed'] },
    attempts: { type: 'integer' },
    answer: { type: 'string', description: 'What the last attempt came to.' },
    createdAt: fields.timeOut,
    triedAt: fields.timeOut,
    nextAt: fields.timeOut,
  },
} as const;

export function webhookView(record: WebhookRecord) {
  return {
    webhookId: record.webhookId,
    url: record.url,
    ...(record.types && { types: record.types }),
    ...(record.accountId !== null && { accountId: record.accountId }),
    enabled: record.disabled === null,
    ...(record.disabled !== null && { disabledBecause: record.disabled }),
    ...(record.missedAtUs !== null && { missedAt: timeView(record.missedAtUs) }),
    createdAt: timeView(record.createdAtUs),
  };
}

export function deliveryView(record: DeliveryRecord) {
  return {
    deliveryId: String(record.deliveryId),
    eventId: record.eventId,
    status: record.state,
    attempts: record.attempts,
    answer: record.answer,
    createdAt: timeView(record.createdAtUs),
    triedAt: timeView(record.triedAtUs),
    ...(record.nextAtUs !== null && { nextAt: timeView(record.nextAtUs) }),
  };
}

const url = {
  type: 'string',
  minLength: 1,
  maxLength: 2_048,
  examples: ['https://example.com/hooks'],
} as const;
const types = {
  type: 'array',
  minItems: 1,
  uniqueItems: true,
  maxItems: 32,
  items: { type: 'string', enum: EVENT_TYPES },
} as const;
const webhookId = { type: 'string', pattern: '^[A-Za-z0-9_]{1,32}$' } as const;
const webhookPath = { type: 'object', required: ['webhookId'], properties: { webhookId } } as const;

export const createWebhook = {
  name: 'createWebhook',
  summary: 'Have events sent to a receiver',
  description:
    'What is published from now on. Signed as Standard Webhooks has it; the secret is shown in this answer only.',
  group: 'admin',
  scope: 'admin',
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['url'],
    properties: { url, types, accountId: fields.accountId },
  },
  answers: { 201: answer(createdWebhook, 'Created.') },
} as const satisfies Call;

export const listWebhooks = {
  name: 'listWebhooks',
  summary: 'List webhooks, without their secrets',
  group: 'admin',
  scope: 'admin',
  rows: PAGE_LENGTH_DEFAULT,
  answers: { 200: pageOf(webhook, 'All of them.') },
} as const satisfies Call;

export const updateWebhook = {
  name: 'updateWebhook',
  summary: 'Change a webhook',
  description:
    'What is left out stays as it is; `null` takes a filter away. One that was disabled goes on where it stopped.',
  group: 'admin',
  scope: 'admin',
  path: webhookPath,
  body: {
    type: 'object',
    additionalProperties: false,
    properties: {
      url,
      types: { ...types, type: ['array', 'null'] },
      accountId: { ...fields.accountId, type: ['string', 'null'] },
      enabled: { type: 'boolean' },
    },
  },
  answers: { 200: answer(webhook, 'The webhook as it is now.') },
} as const satisfies Call;

export const deleteWebhook = {
  name: 'deleteWebhook',
  summary: 'Delete a webhook and its deliveries',
  group: 'admin',
  scope: 'admin',
  path: webhookPath,
  answers: { 204: { description: 'Deleted.', type: 'null' } },
} as const satisfies Call;

export const rotateWebhookSecret = {
  name: 'rotateWebhookSecret',
  summary: 'Give a webhook a new secret',
  description: 'For 24 hours the one before signs as well. The new one is shown in this answer only.',
  group: 'admin',
  scope: 'admin',
  path: webhookPath,
  body: fields.noBody,
  answers: { 200: answer(createdWebhook, 'The webhook with its new secret.') },
} as const satisfies Call;

export const listWebhookDeliveries = {
  name: 'listWebhookDeliveries',
  summary: 'List what was sent to a webhook, newest first',
  description: 'The newest thousand, and whatever is to be tried again.',
  group: 'admin',
  scope: 'admin',
  rows: PAGE_LENGTH_DEFAULT,
  path: webhookPath,
  query: queryOf({ cursor: fields.cursor, limit: fields.limit }),
  answers: { 200: pageOf(webhookDelivery, 'A page of deliveries.') },
} as const satisfies Call;

export const redeliverWebhook = {
  name: 'redeliverWebhook',
  summary: 'Send a delivery again',
  group: 'admin',
  scope: 'admin',
  path: {
    type: 'object',
    required: ['webhookId', 'deliveryId'],
    properties: { webhookId, deliveryId: { type: 'string', pattern: '^[1-9][0-9]{0,14}$' } },
  },
  body: fields.noBody,
  answers: {
    202: { description: 'It is sent soon; by a webhook that is disabled, once it is enabled.', type: 'null' },
  },
} as const satisfies Call;
