import { Injectable } from '@nestjs/common';
import { ShardService } from '../../shard-registry/shard.service';
import * as fields from '../../contract/fields';
import { checkedShardName, registeredOrProblem, removedOrProblem } from '../shard-problem';
import type { RegisterShardRequest, RemoveShardRequest } from './messages';
import { checked, checkOf, present } from './read-requests';
import type { UnaryMethod } from './unary';
import { shardView } from './views';

const isNewShard = checkOf<{ name: string; url: string }>(['name', 'url'], { url: fields.shardUrl });
const isShard = checkOf<{ shard: string }>(['shard'], { shard: fields.shardName });

/** The databases that accounts are placed on. */
@Injectable()
export class ShardMethods {
  constructor(private readonly shards: ShardService) {}

  methods(): UnaryMethod[] {
    return [
      {
        name: 'ListShards',
        scope: 'admin',
        answer: async () => ({ items: (await this.shards.list()).map(shardView) }),
      },
      {
        name: 'RegisterShard',
        scope: 'admin',
        answer: async (message: RegisterShardRequest) => {
          const given = { ...present('name', message.name), ...present('url', message.url) };
          const { name, url } = checked(isNewShard, given);
          const registration = await this.shards.register(checkedShardName(name), url);
          return { shard: shardView(registeredOrProblem(registration)) };
        },
      },
      {
        name: 'RemoveShard',
        scope: 'admin',
        answer: async (message: RemoveShardRequest) => {
          const { shard } = checked(isShard, present('shard', message.shard));
          removedOrProblem(await this.shards.remove(shard));
          return {};
        },
      },
    ];
  }
}
