import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { checkedShardName, registeredOrProblem, removedOrProblem } from '../api/shard-problem';
import type { BodyOf, PathOf } from '../contract/call';
import { listShards, registerShard, removeShard, shardView } from '../contract/shards';
import { Serves } from '../http/serves.decorator';
import { ShardService } from './shard.service';

/** The databases that accounts are placed on. */
@Controller('v1/admin/shards')
export class ShardController {
  constructor(private readonly shards: ShardService) {}

  @Get()
  @Serves(listShards)
  async list() {
    return { items: (await this.shards.list()).map(shardView) };
  }

  @Post()
  @Serves(registerShard)
  async register(@Body() { name, url }: BodyOf<typeof registerShard>) {
    return shardView(registeredOrProblem(await this.shards.register(checkedShardName(name), url)));
  }

  @Delete(':shard')
  @HttpCode(204)
  @Serves(removeShard)
  async remove(@Param() { shard }: PathOf<typeof removeShard>): Promise<void> {
    removedOrProblem(await this.shards.remove(shard));
  }
}
