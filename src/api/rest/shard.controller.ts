import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { type ListedShard, ShardService } from '../../operations/shard.service';
import { checkedShardName, registeredOrProblem, removedOrProblem, SHARD_NAME_RULE } from '../shard-problem';
import * as fields from './schemas/fields';
import { listOf, problemResponses } from './schemas/shapes';

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
              url: fields.shardUrl,
            },
          },
          response: { 201: { description: 'Registered.', $ref: 'Shard#' }, ...problemResponses },
        },
      },
      async ({ body: { name, url } }, reply) => {
        const shard = registeredOrProblem(await this.shards.register(checkedShardName(name), url));
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
        removedOrProblem(await this.shards.remove(shard));
        return reply.code(204).send();
      },
    );
  }
}

function shardView({ name, status, address }: ListedShard) {
  return { name, status, ...(address === undefined ? {} : { address }) };
}
