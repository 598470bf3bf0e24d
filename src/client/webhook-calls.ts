import { deletion, itemsCall } from './admin-calls';
import { type Page, readCreatedWebhook, readWebhook, whenShaped } from './read-shapes';
import { checkedRequestId } from './requests';
import type { CreatedWebhook, NewWebhook, OneDelivery, Webhook, WebhookChange } from './shapes';
import type { CallRequest } from './single-call';

const WEBHOOKS = '/v1/admin/webhooks';

/** @throws InvalidArgumentError */
export function webhookPath(webhookId: string): string {
  return `${WEBHOOKS}/${encodeURIComponent(checkedRequestId(webhookId, 'webhookId'))}`;
}

export function webhooksCall(): CallRequest<Page<Webhook>> {
  return itemsCall(WEBHOOKS, readWebhook);
}

export function createWebhookCall({ url, types, accountId }: NewWebhook): CallRequest<CreatedWebhook> {
  return {
    method: 'POST',
    path: WEBHOOKS,
    body: JSON.stringify({ url, types, accountId }),
    effect: 'each',
    read: (body) => whenShaped(() => readCreatedWebhook(body)),
  };
}

/** @throws InvalidArgumentError */
export function updateWebhookCall(change: WebhookChange): CallRequest<Webhook> {
  const { webhookId, url, types, accountId, enabled } = change;
  return {
    method: 'PATCH',
    path: webhookPath(webhookId),
    body: JSON.stringify({ url, types, accountId, enabled }),
    effect: 'once',
    read: (body) => {
      const webhook = whenShaped(() => readWebhook(body));
      return webhook?.webhookId === webhookId ? webhook : undefined;
    },
  };
}

/** @throws InvalidArgumentError */
export function deleteWebhookCall(webhookId: string): CallRequest<true> {
  return deletion(webhookPath(webhookId));
}

/** Each time it is another secret. @throws InvalidArgumentError */
export function rotateSecretCall(webhookId: string): CallRequest<CreatedWebhook> {
  return {
    method: 'POST',
    path: `${webhookPath(webhookId)}/rotate-secret`,
    effect: 'each',
    read: (body) => {
      const webhook = whenShaped(() => readCreatedWebhook(body));
      return webhook?.webhookId === webhookId ? webhook : undefined;
    },
  };
}

/** @throws InvalidArgumentError */
export function redeliverCall({ webhookId, deliveryId }: OneDelivery): CallRequest<true> {
  return {
    method: 'POST',
    path: `${webhookPath(webhookId)}/deliveries/${encodeURIComponent(checkedRequestId(deliveryId, 'deliveryId'))}/redeliver`,
    effect: 'once',
    read: (_body, { status }) => (status === 202 ? true : undefined),
  };
}
