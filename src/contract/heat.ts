import type { AutoSplit } from '../shards/directory/auto-split';
import { account, accountPath } from './accounts';
import { answer, type BodyOf, type Call, pageOf, queryOf } from './call';
import { PAGE_LENGTH_DEFAULT } from './cursors';
import * as fields from './fields';
import { Problem } from './problem';
import { timeView } from './times';

const layout = {
  type: 'object',
  required: ['subAccounts', 'shards'],
  properties: {
    subAccounts: { type: 'integer' },
    shards: { type: 'array', items: { type: 'string' } },
  },
} as const;

export const hotAccount = {
  $id: 'HotAccount',
  type: 'object',
  required: ['accountId', 'perSecond', 'refusedPerSecond', 'busy', 'subAccounts', 'shards', 'autoSplit'],
  properties: {
    accountId: { type: 'string' },
    perSecond: {
      type: 'number',
      description: 'Commands carried out in a second of the last few, over all instances.',
    },
    refusedPerSecond: {
      type: 'number',
      description: 'Requests refused for want of money, or of room in a queue.',
    },
    busy: {
      type: 'number',
      description: 'How many lanes it kept busy: 1 is one lane of one instance, all the time.',
    },
    subAccounts: { type: 'integer' },
    shards: { type: 'array', items: { type: 'string' } },
    hotSince: { ...fields.timeOut, description: 'Absent while it is not hot.' },
    autoSplit: fields.autoSplitOut,
    lastDecision: {
      type: 'object',
      description: 'What was last decided about its size by itself.',
      required: ['kind', 'at', 'reason', 'before', 'after'],
      properties: {
        kind: { type: 'string', enum: ['split', 'merge'] },
        at: fields.timeOut,
        reason: { type: 'string' },
        before: layout,
        after: layout,
      },
    },
    now: {
      type: 'object',
      description: 'What would be decided now, and why.',
      required: ['kind', 'reason'],
      properties: {
        kind: { type: 'string', enum: ['keep', 'split', 'merge'] },
        reason: { type: 'string' },
      },
    },
  },
} as const;

/** How much an account was used when it was found to be hot, or no more. */
export const accountHeat = {
  $id: 'AccountHeat',
  type: 'object',
  required: ['accountId', 'perSecond', 'hotSince', 'subAccounts'],
  properties: {
    accountId: { type: 'string' },
    perSecond: { type: 'integer', description: 'Commands in a second of the last few, over all instances.' },
    hotSince: fields.timeOut,
    subAccounts: { type: 'integer' },
  },
} as const;

interface Layout {
  readonly subAccounts: number;
  readonly shards: readonly string[];
}

/** An account that is used much, and what follows from it. */
export interface HotAccount extends Layout {
  readonly accountId: string;
  readonly perSecond: number;
  readonly refusedPerSecond: number;
  readonly busy: number;
  readonly hotSinceUs: number | null;
  readonly autoSplit: AutoSplit;
  readonly decision: {
    readonly kind: 'split' | 'merge';
    readonly atUs: number;
    readonly reason: string;
    readonly from: Layout;
    readonly to: Layout;
  } | null;
  readonly now: { readonly kind: 'keep' | 'split' | 'merge'; readonly reason: string };
}

export function hotAccountView({ hotSinceUs, decision, now, ...rest }: HotAccount) {
  return {
    ...rest,
    ...(hotSinceUs !== null && { hotSince: timeView(hotSinceUs) }),
    ...(decision && {
      lastDecision: {
        kind: decision.kind,
        at: timeView(decision.atUs),
        reason: decision.reason,
        before: decision.from,
        after: decision.to,
      },
    }),
    now: { kind: now.kind, reason: now.reason },
  };
}

export const listHotAccounts = {
  name: 'listHotAccounts',
  summary: 'List the accounts that are used most',
  description:
    'Over all instances, the busiest first, and those that are hot or were split by themselves. What was counted fades: ' +
    'after two seconds it weighs half.',
  group: 'admin',
  scope: 'admin',
  rows: PAGE_LENGTH_DEFAULT,
  query: queryOf({ limit: fields.limit }),
  answers: { 200: pageOf(hotAccount, 'The accounts.') },
} as const satisfies Call;

export const setAutoSplit = {
  name: 'setAutoSplit',
  summary: 'Let an account be split by itself, or fix its size',
  description:
    'While it is enabled, an account that is hot and gains by it is split, up to `max`, and made as it was, but for `min`, when it ' +
    'has cooled. A resize by hand fixes the size until this is asked for again.',
  group: 'admin',
  scope: 'admin',
  path: accountPath,
  headers: { type: 'object', properties: { 'if-match': fields.ifMatch } },
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['enabled'],
    properties: {
      enabled: { type: 'boolean' },
      min: { ...fields.subAccounts, description: 'It is not made smaller by itself.' },
      max: {
        ...fields.subAccounts,
        description: 'It is not made larger by itself; HOTSPLIT_AUTO_SPLIT_MAX by default.',
      },
    },
  },
  answers: { 200: answer(account, 'The account, with its `ETag`.') },
} as const satisfies Call;

/** @throws Problem INVALID_ARGUMENT for a `min` above `max` */
export function autoSplitOf({ enabled, min, max }: BodyOf<typeof setAutoSplit>): AutoSplit {
  if (min !== undefined && max !== undefined && min > max)
    throw new Problem('INVALID_ARGUMENT', {
      errors: [{ field: 'max', rule: fields.FIELD_RULES['max'] ?? '' }],
    });
  return { enabled, ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}
