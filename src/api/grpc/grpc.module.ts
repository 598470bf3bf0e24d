import { Module } from '@nestjs/common';
import { AccountsModule } from '../../accounts/accounts.module';
import { AuditLogModule } from '../../audit-log/audit-log.module';
import { BalancesModule } from '../../balances/balances.module';
import { DeductionsModule } from '../../deductions/deductions.module';
import { EventsModule } from '../../events/events.module';
import { HeatModule } from '../../heat/heat.module';
import { HistoryModule } from '../../history/history.module';
import { HealthModule } from '../../health/health.module';
import { HoldsModule } from '../../holds/holds.module';
import { OperationsModule } from '../../operations/operations.module';
import { BudgetsModule } from '../../budgets/budgets.module';
import { TransfersModule } from '../../transfers/transfers.module';
import { ShardRegistryModule } from '../../shard-registry/shard-registry.module';
import { WebhooksModule } from '../../webhooks/webhooks.module';
import { AccountMethods } from './account-methods';
import { BudgetMethods } from './budget-methods';
import { AccountStatusMethods } from './account-status-methods';
import { AdminMethods } from './admin-methods';
import { AuditLogMethods } from './audit-log-methods';
import { DeductionMethods } from './deduction-methods';
import { EventMethods } from './event-methods';
import { GrpcApi } from './grpc-api';
import { HeatMethods } from './heat-methods';
import { HistoryMethods } from './history-methods';
import { HealthService } from './health-service';
import { KeyMethods } from './key-methods';
import { ShardMethods } from './shard-methods';
import { StreamDoor } from './stream-door';
import { WebhookMethods } from './webhook-methods';

/** The gRPC API over the features' services. */
@Module({
  imports: [
    AccountsModule,
    AuditLogModule,
    BalancesModule,
    DeductionsModule,
    EventsModule,
    HealthModule,
    HeatModule,
    HistoryModule,
    HoldsModule,
    OperationsModule,
    ShardRegistryModule,
    BudgetsModule,
    TransfersModule,
    WebhooksModule,
  ],
  providers: [
    DeductionMethods,
    AccountMethods,
    AccountStatusMethods,
    BudgetMethods,
    AdminMethods,
    EventMethods,
    KeyMethods,
    AuditLogMethods,
    HeatMethods,
    HistoryMethods,
    ShardMethods,
    WebhookMethods,
    StreamDoor,
    HealthService,
    GrpcApi,
  ],
  exports: [GrpcApi],
})
export class GrpcModule {}
