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
    kind: { type: 'string', enum: ['deduction', 'credit'] },
    status: { type: 'string', enum: ['succeeded'] },
    amount: fields.amountOut,
    reference: { type: 'string' },
    metadata: strings,
    shard: { type: 'string' },
    subAccount: { type: 'integer' },
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
    consistency: { type: 'string', enum: ['current'] },
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
    createdAt: fields.timeOut,
  },
} as const;

export const SHAPES = [problemShape, accountShape, entryShape, balanceShape, batchResultShape, apiKeyShape];

export function listOf(shape: 'Account' | 'Entry' | 'ApiKey') {
  return {
    type: 'object',
    required: ['items'],
    properties: { items: { type: 'array', items: { $ref: `${shape}#` } }, nextCursor: { type: 'string' } },
  } as const;
}

/** Every answer that is not a success. */
export const problemResponses = {
  '4xx': { description: 'Refused; see the code.', $ref: 'Problem#' },
  '5xx': { description: 'Not carried out, or unknown; see the code.', $ref: 'Problem#' },
} as const;
