import { type DynamicModule, Module } from '@nestjs/common';
import { AccountsModule } from './accounts/accounts.module';
import { GrpcModule } from './api/grpc/grpc.module';
import { KafkaModule } from './api/kafka/kafka.module';
import { AuditLogModule } from './audit-log/audit-log.module';
import { AuditModule } from './audit/audit.module';
import { BalancesModule } from './balances/balances.module';
import { ConsoleModule } from './console/console.module';
import { CoreModule } from './core.module';
import { DeductionsModule } from './deductions/deductions.module';
import { Doors } from './doors';
import { EventsModule } from './events/events.module';
import { WebhooksModule } from './webhooks/webhooks.module';
import { HeatModule } from './heat/heat.module';
import { HealthModule } from './health/health.module';
import { HistoryModule } from './history/history.module';
import { HoldsModule } from './holds/holds.module';
import { HttpModule } from './http/http.module';
import { KeysModule } from './keys/keys.module';
import { OperationsModule } from './operations/operations.module';
import type { Settings } from './platform/settings';
import { RebalancerModule } from './rebalancer/rebalancer.module';
import { ShardRegistryModule } from './shard-registry/shard-registry.module';
import { BudgetsModule } from './budgets/budgets.module';
import { TransfersModule } from './transfers/transfers.module';
import { SubAccountsModule } from './sub-accounts/sub-accounts.module';

/** The service: what it stands on, its features, and the doors to them. */
@Module({
  imports: [
    AccountsModule,
    DeductionsModule,
    HoldsModule,
    BudgetsModule,
    TransfersModule,
    BalancesModule,
    HistoryModule,
    EventsModule,
    WebhooksModule,
    SubAccountsModule,
    OperationsModule,
    RebalancerModule,
    HeatModule,
    AuditModule,
    AuditLogModule,
    ShardRegistryModule,
    KeysModule,
    HealthModule,
    HttpModule,
    ConsoleModule,
    GrpcModule,
    KafkaModule,
  ],
  providers: [Doors],
})
export class AppModule {
  static forSettings(settings: Settings, adminKey: string): DynamicModule {
    return { module: AppModule, imports: [CoreModule.forSettings(settings, adminKey)] };
  }
}
