import { Module } from '@nestjs/common';
import { OperationsModule } from '../operations/operations.module';
import { AccountController } from './account.controller';
import { AccountService } from './account.service';
import { AccountStatusController } from './account-status.controller';
import { StrategyController } from './strategy.controller';

/** Accounts: made, listed, frozen, closed, and how their deductions are carried out. */
@Module({
  imports: [OperationsModule],
  controllers: [AccountController, AccountStatusController, StrategyController],
  providers: [AccountService],
  exports: [AccountService],
})
export class AccountsModule {}
