import { Module } from '@nestjs/common';
import { OperationsModule } from '../operations/operations.module';
import { AuditController } from './audit.controller';
import { AuditService } from './audit.service';

/** Proves every invariant from the rows. */
@Module({ imports: [OperationsModule], controllers: [AuditController], providers: [AuditService] })
export class AuditModule {}
