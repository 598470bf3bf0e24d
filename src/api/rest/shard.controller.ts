import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { assertNever } from '../../ledger/assert-never';
import { type ListedShard, type ShardRegistration, ShardService } from '../../operations/shard.service';
import { Problem } from '../problem';
import * as fields from './schemas/fields';
import { listOf, problemResponses } from './schemas/shapes';

const SHARD_NAME = new RegExp(fields.shardName.pattern);
const SHARD_NAME_RULE = '1–64 of letters, digits, "_" and "-", the first a letter or digit';

const tags = ['admin'];

/** The databases that accounts are placed on. */
@Injectable()
export class ShardController {
  constructor(private readonly shards: ShardService) {}

  register(rest: FastifyInstance): void {
    rest.get(
      '/v1/admin/shards',
      {
        config: { scope: 'admin' },
        schema: {
          operationId: 'listShards',
          summary: 'List the shards and whether they answer',
          tags,
          response: { 200: { description: 'All of them.', ...listOf('Shard') }, ...problemResponses },
        },
      },
      async () => ({ items: (await this.shards.list()).map(shardView) }),
    );
    rest.post<{ Body: { name: string; url: string } }>(
      '/v1/admin/shards',
      {
        config: { scope: 'admin' },
        schema: {
          operationId: 'registerShard',
          summary: 'Register a new shard',
          description:
            'The database is migrated and usable at once, by every instance. Its URL is kept in the directory ' +
            'and never shown. It must be on a host that the service’s settings allow, and a `sqlite:` file in the data folder of a ' +
            'service whose directory is SQLite too. Every refusal is the same; its reason is in the service’s log.',
          tags,
          body: {
            type: 'object',
            additionalProperties: false,
            required: ['name', 'url'],
            properties: {
              name: { type: 'string', description: SHARD_NAME_RULE, examples: ['s4'] },
              url: { type: 'string', maxLength: 2_048, examples: ['mysql://user:password@host:3306/s4'] },
            },
          },
          response: { 201: { description: 'Registered.', $ref: 'Shard#' }, ...problemResponses },
        },
      },
      async ({ body: { name, url } }, reply) => {
        if (!SHARD_NAME.test(name)) throw invalidField('name', SHARD_NAME_RULE);
        const shard = registeredOrProblem(await this.shards.register(name, url));
        void reply.code(201);
        return shardView(shard);
      },
    );
    rest.delete<{ Params: { shard: string } }>(
      '/v1/admin/shards/:shard',
      {
        config: { scope: 'admin' },
        schema: {
          operationId: 'removeShard',
          summary: 'Remove a registered shard that no account was ever placed on',
          description: 'Every instance lets go of it. Its database stays as it is, marked as this shard.',
          tags,
          params: { type: 'object', required: ['shard'], properties: { shard: fields.shardName } },
          response: { 204: { description: 'Removed.', type: 'null' }, ...problemResponses },
        },
      },
      async ({ params: { shard } }, reply) => {
        const removal = await this.shards.remove(shard);
        if (removal === 'unknown') throw new Problem('SHARD_NOT_FOUND');
        if (removal !== 'removed') throw new Problem('SHARD_IN_USE');
        return reply.code(204).send();
      },
    );
  }
}

/** @throws Problem that says why it is no shard; it never quotes the URL, which may have its password anywhere */
function registeredOrProblem(registration: ShardRegistration): ListedShard {
  switch (registration.kind) {
    case 'registered':
      return registration.shard;
    case 'malformed':
      throw invalidField('url', fields.FIELD_RULES['url'] ?? '');
    case 'nameTaken':
      throw new Problem('SHARD_EXISTS');
    case 'refused':
      throw new Problem('SHARD_REFUSED', { detail: 'The reason is in the log of the service.' });
    default:
      return assertNever(registration);
  }
}

function shardView({ name, status, address }: ListedShard) {
  return { name, status, ...(address === undefined ? {} : { address }) };
}

function invalidField(field: 'name' | 'url', rule: string): Problem {
  return new Problem('INVALID_ARGUMENT', { errors: [{ field, rule }] });
}
