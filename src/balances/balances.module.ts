import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module';
import { BalanceController } from './balance.controller';
import { BalanceService } from './balance.service';

/** Reads over all of an account's shards. */
@Module({
  imports: [AccountsModule],
  controllers: [BalanceController],
  providers: [BalanceService],
  exports: [BalanceService],
})
export class BalancesModule {}
