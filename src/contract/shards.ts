import { answer, type Call, pageOf } from './call';
import { PAGE_LENGTH_DEFAULT } from './cursors';
import * as fields from './fields';

export const shard = {
  $id: 'Shard',
  type: 'object',
  required: ['name', 'status'],
  properties: {
    name: { type: 'string' },
    address: { type: 'string', description: 'Without user and password.' },
    status: { type: 'string', enum: ['up', 'down', 'full'], description: '`full`: no room left to write.' },
  },
} as const;

export function shardView({
  name,
  status,
  address,
}: {
  readonly name: string;
  readonly status: 'up' | 'down' | 'full';
  readonly address: string | undefined;
}) {
  return { name, status, ...(address === undefined ? {} : { address }) };
}

export const listShards = {
  name: 'listShards',
  summary: 'List the shards and whether they answer',
  group: 'admin',
  scope: 'admin',
  rows: PAGE_LENGTH_DEFAULT,
  answers: { 200: pageOf(shard, 'All of them.') },
} as const satisfies Call;

export const registerShard = {
  name: 'registerShard',
  summary: 'Register a new shard',
  description:
    'The database is migrated and usable at once, by every instance. Its URL is kept in the directory ' +
    'and never shown. It must be on a host that the service’s settings allow, and a `sqlite:` file in the data folder of a ' +
    'service whose directory is SQLite too. Every refusal is the same; its reason is in the service’s log.',
  group: 'admin',
  scope: 'admin',
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['name', 'url'],
    properties: {
      name: { type: 'string', description: fields.SHARD_NAME_RULE, examples: ['s4'] },
      url: fields.shardUrl,
    },
  },
  answers: { 201: answer(shard, 'Registered.') },
} as const satisfies Call;

export const removeShard = {
  name: 'removeShard',
  summary: 'Remove a registered shard that no account was ever placed on',
  description: 'Every instance lets go of it. Its database stays as it is, marked as this shard.',
  group: 'admin',
  scope: 'admin',
  path: { type: 'object', required: ['shard'], properties: { shard: fields.shardName } },
  answers: { 204: { description: 'Removed.', type: 'null' } },
} as const satisfies Call;
