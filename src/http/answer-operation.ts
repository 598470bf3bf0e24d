import type { FastifyReply } from 'fastify';
import { operationView } from '../contract/operations';
import type { OperationRecord } from '../shards/directory/operation-record';

/** An operation that goes on behind the answer. */
export function answerOperation(operation: OperationRecord, reply: FastifyReply) {
  void reply.code(202).header('location', `/v1/admin/operations/${operation.operationId}`);
  return operationView(operation);
}
