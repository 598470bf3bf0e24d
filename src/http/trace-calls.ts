import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { TRACE_PARENT_HEADER } from '../platform/call-names';
import type { DoorSpan, Traces } from '../platform/traces/traces';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a request that is traced. */
    span: DoorSpan | undefined;
  }
}

/** @returns what to call when a request has come; `undefined` where nothing is traced */
export function traceCalls(
  server: FastifyInstance,
  traces: Traces | undefined,
): ((request: FastifyRequest, reply: FastifyReply) => void) | undefined {
  server.decorateRequest('span', undefined);
  if (!traces) return undefined;
  return (request, reply) => {
    const span = traces.begin(() => nameOf(request), request.headers[TRACE_PARENT_HEADER]);
    if (!span) return;
    request.span = span;
    span.describe({ 'hotsplit.call_id': request.id, 'http.request.method': request.method });
    reply.raw.once('close', () => {
      const { statusCode } = reply;
      span.answered({ 'http.response.status_code': statusCode }, statusCode >= 500);
    });
  };
}

/** Never the path that was asked for: that is the caller's invention. */
function nameOf({ method, is404, routeOptions }: FastifyRequest): string {
  return is404 ? method : `${method} ${routeOptions.url ?? ''}`.replaceAll('::', ':');
}
