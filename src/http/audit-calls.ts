import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { auditedCall, isAudited } from '../audit-log/audited-call';
import type { AuditTrail, EndAudited } from '../audit-log/audit-trail';
import type { Call } from '../contract/call';
import { keyIdIn } from '../api/admit';
import { Problem } from '../contract/problem';
import type { ApiKeys } from '../platform/api-keys';

/** Has the routes of administrators leave lines in the audit log; see `AuditTrail`. */
export function auditCalls(
  rest: FastifyInstance,
  { trail, keys }: { readonly trail: AuditTrail; readonly keys: ApiKeys },
): void {
  const ends = new WeakMap<FastifyRequest, EndAudited>();

  const begin =
    (call: Call) =>
    async (request: FastifyRequest): Promise<void> => {
      const { principal, params, body } = request;
      const asked = { ...(body as object | null), ...(params as object) };
      const by = {
        actor: principal.keyId,
        address: request.socket.remoteAddress ?? '',
        door: 'rest',
        requestId: request.id,
      } as const;
      ends.set(request, await trail.begin(auditedCall(call, asked, by)));
    };

  const end = (
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
    done: (error: null, payload: unknown) => void,
  ): void => {
    const answer = answerIn(payload);
    const { statusCode } = reply;
    ends.get(request)?.(
      statusCode < 400
        ? { outcome: 'succeeded', after: answer }
        : {
            outcome: statusCode < 500 ? 'refused' : 'failed',
            ...(typeof answer?.['code'] === 'string' && { code: answer['code'] }),
          },
    );
    done(null, payload);
  };

  /** Refused at the door: a key that may not do this. */
  const deny =
    (call: Call) =>
    (request: FastifyRequest, _reply: FastifyReply, error: Error, done: () => void): void => {
      if (!ends.has(request) && error instanceof Problem && error.code === 'PERMISSION_DENIED')
        trail.note({
          outcome: 'refused',
          actor: keyIdIn(request.headers.authorization, keys),
          address: request.socket.remoteAddress ?? '',
          door: 'rest',
          requestId: request.id,
          action: call.name,
          code: error.code,
        });
      done();
    };

  rest.addHook('onRoute', (route) => {
    const call = route.config?.call;
    if (!call || !isAudited(call)) return;
    route.preHandler = [...[route.preHandler ?? []].flat(), begin(call)];
    route.onSend = [...[route.onSend ?? []].flat(), end];
    route.onError = [...[route.onError ?? []].flat(), deny(call)];
  });
}

function answerIn(payload: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof payload === 'string' && payload.startsWith('{')
    ? (JSON.parse(payload) as Readonly<Record<string, unknown>>)
    : undefined;
}
