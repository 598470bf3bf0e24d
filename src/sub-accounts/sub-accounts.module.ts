import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module';
import { BalancesModule } from '../balances/balances.module';
import { OperationsModule } from '../operations/operations.module';
import { SubAccountController } from './sub-account.controller';

/** How accounts are split. */
@Module({
  imports: [AccountsModule, BalancesModule, OperationsModule],
  controllers: [SubAccountController],
})
export class SubAccountsModule {}
