import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { ApiKeys } from '../../platform/api-keys';
import { SCOPES } from '../../platform/principal';
import type { Scope } from '../../shards/directory/directory';
import { Problem } from '../problem';
import { decodeIdCursor, encodeCursor, pageLength } from './cursors';
import * as fields from './schemas/fields';
import { listOf, problemResponses } from './schemas/shapes';
import { timeView } from './views';

const tags = ['admin'];

/** API keys. A key's secret is shown once, in the answer to its creation. */
@Injectable()
export class KeyController {
  constructor(private readonly keys: ApiKeys) {}

  register(rest: FastifyInstance): void {
    rest.post<{ Body: { name: string; scopes: Scope[] } }>(
      '/v1/admin/keys',
      {
        config: { scope: 'admin' },
        schema: {
          operationId: 'createKey',
          summary: 'Create an API key',
          tags,
          body: {
            type: 'object',
            additionalProperties: false,
            required: ['name', 'scopes'],
            properties: {
              name: { type: 'string', minLength: 1, maxLength: 64 },
              scopes: {
                type: 'array',
                minItems: 1,
                uniqueItems: true,
                maxItems: SCOPES.length,
                items: { type: 'string', enum: SCOPES },
              },
            },
          },
          response: {
            201: {
              description: 'Created. `key` is shown this once.',
              type: 'object',
              properties: {
                keyId: { type: 'string' },
                name: { type: 'string' },
                scopes: { type: 'array', items: { type: 'string' } },
                key: { type: 'string' },
              },
            },
            ...problemResponses,
          },
        },
      },
      async ({ body }, reply) => {
        if (!body.name.isWellFormed()) {
          const rule = fields.FIELD_RULES['name'] ?? '';
          throw new Problem('INVALID_ARGUMENT', { errors: [{ field: 'name', rule }] });
        }
        const { keyId, scopes, secret } = await this.keys.create(body);
        void reply.code(201).header('cache-control', 'no-store');
        return { keyId, name: body.name, scopes, key: secret };
      },
    );
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
        const items = found
          .slice(0, limit)
          .map(({ createdAtUs, ...key }) => ({ ...key, createdAt: timeView(createdAtUs) }));
        const last = items.at(-1);
        return { items, ...(found.length > limit && last ? { nextCursor: encodeCursor(last.keyId) } : {}) };
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
          params: {
            type: 'object',
            properties: { keyId: { type: 'string', pattern: '^[A-Za-z0-9_]{1,32}$' } },
          },
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
