import { Controller, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { startAudit } from '../contract/operations';
import { answerOperation } from '../http/answer-operation';
import { Serves } from '../http/serves.decorator';
import { OperationService } from '../operations/operation.service';

/** Proves the books when somebody asks for it. */
@Controller('v1/admin/audits')
export class AuditController {
  constructor(private readonly operations: OperationService) {}

  @Post()
  @Serves(startAudit)
  async start(@Res({ passthrough: true }) reply: FastifyReply) {
    return answerOperation(await this.operations.audit(), reply);
  }
}
