import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module';
import { BatchController } from './batch.controller';
import { DeductionController } from './deduction.controller';
import { DeductionService } from './deduction.service';
import { HotRoutes } from './hot-routes';
import { IntakeService } from './intake.service';
import { ReversalController } from './reversal.controller';

/** Deductions, credits and reversals, one by one or many at once. */
@Module({
  imports: [AccountsModule],
  controllers: [DeductionController, ReversalController, BatchController],
  providers: [DeductionService, IntakeService, HotRoutes],
  exports: [DeductionService, IntakeService],
})
export class DeductionsModule {}
