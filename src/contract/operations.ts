import { OPERATION_STATUSES, type OperationRecord } from '../shards/directory/operation-record';
import { answer, type Call, pageOf, queryOf } from './call';
import { PAGE_LENGTH_DEFAULT } from './cursors';
import * as fields from './fields';
import { timeView } from './times';

export const operation = {
  $id: 'Operation',
  type: 'object',
  required: ['operationId', 'kind', 'status', 'progress', 'createdAt'],
  properties: {
    operationId: { type: 'string' },
    kind: { type: 'string', enum: ['resize', 'rebalance', 'status', 'audit', 'repair'] },
    status: { type: 'string', enum: OPERATION_STATUSES },
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

export function operationView(record: OperationRecord) {
  const { operationId, kind, status, accountId, progress, result, error } = record;
  return {
    operationId,
    kind,
    status,
    ...(accountId === null ? {} : { accountId }),
    progress,
    ...(status === 'done' && result !== null ? { result } : {}),
    ...(status === 'failed' && error !== null ? { error } : {}),
    createdAt: timeView(record.createdAtUs),
  };
}

/** The answers of a call whose work goes on behind them. */
export const begun = {
  202: {
    description: 'Written down and under way; `Location` tells where to follow it.',
    headers: { location: { type: 'string' } },
    $ref: `${operation.$id}#`,
  },
} as const;

export const getOperation = {
  name: 'getOperation',
  summary: 'Follow an operation',
  group: 'admin',
  scope: 'admin',
  limitsKept: 'by the handler',
  path: {
    type: 'object',
    required: ['operationId'],
    properties: { operationId: fields.operationId },
  },
  answers: { 200: answer(operation, 'How far it has come.') },
} as const satisfies Call;

export const listOperations = {
  name: 'listOperations',
  summary: 'List operations',
  description:
    'The newest first, of one account or one status where that is asked for. Operations are forgotten 90 days after they were asked for, once they have ended.',
  group: 'admin',
  scope: 'admin',
  rows: PAGE_LENGTH_DEFAULT,
  query: queryOf({
    cursor: fields.cursor,
    limit: fields.limit,
    accountId: fields.accountId,
    status: { type: 'string', enum: OPERATION_STATUSES },
  }),
  answers: { 200: pageOf(operation, 'A page of operations.') },
} as const satisfies Call;

export const startAudit = {
  name: 'startAudit',
  summary: 'Audit all accounts',
  description:
    'Proves every account from what all shards hold, while it is in use. The `result` is ' +
    '`{balanced, accounts, subAccounts, entries, findings}`; an audit that could not see everything fails.',
  group: 'admin',
  scope: 'admin',
  body: fields.noBody,
  answers: begun,
} as const satisfies Call;
