import { Module } from '@nestjs/common';
import { OperationController } from './operation.controller';
import { OperationService } from './operation.service';

/** Work that takes more than one step, for whoever starts some. */
@Module({
  controllers: [OperationController],
  providers: [OperationService],
  exports: [OperationService],
})
export class OperationsModule {}
