import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module';
import { BudgetController } from './budget.controller';
import { BudgetService } from './budget.service';

/** Limits on what is deducted from accounts. */
@Module({
  imports: [AccountsModule],
  controllers: [BudgetController],
  providers: [BudgetService],
  exports: [BudgetService],
})
export class BudgetsModule {}
