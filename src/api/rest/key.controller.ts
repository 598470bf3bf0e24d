import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { ApiKeys } from '../../platform/api-keys';
import type { ApiKeyLimits, ApiKeyRecord, Scope } from '../../shards/directory/directory';
import { checkedExpiry, expiryToCome } from '../key-expiry';
import { Problem } from '../problem';
import { decodeIdCursor, encodeCursor, pageLength } from './cursors';
import * as fields from './schemas/fields';
import { listOf, problemResponses } from './schemas/shapes';
import { microseconds } from './times';
import { timeView } from './views';

interface NewKeyBody {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly accounts?: readonly string[];
  readonly expiresAt?: string;
}

interface LimitsBody {
  readonly scopes?: readonly Scope[];
  readonly accounts?: readonly string[] | null;
  readonly expiresAt?: string | null;
}

const tags = ['admin'];

const keyParams = {
  type: 'object',
  required: ['keyId'],
  properties: { keyId: fields.keyId },
} as const;

const newKey = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'scopes'],
  properties: {
    name: fields.keyName,
    scopes: fields.scopes,
    accounts: fields.accountPrefixes,
    expiresAt: fields.time,
  },
} as const;

const limits = {
  type: 'object',
  additionalProperties: false,
  properties: {
    scopes: fields.scopes,
    accounts: { ...fields.accountPrefixes, type: ['array', 'null'] },
    expiresAt: { ...fields.time, type: ['string', 'null'] },
  },
} as const;

/** API keys. A key's secret is shown once, in the answer to its creation. */
@Injectable()
export class KeyController {
  constructor(private readonly keys: ApiKeys) {}

  register(rest: FastifyInstance): void {
    this.#registerCreation(rest);
    this.#registerList(rest);
    this.#registerChanges(rest);
  }

  #registerCreation(rest: FastifyInstance): void {
    rest.post<{ Body: NewKeyBody }>(
      '/v1/admin/keys',
      {
        config: { scope: 'admin' },
        schema: {
          operationId: 'createKey',
          summary: 'Create an API key',
          tags,
          body: newKey,
          response: {
            201: {
              description: 'Created. `key` is shown this once.',
              type: 'object',
              properties: {
                keyId: { type: 'string' },
                name: { type: 'string' },
                scopes: { type: 'array', items: { type: 'string' } },
                accounts: { type: 'array', items: { type: 'string' } },
                expiresAt: fields.timeOut,
                key: { type: 'string' },
              },
            },
            ...problemResponses,
          },
        },
      },
      async ({ body }, reply) => {
        if (!body.name.isWellFormed()) throw invalidName();
        const { accounts = null, expiresAt } = body;
        const expiresAtUs =
          expiresAt === undefined
            ? null
            : await expiryToCome(microseconds('expiresAt', expiresAt), this.keys);
        const wanted = { accounts, expiresAtUs };
        const { keyId, scopes, secret } = await this.keys.create({ ...body, ...wanted });
        void reply.code(201).header('cache-control', 'no-store');
        return { keyId, name: body.name, scopes, ...limitsView(wanted), key: secret };
      },
    );
  }

  #registerList(rest: FastifyInstance): void {
    rest.get<{ Querystring: { cursor?: string; limit?: string } }>(
      '/v1/admin/keys',
      {
        config: { scope: 'admin' },
        schema: {
          operationId: 'listKeys',
          summary: 'List API keys',
          tags,
          querystring: {
            type: 'object',
            additionalProperties: false,
            properties: { cursor: fields.cursor, limit: fields.limit },
          },
          response: {
            200: { description: 'A page of keys, without secrets.', ...listOf('ApiKey') },
            ...problemResponses,
          },
        },
      },
      async ({ query }) => {
        const limit = pageLength(query.limit);
        const found = await this.keys.list({ after: decodeIdCursor(query.cursor), limit: limit + 1 });
        const items = found.slice(0, limit).map(keyView);
        const last = items.at(-1);
        return { items, ...(found.length > limit && last ? { nextCursor: encodeCursor(last.keyId) } : {}) };
      },
    );
  }

  #registerChanges(rest: FastifyInstance): void {
    rest.put<{ Params: { keyId: string }; Body: LimitsBody }>(
      '/v1/admin/keys/:keyId',
      {
        config: { scope: 'admin' },
        schema: {
          operationId: 'changeKey',
          summary: 'Change what an API key may do',
          description:
            'What is left out stays as it is; `null` takes a limit away. An `expiresAt` that is over ends the key. ' +
            'Other instances may go by the old limits for as long as they may know a deleted key.',
          tags,
          params: keyParams,
          body: limits,
          response: { 200: { description: 'The key as it is now.', $ref: 'ApiKey#' }, ...problemResponses },
        },
      },
      async ({ params, body }) => {
        const { expiresAt, ...others } = body;
        const changed = await this.keys.change(params.keyId, {
          ...others,
          ...(expiresAt !== undefined && {
            expiresAtUs: expiresAt === null ? null : checkedExpiry(microseconds('expiresAt', expiresAt)),
          }),
        });
        if (!changed) throw new Problem('KEY_NOT_FOUND');
        return keyView(changed);
      },
    );
    rest.delete<{ Params: { keyId: string } }>(
      '/v1/admin/keys/:keyId',
      {
        config: { scope: 'admin' },
        schema: {
          operationId: 'deleteKey',
          summary: 'Delete an API key',
          description: 'Other instances may let it in for up to five seconds more.',
          tags,
          params: keyParams,
          response: { 204: { description: 'Deleted.', type: 'null' }, ...problemResponses },
        },
      },
      async (request, reply) => {
        if (!(await this.keys.delete(request.params.keyId))) throw new Problem('KEY_NOT_FOUND');
        return reply.code(204).send();
      },
    );
  }
}

function keyView(key: ApiKeyRecord) {
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

function limitsView({ accounts, expiresAtUs }: Pick<ApiKeyLimits, 'accounts' | 'expiresAtUs'>) {
  return {
    ...(accounts && { accounts }),
    ...(expiresAtUs !== null && { expiresAt: timeView(expiresAtUs) }),
  };
}

function invalidName(): Problem {
  const rule = fields.FIELD_RULES['name'] ?? '';
  return new Problem('INVALID_ARGUMENT', { errors: [{ field: 'name', rule }] });
}
