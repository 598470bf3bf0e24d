import { Module } from '@nestjs/common';
import { AuditLogController } from './audit-log.controller';
import { AuditLogService } from './audit-log.service';
import { AuditTrail } from './audit-trail';

/** Who administered the installation: written down, and listed. */
@Module({
  controllers: [AuditLogController],
  providers: [AuditLogService, AuditTrail],
  exports: [AuditLogService, AuditTrail],
})
export class AuditLogModule {}
