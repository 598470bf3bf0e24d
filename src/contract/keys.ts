import type { ApiKeyLimits, ApiKeyRecord } from '../shards/directory/directory';
import { answer, type Call, pageOf, queryOf } from './call';
import { PAGE_LENGTH_DEFAULT } from './cursors';
import * as fields from './fields';
import { timeView } from './times';

export const apiKey = {
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
    requestsPerSecond: {
      type: 'integer',
      description: 'How often it may come; twice as often in the first second.',
    },
    deductionsPerSecond: {
      type: 'integer',
      description: 'How many deductions and holds it may make, in batches and streams too.',
    },
    expiresAt: fields.timeOut,
    lastUsedAt: { ...fields.timeOut, description: 'To about a minute. Absent until it was used.' },
    createdAt: fields.timeOut,
  },
} as const;

export function keyView(key: ApiKeyRecord) {
  const { keyId, name, scopes, lastUsedAtUs, createdAtUs } = key;
  return {
    keyId,
    name,
    scopes,
    ...limitsView(key),
    ...(lastUsedAtUs !== null && { lastUsedAt: timeView(lastUsedAtUs) }),
    createdAt: timeView(createdAtUs),
  };
}

export function limitsView({
  accounts,
  expiresAtUs,
  requestsPerSecond,
  deductionsPerSecond,
}: Omit<ApiKeyLimits, 'scopes'>) {
  return {
    ...(accounts && { accounts }),
    ...(requestsPerSecond !== null && { requestsPerSecond }),
    ...(deductionsPerSecond !== null && { deductionsPerSecond }),
    ...(expiresAtUs !== null && { expiresAt: timeView(expiresAtUs) }),
  };
}

const keyPath = {
  type: 'object',
  required: ['keyId'],
  properties: { keyId: fields.keyId },
} as const;

export const createKey = {
  name: 'createKey',
  summary: 'Create an API key',
  group: 'admin',
  scope: 'admin',
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['name', 'scopes'],
    properties: {
      name: fields.keyName,
      scopes: fields.scopes,
      accounts: fields.accountPrefixes,
      expiresAt: fields.time,
      requestsPerSecond: fields.perSecond,
      deductionsPerSecond: fields.perSecond,
    },
  },
  answers: {
    201: {
      description: 'Created. `key` is shown this once.',
      type: 'object',
      properties: {
        keyId: { type: 'string' },
        name: { type: 'string' },
        scopes: { type: 'array', items: { type: 'string' } },
        accounts: { type: 'array', items: { type: 'string' } },
        expiresAt: fields.timeOut,
        requestsPerSecond: { type: 'integer' },
        deductionsPerSecond: { type: 'integer' },
        key: { type: 'string' },
      },
    },
  },
} as const satisfies Call;

export const listKeys = {
  name: 'listKeys',
  summary: 'List API keys',
  group: 'admin',
  scope: 'admin',
  rows: PAGE_LENGTH_DEFAULT,
  query: queryOf({ cursor: fields.cursor, limit: fields.limit }),
  answers: { 200: pageOf(apiKey, 'A page of keys, without secrets.') },
} as const satisfies Call;

export const changeKey = {
  name: 'changeKey',
  summary: 'Change what an API key may do',
  description:
    'What is left out stays as it is; `null` takes a limit away. An `expiresAt` that is over ends the key. ' +
    'Other instances may go by the old limits for as long as they may know a deleted key.',
  group: 'admin',
  scope: 'admin',
  path: keyPath,
  body: {
    type: 'object',
    additionalProperties: false,
    properties: {
      scopes: fields.scopes,
      accounts: { ...fields.accountPrefixes, type: ['array', 'null'] },
      expiresAt: { ...fields.time, type: ['string', 'null'] },
      requestsPerSecond: { ...fields.perSecond, type: ['integer', 'null'] },
      deductionsPerSecond: { ...fields.perSecond, type: ['integer', 'null'] },
    },
  },
  answers: { 200: answer(apiKey, 'The key as it is now.') },
} as const satisfies Call;

export const deleteKey = {
  name: 'deleteKey',
  summary: 'Delete an API key',
  description: 'Other instances may let it in for up to five seconds more.',
  group: 'admin',
  scope: 'admin',
  path: keyPath,
  answers: { 204: { description: 'Deleted.', type: 'null' } },
} as const satisfies Call;
