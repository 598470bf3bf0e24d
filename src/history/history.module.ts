import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module';
import { HistoryController } from './history.controller';
import { HistoryService } from './history.service';
import { StatementDocuments } from './statement-documents';

/** What happened to an account, and when. */
@Module({
  imports: [AccountsModule],
  controllers: [HistoryController],
  providers: [HistoryService, StatementDocuments],
  exports: [HistoryService],
})
export class HistoryModule {}
