import { Module } from '@nestjs/common';
import { AccountsModule } from '../../accounts/accounts.module';
import { BalancesModule } from '../../balances/balances.module';
import { DeductionsModule } from '../../deductions/deductions.module';
import { HealthModule } from '../../health/health.module';
import { HoldsModule } from '../../holds/holds.module';
import { OperationsModule } from '../../operations/operations.module';
import { ShardRegistryModule } from '../../shard-registry/shard-registry.module';
import { AccountMethods } from './account-methods';
import { AccountStatusMethods } from './account-status-methods';
import { AdminMethods } from './admin-methods';
import { DeductionMethods } from './deduction-methods';
import { GrpcApi } from './grpc-api';
import { HealthService } from './health-service';
import { KeyMethods } from './key-methods';
import { ShardMethods } from './shard-methods';
import { StreamDoor } from './stream-door';

/** The gRPC API over the features' services. */
@Module({
  imports: [
    AccountsModule,
    BalancesModule,
    DeductionsModule,
    HealthModule,
    HoldsModule,
    OperationsModule,
    ShardRegistryModule,
  ],
  providers: [
    DeductionMethods,
    AccountMethods,
    AccountStatusMethods,
    AdminMethods,
    KeyMethods,
    ShardMethods,
    StreamDoor,
    HealthService,
    GrpcApi,
  ],
  exports: [GrpcApi],
})
export class GrpcModule {}
