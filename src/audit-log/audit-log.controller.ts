import { Controller, Get, Query } from '@nestjs/common';
import { auditLogLineView, listAuditLog } from '../contract/audit-log';
import type { QueryOf } from '../contract/call';
import { decodeCountCursor, encodeCursor, pageLength } from '../contract/cursors';
import { Serves } from '../http/serves.decorator';
import { AuditLogService } from './audit-log.service';

/** Who administered the installation. */
@Controller('v1/admin/audit-log')
export class AuditLogController {
  constructor(private readonly auditLog: AuditLogService) {}

  @Get()
  @Serves(listAuditLog)
  async list(@Query() { cursor, limit, order, actor, action, target }: QueryOf<typeof listAuditLog>) {
    const { lines, next } = await this.auditLog.list({
      limit: pageLength(limit),
      behind: decodeCountCursor(cursor),
      order: order === 'asc' ? 'oldest first' : 'newest first',
      actor,
      action,
      target,
    });
    return {
      items: lines.map(auditLogLineView),
      ...(next !== undefined && { nextCursor: encodeCursor(next) }),
    };
  }
}
