import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { OperationService } from '../../operations/operation.service';
import type { OperationRecord } from '../../shards/directory/operation-record';
import { mayFollow } from '../admit';
import { Problem } from '../problem';
import * as fields from './schemas/fields';
import { operationBegun, problemResponses } from './schemas/shapes';
import { operationView } from './views';

const tags = ['admin'];

/** Work that outlives the request that asked for it. */
@Injectable()
export class OperationController {
  constructor(private readonly operations: OperationService) {}

  register(rest: FastifyInstance): void {
    rest.get<{ Params: { operationId: string } }>(
      '/v1/admin/operations/:operationId',
      {
        config: { scope: 'admin', limitsKept: 'by the handler' },
        schema: {
          operationId: 'getOperation',
          summary: 'Follow an operation',
          tags,
          params: {
            type: 'object',
            required: ['operationId'],
            properties: { operationId: fields.operationId },
          },
          response: { 200: { description: 'How far it has come.', $ref: 'Operation#' }, ...problemResponses },
        },
      },
      async (request) => {
        const operation = await this.operations.find(request.params.operationId);
        if (!operation || !mayFollow(request.principal, operation)) throw new Problem('OPERATION_NOT_FOUND');
        return operationView(operation);
      },
    );
    rest.post(
      '/v1/admin/audits',
      {
        config: { scope: 'admin', bodyOptional: true },
        schema: {
          operationId: 'startAudit',
          summary: 'Audit all accounts',
          description:
            'Proves every account from what all shards hold, while it is in use. The `result` is ' +
            '`{balanced, accounts, subAccounts, entries, findings}`; an audit that could not see everything fails.',
          tags,
          body: fields.noBody,
          response: { ...operationBegun, ...problemResponses },
        },
      },
      async (_request, reply) => sendOperation(reply, await this.operations.audit()),
    );
  }
}

/** Answers with an operation that goes on behind the answer. */
export function sendOperation(reply: FastifyReply, operation: OperationRecord) {
  void reply.code(202).header('location', `/v1/admin/operations/${operation.operationId}`);
  return operationView(operation);
}
