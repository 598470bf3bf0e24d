import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module';
import { TransferController } from './transfer.controller';
import { TransferService } from './transfer.service';

/** Money from one account to another. */
@Module({
  imports: [AccountsModule],
  controllers: [TransferController],
  providers: [TransferService],
  exports: [TransferService],
})
export class TransfersModule {}
