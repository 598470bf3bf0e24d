import { type DynamicModule, Module } from '@nestjs/common';
import { AccountsModule } from './accounts/accounts.module';
import { GrpcModule } from './api/grpc/grpc.module';
import { AuditModule } from './audit/audit.module';
import { BalancesModule } from './balances/balances.module';
import { CoreModule } from './core.module';
import { DeductionsModule } from './deductions/deductions.module';
import { Doors } from './doors';
import { HealthModule } from './health/health.module';
import { HoldsModule } from './holds/holds.module';
import { HttpModule } from './http/http.module';
import { KeysModule } from './keys/keys.module';
import { OperationsModule } from './operations/operations.module';
import type { Settings } from './platform/settings';
import { RebalancerModule } from './rebalancer/rebalancer.module';
import { ShardRegistryModule } from './shard-registry/shard-registry.module';
import { SubAccountsModule } from './sub-accounts/sub-accounts.module';

/** The service: what it stands on, its features, and the doors to them. */
@Module({
  imports: [
    AccountsModule,
    DeductionsModule,
    HoldsModule,
    BalancesModule,
    SubAccountsModule,
    OperationsModule,
    RebalancerModule,
    AuditModule,
    ShardRegistryModule,
    KeysModule,
    HealthModule,
    HttpModule,
    GrpcModule,
  ],
  providers: [Doors],
})
export class AppModule {
  static forSettings(settings: Settings, adminKey: string): DynamicModule {
    return { module: AppModule, imports: [CoreModule.forSettings(settings, adminKey)] };
  }
}
