import { CONSISTENCIES } from '../../../balances/balance.service';
import { LISTED_KINDS } from '../../../ledger/entry';
import * as fields from './fields';

const strings = { type: 'object', additionalProperties: { type: 'string' } } as const;

export const problemShape = {
  $id: 'Problem',
  type: 'object',
  description: 'RFC 9457 problem details.',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', examples: ['INSUFFICIENT_FUNDS'] },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      items: { type: 'object', properties: { field: { type: 'string' }, rule: { type: 'string' } } },
    },
    available: fields.amountOut,
    left: fields.amountOut,
    operationId: { type: 'string' },
    incident: { type: 'string' },
  },
} as const;

export const accountShape = {
  $id: 'Account',
  type: 'object',
  required: ['id', 'asset', 'status', 'strategy', 'subAccounts', 'epoch', 'createdAt'],
  properties: {
    id: { type: 'string' },
    asset: { type: 'string' },
    status: { type: 'string', enum: ['active', 'frozen', 'closed'] },
    strategy: { type: 'string' },
    subAccounts: { type: 'integer' },
    epoch: { type: 'integer' },
    lowBalance: fields.amountOut,
    createdAt: fields.timeOut,
  },
} as const;

export const entryShape = {
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
    holdId: { type: 'string', description: 'The hold that was confirmed.' },
    reverses: { type: 'string', description: 'The request id of what was reversed.' },
    reference: { type: 'string' },
    metadata: strings,
    shard: { type: 'string' },
    subAccount: { type: 'integer' },
    createdAt: fields.timeOut,
  },
} as const;

export const holdShape = {
  $id: 'Hold',
  type: 'object',
  required: [
    'requestId',
    'holdId',
    'accountId',
    'kind',
    'status',
    'amount',
    'shard',
    'subAccount',
    'expiresAt',
    'createdAt',
  ],
  properties: {
    requestId: { type: 'string' },
    holdId: { type: 'string', description: 'The request id of the try.' },
    accountId: { type: 'string' },
    kind: { type: 'string', enum: ['hold'] },
    status: { type: 'string', enum: ['held', 'confirmed', 'cancelled', 'expired'] },
    amount: { ...fields.amountOut, description: '"0" of one that was cancelled before it was tried.' },
    confirmedAmount: { ...fields.amountOut, description: 'What was taken of it; the rest was released.' },
    reference: { type: 'string' },
    metadata: strings,
    shard: { type: 'string' },
    subAccount: { type: 'integer' },
    expiresAt: fields.timeOut,
    createdAt: fields.timeOut,
  },
} as const;

export const balanceShape = {
  $id: 'Balance',
  type: 'object',
  required: ['accountId', 'asset', 'available', 'held', 'total', 'inTransit', 'consistency', 'asOf'],
  properties: {
    accountId: { type: 'string' },
    asset: { type: 'string' },
    available: fields.amountOut,
    held: fields.amountOut,
    total: fields.amountOut,
    inTransit: fields.amountOut,
    consistency: { type: 'string', enum: CONSISTENCIES },
    asOf: fields.timeOut,
  },
} as const;

export const batchResultShape = {
  $id: 'BatchResult',
  type: 'object',
  required: ['requestId', 'status'],
  properties: {
    requestId: { type: ['string', 'null'] },
    status: { type: 'string', enum: ['succeeded', 'replayed', 'rejected'] },
    durability: {
      type: 'string',
      enum: ['deferred'],
      description: 'Left out where it is on disk, as it is with every strategy but `leased`.',
    },
    error: { $ref: 'Problem#' },
  },
} as const;

export const apiKeyShape = {
  $id: 'ApiKey',
  type: 'object',
  required: ['keyId', 'name', 'scopes'],
  properties: {
    keyId: { type: 'string' },
    name: { type: 'string' },
    scopes: { type: 'array', items: { type: 'string' } },
    accounts: {
      type: 'array',
      items: { type: 'string' },
      description: 'Of a key that is limited to accounts whose ids begin with one of these.',
    },
    expiresAt: fields.timeOut,
    lastUsedAt: { ...fields.timeOut, description: 'To about a minute. Absent until it was used.' },
    createdAt: fields.timeOut,
  },
} as const;

export const subAccountShape = {
  $id: 'SubAccount',
  type: 'object',
  required: ['shard', 'index', 'available', 'held', 'status'],
  properties: {
    shard: { type: 'string' },
    index: { type: 'integer' },
    available: fields.amountOut,
    held: fields.amountOut,
    status: {
      type: 'string',
      enum: ['open', 'draining', 'closed'],
      description: 'Out of use are `draining` (it holds something still) and `closed`.',
    },
  },
} as const;

export const operationShape = {
  $id: 'Operation',
  type: 'object',
  required: ['operationId', 'kind', 'status', 'progress', 'createdAt'],
  properties: {
    operationId: { type: 'string' },
    kind: { type: 'string', enum: ['resize', 'rebalance', 'status', 'audit', 'repair'] },
    status: { type: 'string', enum: ['running', 'done', 'failed'] },
    accountId: { type: 'string' },
    progress: {
      type: 'object',
      required: ['done', 'total'],
      properties: { done: { type: 'integer' }, total: { type: 'integer' } },
      description: '`total` is 0 until it is known.',
    },
    result: {
      type: 'object',
      additionalProperties: true,
      description: 'What it came to, by kind; when it is `done`.',
    },
    error: {
      type: 'object',
      required: ['code', 'detail'],
      properties: { code: { type: 'string' }, detail: { type: 'string' } },
      description: 'Why it has `failed`.',
    },
    createdAt: fields.timeOut,
  },
} as const;

export const shardShape = {
  $id: 'Shard',
  type: 'object',
  required: ['name', 'status'],
  properties: {
    name: { type: 'string' },
    address: { type: 'string', description: 'Without user and password.' },
    status: { type: 'string', enum: ['up', 'down'] },
  },
} as const;

const upOrDown = { type: 'string', enum: ['up', 'down'] } as const;

export const readinessShape = {
  type: 'object',
  required: ['status', 'directory', 'shards'],
  properties: {
    status: { type: 'string', enum: ['ready', 'unavailable', 'stopping'] },
    directory: upOrDown,
    shards: { type: 'object', additionalProperties: upOrDown, description: 'By name.' },
    refused: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description:
        'Shards whose database is refused, by name: `SHARD_EMPTY`, `SHARD_IDENTITY_MISMATCH`, `DATABASE_ACCESS_DENIED`, ….',
    },
  },
} as const;

export const SHAPES = [
  problemShape,
  accountShape,
  entryShape,
  holdShape,
  balanceShape,
  batchResultShape,
  apiKeyShape,
  subAccountShape,
  operationShape,
  shardShape,
];

export function listOf(shape: 'Account' | 'Entry' | 'ApiKey' | 'SubAccount' | 'Shard') {
  return {
    type: 'object',
    required: ['items'],
    properties: { items: { type: 'array', items: { $ref: `${shape}#` } }, nextCursor: { type: 'string' } },
  } as const;
}

/** The path of what belongs to one account. */
export const accountParams = {
  type: 'object',
  required: ['accountId'],
  properties: { accountId: fields.accountId },
} as const;

/** The path of one deduction. */
export const deductionParams = {
  type: 'object',
  required: ['accountId', 'requestId'],
  properties: { accountId: fields.accountId, requestId: fields.requestId },
} as const;

/** The answer of what goes on behind it. */
export const operationBegun = {
  202: {
    description: 'Written down and under way; `Location` tells where to follow it.',
    headers: { location: { type: 'string' } },
    $ref: 'Operation#',
  },
} as const;

const problem = { 'application/problem+json': { schema: { $ref: 'Problem#' } } } as const;

/** Every answer that is not a success. */
export const problemResponses = {
  '4xx': { description: 'Refused; see the code.', content: problem },
  '5xx': { description: 'Not carried out, or unknown; see the code.', content: problem },
} as const;
