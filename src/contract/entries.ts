import { type Entry, LISTED_KINDS, type ListedKind } from '../ledger/entry';
import { requestNames } from '../ledger/identifiers';
import type { EntryFound } from '../engine/entry-search';
import type { ListedEntry } from '../engine/merged-entries';
import { accountPath } from './accounts';
import { answer, type Call, queryOf } from './call';
import { PAGE_LENGTH_DEFAULT } from './cursors';
import * as fields from './fields';
import { Problem } from './problem';
import { timeView } from './times';

export const entry = {
  $id: 'Entry',
  type: 'object',
  required: ['requestId', 'accountId', 'kind', 'status', 'amount', 'shard', 'subAccount', 'createdAt'],
  properties: {
    requestId: { type: 'string' },
    accountId: { type: 'string' },
    kind: { type: 'string', enum: LISTED_KINDS },
    status: { type: 'string', enum: ['succeeded'] },
    durability: {
      type: 'string',
      enum: ['committed', 'deferred'],
      description:
        'Of deductions. `committed`: on disk before it was answered. `deferred`: answered from memory by the strategy ' +
        '`leased`, and written within moments; lost if the instance dies before.',
    },
    amount: fields.amountOut,
    holdId: {
      type: 'string',
      description:
        'The hold that was captured; of a reversal, that whose capture with an id of its own was reversed.',
    },
    reverses: { type: 'string', description: 'The request id of what was reversed.' },
    counterparty: {
      type: 'string',
      description:
        'Of transfers: the other account, to which the money went or from which it came or came back.',
    },
    budgets: {
      type: 'array',
      items: { type: 'string' },
      description:
        'Of a deduction and its reversals: the budgets that it was charged to, those above the named ones included.',
    },
    reference: { type: 'string' },
    metadata: fields.strings,
    shard: { type: 'string' },
    subAccount: { type: 'integer' },
    createdAt: fields.timeOut,
  },
} as const;

/** An entry where it lies. */
export interface ShownEntry {
  readonly entry: Entry;
  readonly shard: string;
  readonly isDeferred?: boolean;
}

export function entryView({ entry, shard, isDeferred }: ShownEntry) {
  return {
    ...requestNames(entry.kind, entry.requestId),
    accountId: entry.accountId,
    kind: entry.kind,
    status: 'succeeded',
    ...(entry.kind === 'deduction' ? { durability: isDeferred ? 'deferred' : 'committed' } : {}),
    amount: entry.amountMinor.toString(),
    ...(entry.counterparty !== undefined && { counterparty: entry.counterparty }),
    ...(entry.charges && { budgets: entry.charges.map(({ budgetId }) => budgetId) }),
    ...(entry.reference === null ? {} : { reference: entry.reference }),
    ...(entry.metadata === null ? {} : { metadata: JSON.parse(entry.metadata) as Record<string, string> }),
    shard,
    subAccount: entry.subAccount,
    createdAt: timeView(entry.createdAtUs),
  };
}

export const ENTRY_ORDERS = ['desc', 'asc'] as const;

/** With a place on each shard of the account. */
export const TAIL_CURSOR_LENGTH_MAX = 8_192;

const KIND = `(${LISTED_KINDS.join('|')})`;

/** Kinds of entries in a query: one or several. */
export const kinds = {
  type: 'string',
  pattern: `^${KIND}(,${KIND}){0,${LISTED_KINDS.length - 1}}$`,
  maxLength: 256,
  description: `One or several, with commas between: ${LISTED_KINDS.map((kind) => `\`${kind}\``).join(', ')}.`,
  examples: ['deduction'],
} as const;

export function kindsOf(text: string | undefined): readonly ListedKind[] | undefined {
  return text?.split(',') as ListedKind[] | undefined;
}

export const listEntries = {
  name: 'listEntries',
  summary: 'List an account’s entries',
  description:
    'The newest first. With `order=asc` the oldest first, and then `nextCursor` stays good at the end of the list: asked with it again, ' +
    'the list goes on with what was written since, no entry omitted and none twice. A page that looks for a few entries among ' +
    'many goes through up to 100,000 of each shard: it may have few or none and still not be the last.',
  group: 'accounts',
  scope: 'read',
  rows: PAGE_LENGTH_DEFAULT,
  path: accountPath,
  query: queryOf({
    cursor: { ...fields.cursor, maxLength: TAIL_CURSOR_LENGTH_MAX },
    limit: fields.limit,
    kind: kinds,
    reference: { ...fields.reference, description: 'Only entries with exactly this reference.' },
    order: { type: 'string', enum: ENTRY_ORDERS, default: 'desc' },
    from: { ...fields.time, description: 'Inclusive.' },
    to: { ...fields.time, description: 'Exclusive.' },
  }),
  answers: {
    200: {
      description: 'A page of entries.',
      type: 'object',
      required: ['items'],
      properties: {
        items: { type: 'array', items: { $ref: `${entry.$id}#` } },
        nextCursor: {
          type: 'string',
          description: 'Absent on the last page; with `order=asc` always there.',
        },
        hasMore: {
          type: 'boolean',
          description: 'With `order=asc`: more is there already; else ask again after a while.',
        },
      },
    },
  },
} as const satisfies Call;

export const getEntry = {
  name: 'getEntry',
  summary: 'Find the entry that was made under a request id',
  description:
    'Of whatever kind, and wherever the account has been moved since. Deductions, credits and outgoing transfers share one namespace, ' +
    'and a hold’s last capture goes by the hold’s id: such an entry is found first. Reversals, further captures and incoming transfers ' +
    'have ids of their own: where several entries have one, or too many would have to be gone through, name what it belongs to.',
  group: 'accounts',
  scope: 'read',
  path: {
    type: 'object',
    required: ['accountId', 'requestId'],
    properties: { accountId: fields.accountId, requestId: fields.requestId },
  },
  query: queryOf({
    reverses: {
      ...fields.requestId,
      description: 'Of a reversal: the request id of what it reverses.',
      examples: ['click-1'],
    },
    holdId: {
      ...fields.requestId,
      description: 'Of a capture: its hold. Of a capture’s reversal: the hold, beside `reverses`.',
      examples: ['ride-1'],
    },
    counterparty: {
      ...fields.accountId,
      description: 'Of an incoming transfer: the account that paid.',
    },
  }),
  answers: { 200: answer(entry, 'The entry.') },
} as const satisfies Call;

/** @throws Problem ENTRY_NOT_FOUND, or INVALID_ARGUMENT where the request id alone does not say which entry is meant */
export function foundEntryOf(search: EntryFound): ListedEntry {
  switch (search.kind) {
    case 'found':
      return search.found;
    case 'notFound':
      throw new Problem('ENTRY_NOT_FOUND');
    case 'ambiguous':
      throw namelessEntry('Several entries have this request id.');
    case 'tooMany':
      throw namelessEntry('There are too many reversals, captures or incoming transfers to go through.');
  }
}

function namelessEntry(detail: string): Problem {
  const rule = 'what the entry belongs to, for its request id alone does not name it';
  const errors = ['reverses', 'holdId', 'counterparty'].map((field) => ({ field, rule }));
  return new Problem('INVALID_ARGUMENT', { detail, errors });
}
