import { Module } from '@nestjs/common';
import { OperationService } from './operation.service';

/** Work that takes more than one step, for whoever starts some. */
@Module({ providers: [OperationService], exports: [OperationService] })
export class OperationsModule {}
