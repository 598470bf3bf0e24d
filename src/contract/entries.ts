import { type Entry, LISTED_KINDS } from '../ledger/entry';
import { requestNames } from '../ledger/identifiers';
import { accountPath } from './accounts';
import { type Call, pageOf, queryOf } from './call';
import { PAGE_LENGTH_DEFAULT } from './cursors';
import * as fields from './fields';
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
      description: 'The hold that was captured; of a reversal, that whose capture was reversed.',
    },
    reverses: { type: 'string', description: 'The request id of what was reversed.' },
    counterparty: {
      type: 'string',
      description:
        'Of transfers: the other account, to which the money went or from which it came or came back.',
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
    ...(entry.reference === null ? {} : { reference: entry.reference }),
    ...(entry.metadata === null ? {} : { metadata: JSON.parse(entry.metadata) as Record<string, string> }),
    shard,
    subAccount: entry.subAccount,
    createdAt: timeView(entry.createdAtUs),
  };
}

export const listEntries = {
  name: 'listEntries',
  summary: 'List an account’s entries, newest first',
  group: 'accounts',
  scope: 'read',
  rows: PAGE_LENGTH_DEFAULT,
  path: accountPath,
  query: queryOf({
    cursor: fields.cursor,
    limit: fields.limit,
    kind: { type: 'string', enum: LISTED_KINDS },
    from: { ...fields.time, description: 'Inclusive.' },
    to: { ...fields.time, description: 'Exclusive.' },
  }),
  answers: { 200: pageOf(entry, 'A page of entries.') },
} as const satisfies Call;
