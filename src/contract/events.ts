import { encodeFeedCursor, decodeFeedCursor } from '../engine/feed/feed-cursor';
import { type FeedEvent, type FeedEventType, frameOf, idOf } from '../engine/feed/feed-event';
import type { FeedStart } from '../engine/feed/feed-reader';
import { readAutoSplit } from '../shards/directory/auto-split';
import { NO_CREDIT } from '../shards/directory/credit-line';
import type { AccountEvent, BalanceFound, HeatFound } from '../shards/directory/told-change';
import { account, creditView } from './accounts';
import { type Call, queryOf } from './call';
import { PAGE_LENGTH_DEFAULT } from './cursors';
import { entry, entryView } from './entries';
import * as fields from './fields';
import { deduction, recordView } from './received';
import { accountHeat } from './heat';
import { hold, holdView } from './holds';
import { Problem } from './problem';
import { timeView } from './times';

/** A balance as it was when it was found to have crossed a bound. */
export const balanceCrossing = {
  $id: 'BalanceCrossing',
  type: 'object',
  required: ['accountId', 'asset', 'available'],
  properties: {
    accountId: { type: 'string' },
    asset: { type: 'string' },
    available: {
      ...fields.amountOut,
      description:
        'What the account could spend at one instant, its credit line included, after the event before this one.',
    },
    lowBalance: fields.amountOut,
    refused: { ...fields.amountOut, description: 'Of `exhausted`: a request for so much was refused.' },
  },
} as const;

/** A webhook that is sent nothing any more. */
export const webhookDisabled = {
  $id: 'WebhookDisabled',
  type: 'object',
  required: ['webhookId', 'because'],
  properties: {
    webhookId: { type: 'string' },
    because: { type: 'string', examples: ['it answered 410 Gone'] },
  },
} as const;

/** What happens, by the type of its event: when it is told, and the resource that its `data` is. */
export const EVENTS = {
  'hotsplit.entry.created': {
    data: entry,
    when: 'A deduction, credit, reversal of one of them, capture of a hold, or one side of a transfer took effect.',
    order: 'account/shard/sub-account',
  },
  'hotsplit.deduction.rejected': {
    data: deduction,
    when: 'A deduction that was received to be charged later is rejected, for good. Refusals of requests that wait for their outcome are not remembered, and not told of.',
    order: 'account/shard/@request',
  },
  'hotsplit.hold.expired': {
    data: hold,
    when: 'The time of a hold was over, and its money is available again.',
    order: 'account/shard/sub-account',
  },
  'hotsplit.account.created': {
    data: account,
    when: 'An account was created, and its opening balance stands.',
    order: 'account',
  },
  'hotsplit.account.changed': {
    data: account,
    when: 'The status, strategy, size, placement, `lowBalance`, `metadata` or credit limit of an account changed, or how far that limit has got.',
    order: 'account',
  },
  'hotsplit.account.hot': {
    data: accountHeat,
    when: 'An account has had more commands than HOTSPLIT_HOT_PER_SECOND for some seconds, over all instances.',
    order: 'account',
  },
  'hotsplit.account.cooled': {
    data: accountHeat,
    when: 'An account that was hot has had less than half of that for a minute (HOTSPLIT_HOT_COOLED_SECONDS).',
    order: 'account',
  },
  'hotsplit.balance.low': {
    data: balanceCrossing,
    when: 'What can be spent, a credit line included, has fallen to `lowBalance` or below.',
    order: 'account',
  },
  'hotsplit.balance.exhausted': {
    data: balanceCrossing,
    when: 'A request was refused for want of money, or nothing is left.',
    order: 'account',
  },
  'hotsplit.balance.replenished': {
    data: balanceCrossing,
    when: 'What can be spent is above `lowBalance` again; without one, it is enough for what was refused.',
    order: 'account',
  },
  'hotsplit.webhook.disabled': {
    data: webhookDisabled,
    when: 'A webhook is sent nothing any more: its receiver answered 410, took nothing for three days, or somebody disabled it.',
    order: 'webhook',
  },
} as const satisfies Readonly<Record<`hotsplit.${FeedEventType}`, EventDescription>>;

interface EventDescription {
  readonly data: { readonly $id: string };
  readonly when: string;
  readonly order: 'account' | 'account/shard/sub-account' | 'account/shard/@request' | 'webhook';
}

export type EventType = keyof typeof EVENTS;

export const EVENT_TYPES = Object.keys(EVENTS) as EventType[];

/** The envelope: CloudEvents 1.0, in JSON. */
export const event = {
  $id: 'Event',
  type: 'object',
  required: [
    ...['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype'],
    ...['partitionkey', 'sequence', 'data'],
  ],
  properties: {
    specversion: { type: 'string', enum: ['1.0'] },
    id: {
      type: 'string',
      examples: ['evt_J7Yl2sVtD0yJ1kq8vQf3Zw'],
      description: 'The same each time that the event is delivered: drop what has an id that was seen.',
    },
    source: {
      type: 'string',
      examples: ['urn:hotsplit:0b6f3c1e-6d3f-4a53-9f0e-6a8f5d1c2b7a'],
      description: 'This installation.',
    },
    type: { type: 'string', enum: EVENT_TYPES },
    subject: {
      type: 'string',
      description: 'The account’s id; of what happened to a webhook, the webhook’s.',
    },
    time: { ...fields.timeOut, description: 'When it happened, by the clock of the database where it did.' },
    datacontenttype: { type: 'string', enum: ['application/json'] },
    partitionkey: {
      type: 'string',
      description: 'Events with the same key come in the order in which they happened.',
    },
    sequence: {
      type: 'string',
      examples: ['0000000000000042'],
      description: 'Rises among events with the same `partitionkey`; compare it as text.',
    },
    data: {
      type: 'object',
      additionalProperties: true,
      description:
        'What the type says: an `Entry`, a `Deduction`, a `Hold` or an `Account`, as the API shows it, a `BalanceCrossing`, an `AccountHeat` or a `WebhookDisabled`.',
    },
  },
} as const;

const SEQUENCE_LENGTH = 16;

/** @param source the name of this installation */
export function eventView(happened: FeedEvent, source: string) {
  const frame = frameOf(happened);
  const { type, subject, atUs, orderKey, sequence } = frame;
  return {
    specversion: '1.0',
    id: idOf(frame),
    source,
    type: `hotsplit.${type}` satisfies EventType,
    subject,
    time: timeView(atUs),
    datacontenttype: 'application/json',
    partitionkey: orderKey,
    sequence: String(sequence).padStart(SEQUENCE_LENGTH, '0'),
    data: dataView(happened),
  } as const;
}

/** What `source` says of an installation. */
export function sourceOf(clusterId: string): string {
  return `urn:hotsplit:${clusterId}`;
}

function dataView(happened: FeedEvent) {
  switch (happened.kind) {
    case 'entry':
      return entryView(happened);
    case 'hold':
      return holdView(happened);
    case 'rejection':
      return recordView({ ...happened.rejection, state: 'rejected' });
    case 'account':
      return accountDataView(happened.event);
    case 'webhook':
      return happened.event.webhook;
  }
}

function accountDataView(event: AccountEvent) {
  if (event.balance) return crossingView(event, event.balance);
  return event.heat ? heatView(event, event.heat) : accountEventView(event);
}

function heatView({ account: { accountId, subAccounts } }: AccountEvent, heat: HeatFound) {
  return { accountId, perSecond: heat.perSecond, hotSince: timeView(heat.hotSinceUs), subAccounts };
}

function crossingView({ account: { accountId, asset, lowBalance } }: AccountEvent, found: BalanceFound) {
  return {
    accountId,
    asset,
    available: found.available,
    ...(lowBalance !== null && { lowBalance }),
    ...(found.refused !== null && { refused: found.refused }),
  };
}

/** As `accountView` shows the account; what has happened to it since is not in it. */
function accountEventView({ account: it }: AccountEvent) {
  return {
    id: it.accountId,
    asset: it.asset,
    status: it.status,
    strategy: it.strategy,
    subAccounts: it.subAccounts,
    epoch: it.epoch,
    ...(it.lowBalance === null ? {} : { lowBalance: it.lowBalance }),
    ...(it.metadata == null ? {} : { metadata: JSON.parse(it.metadata) as Record<string, string> }),
    autoSplit: readAutoSplit(it.autoSplit ?? null),
    ...creditView({ credit: creditIn(it) }),
    createdAt: timeView(it.createdAtUs),
  };
}

function creditIn({ creditLimit, overLimit, creditUnsettled }: AccountEvent['account']) {
  return {
    ...NO_CREDIT,
    limitMinor: creditLimit == null ? null : BigInt(creditLimit),
    isOver: overLimit === 1,
    isUnsettled: creditUnsettled === 1,
  };
}

const STARTS = ['oldest', 'newest'] as const;

const TYPE_PATTERN = EVENT_TYPES.map((type) => type.replaceAll('.', '\\.')).join('|');

const feedQuery = {
  cursor: {
    type: 'string',
    minLength: 1,
    maxLength: 8_192,
    description:
      '`nextCursor` of the page before; `oldest` for all that is kept, `newest` for what happens from now on.',
  },
  types: {
    type: 'string',
    pattern: `^(${TYPE_PATTERN})(,(${TYPE_PATTERN})){0,31}$`,
    description: `Only these, with commas between: ${EVENT_TYPES.map((type) => `\`${type}\``).join(', ')}.`,
    examples: ['hotsplit.entry.created'],
  },
  accountId: { ...fields.accountId, description: 'Only those of this account.' },
} as const;

export const listEvents = {
  name: 'listEvents',
  summary: 'Read the feed of events, oldest first',
  description:
    'Without a cursor, from the oldest event that is kept. Every event is delivered at least once, those with the same ' +
    '`partitionkey` in order. A page may be empty and have more behind it: go on with its `nextCursor`. Of a key that is ' +
    'limited to some accounts, those.',
  group: 'events',
  scope: 'read',
  rows: PAGE_LENGTH_DEFAULT,
  limitsKept: 'by the handler',
  query: queryOf({ ...feedQuery, limit: fields.limit }),
  answers: {
    200: {
      description: 'A page of events.',
      type: 'object',
      required: ['items', 'nextCursor', 'hasMore'],
      properties: {
        items: { type: 'array', items: { $ref: `${event.$id}#` } },
        nextCursor: {
          type: 'string',
          description: 'How far this page goes. Good for as long as events are kept.',
        },
        hasMore: { type: 'boolean', description: 'There is more already; else ask again after a while.' },
        unavailable: {
          type: 'array',
          items: { type: 'string' },
          description:
            'Shards that could not be read (`.` is the directory): what happened there comes when they are back.',
        },
      },
    },
  },
} as const satisfies Call;

export const streamEvents = {
  name: 'streamEvents',
  summary: 'Follow the feed as server-sent events',
  description:
    'The same events, one message each, its `id` a cursor: a reader that reconnects with `Last-Event-ID` goes on behind it. ' +
    'Without either, what happens from now on. A comment comes every 15 seconds. A reader that does not take what it is sent ' +
    'is cut off.',
  group: 'events',
  scope: 'read',
  limitsKept: 'by the handler',
  query: queryOf(feedQuery),
  headers: {
    type: 'object',
    properties: { 'last-event-id': { type: 'string', maxLength: 8_192 } },
  },
  answers: {
    200: {
      description: 'Messages of the form `id: <cursor>`, `event: <type>`, `data: <Event>`.',
      content: { 'text/event-stream': { schema: { type: 'string' } } },
    },
  },
} as const satisfies Call;

/** What a caller wants to know of, as its query says it. */
export function typesOf(types: string | undefined): ReadonlySet<string> | undefined {
  return types === undefined ? undefined : new Set(types.split(','));
}

/** @throws Problem INVALID_ARGUMENT for anything this service did not hand out */
export function startOf(cursor: string): FeedStart {
  const start = STARTS.find((each) => each === cursor) ?? decodeFeedCursor(cursor);
  if (start) return start;
  throw new Problem('INVALID_ARGUMENT', {
    detail: 'The cursor is not one that this service handed out.',
    errors: [{ field: 'cursor', rule: 'the nextCursor of the page before, unchanged, or oldest or newest' }],
  });
}

export { encodeFeedCursor as cursorView };
