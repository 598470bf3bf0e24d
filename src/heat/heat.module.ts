import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module';
import { AuditLogModule } from '../audit-log/audit-log.module';
import { OperationsModule } from '../operations/operations.module';
import { HeatController } from './heat.controller';
import { HeatService } from './heat.service';

/** Hot accounts: which they are, and how they are split by themselves. */
@Module({
  imports: [AccountsModule, AuditLogModule, OperationsModule],
  controllers: [HeatController],
  providers: [HeatService],
  exports: [HeatService],
})
export class HeatModule {}
