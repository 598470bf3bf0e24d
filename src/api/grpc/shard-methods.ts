import { Injectable } from '@nestjs/common';
import { ShardService } from '../../shard-registry/shard.service';
import { listShards, registerShard, removeShard } from '../../contract/shards';
import { checkedShardName, registeredOrProblem, removedOrProblem } from '../shard-problem';
import type { RegisterShardRequest, RemoveShardRequest } from './messages';
import { checked, checkOf, type SaidIn } from './check';
import { present } from './read-requests';
import { serves } from './serves';
import type { UnaryMethod } from './unary';
import { shardView } from './views';

const isNewShard = checkOf<SaidIn<typeof registerShard>>(registerShard);
const isShard = checkOf<SaidIn<typeof removeShard>>(removeShard);

/** The databases that accounts are placed on. */
@Injectable()
export class ShardMethods {
  constructor(private readonly shards: ShardService) {}

  methods(): UnaryMethod[] {
    return [
      serves(listShards, async () => ({ items: (await this.shards.list()).map(shardView) })),
      serves(registerShard, async (message: RegisterShardRequest) => {
        const said = { ...present('name', message.name), ...present('url', message.url) };
        const { name, url } = checked(isNewShard, said);
        const registration = await this.shards.register(checkedShardName(name), url);
        return { shard: shardView(registeredOrProblem(registration)) };
      }),
      serves(removeShard, async (message: RemoveShardRequest) => {
        const { shard } = checked(isShard, present('shard', message.shard));
        removedOrProblem(await this.shards.remove(shard));
        return {};
      }),
    ];
  }
}
