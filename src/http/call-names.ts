import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  CALL_ID_HEADER,
  callIdOf,
  type CallNames,
  TRACE_PARENT_HEADER,
  traceParentOf,
} from '../platform/call-names';

/** Fastify keeps it as `request.id`. */
export function callIdOfRequest({ headers }: Pick<IncomingMessage, 'headers'>): string {
  return callIdOf(headers[CALL_ID_HEADER]);
}

export function namesOf({ id, headers, span }: Pick<FastifyRequest, 'id' | 'headers' | 'span'>): CallNames {
  return { callId: id, traceParent: traceParentOf(headers[TRACE_PARENT_HEADER]), span };
}

/** Whose key a request came with; empty for one that was refused before that was known. */
export function keyIdOf(request: FastifyRequest): string {
  return (request.principal as FastifyRequest['principal'] | undefined)?.keyId ?? '';
}

/** Puts a request's names into its answer, whatever that will be. */
export function nameAnswer({ id, headers }: FastifyRequest, reply: FastifyReply): void {
  void reply.header(CALL_ID_HEADER, id);
  const said = headers[TRACE_PARENT_HEADER];
  if (said === undefined) return;
  const traceParent = traceParentOf(said);
  if (traceParent !== undefined) void reply.header(TRACE_PARENT_HEADER, traceParent);
}
