import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module';
import { HoldBatchController } from './hold-batch.controller';
import { HoldController } from './hold.controller';
import { HoldService } from './hold.service';

/** Money that is set aside first and taken or released later. */
@Module({
  imports: [AccountsModule],
  controllers: [HoldController, HoldBatchController],
  providers: [HoldService],
  exports: [HoldService],
})
export class HoldsModule {}
