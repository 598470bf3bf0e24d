import { Module } from '@nestjs/common';
import { HealthModule } from '../health/health.module';
import { ShardController } from './shard.controller';
import { ShardService } from './shard.service';

/** The installation's shards: listed, taken in and removed. */
@Module({
  imports: [HealthModule],
  controllers: [ShardController],
  providers: [ShardService],
  exports: [ShardService],
})
export class ShardRegistryModule {}
