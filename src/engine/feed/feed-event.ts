import { createHash } from 'node:crypto';
import type { Entry } from '../../ledger/entry';
import type { FeedRejection } from '../../ledger/feed-change';
import type { Hold } from '../../ledger/hold';
import type { AccountEvent, AccountEventType, WebhookEvent } from '../../shards/directory/told-change';

export type FeedEventType =
  'entry.created' | 'deduction.rejected' | 'hold.expired' | AccountEventType | WebhookEvent['type'];

/** One thing that happened. */
export type FeedEvent =
  | { readonly kind: 'entry'; readonly shard: string; readonly entry: Entry }
  | { readonly kind: 'hold'; readonly shard: string; readonly hold: Hold }
  | { readonly kind: 'rejection'; readonly shard: string; readonly rejection: FeedRejection }
  | { readonly kind: 'account'; readonly event: AccountEvent }
  | { readonly kind: 'webhook'; readonly event: WebhookEvent };

/** What is the same of every kind of event. */
export interface EventFrame {
  readonly type: FeedEventType;
  /** Empty of what concerns no account. */
  readonly accountId: string;
  /** What it happened to: the account, or the webhook. */
  readonly subject: string;
  readonly atUs: number;
  /** Events with the same one come in the order in which they happened. */
  readonly orderKey: string;
  /** Rises within `orderKey`. */
  readonly sequence: number;
  /** Of events whose numbers may come again, when what they count by is forgotten. */
  readonly again?: number;
}

export function frameOf(event: FeedEvent): EventFrame {
  switch (event.kind) {
    case 'entry': {
      const { accountId, subAccount, version, createdAtUs } = event.entry;
      return frame('entry.created', accountId, `${event.shard}/${subAccount}`, version, createdAtUs);
    }
    case 'hold': {
      const { accountId, subAccount, settledVersion, version, expiresAtUs } = event.hold;
      const orderKey = `${event.shard}/${subAccount}`;
      return frame('hold.expired', accountId, orderKey, settledVersion ?? version, expiresAtUs);
    }
    case 'rejection': {
      // It leaves no version of the sub-account. Attempts under one key are counted, until the record of the last one is forgotten.
      const { accountId, requestId, attempt, receivedAtUs, sinceUs } = event.rejection;
      const orderKey = `${event.shard}/@${requestId}`;
      return { ...frame('deduction.rejected', accountId, orderKey, attempt, sinceUs), again: receivedAtUs };
    }
    case 'account': {
      const { type, number, atUs, account } = event.event;
      return frame(type, account.accountId, '', number, atUs);
    }
    case 'webhook': {
      const { type, number, atUs, webhook } = event.event;
      const { webhookId } = webhook;
      return { type, accountId: '', subject: webhookId, atUs, orderKey: `@${webhookId}`, sequence: number };
    }
  }
}

/**
 * The same each time that the event is told. What happened is named by what it changed and how often that had changed before:
 * each change of a sub-account's row makes a version, and an account's own events are numbered.
 */
export function idOf({ type, orderKey, sequence, again }: EventFrame): string {
  const name = `${type} ${orderKey} ${sequence}${again === undefined ? '' : ` ${again}`}`;
  const digest = createHash('sha256').update(name).digest();
  return `evt_${digest.subarray(0, 16).toString('base64url')}`;
}

function frame(
  type: FeedEventType,
  accountId: string,
  row: string,
  sequence: number,
  atUs: number,
): EventFrame {
  return {
    type,
    accountId,
    subject: accountId,
    atUs,
    orderKey: row === '' ? accountId : `${accountId}/${row}`,
    sequence,
  };
}
