import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ListGate, type ListPass } from '../platform/list-gate';
import { tooManyLists } from '../api/list-problem';
import { pageLength } from '../contract/cursors';
import { ConnectionEnds } from './connection-ends';

/** Has the routes of lists pass the gate; see `ListGate`. */
export function gateLists(rest: FastifyInstance, gate: ListGate): void {
  const passes = new WeakMap<FastifyRequest, ListPass>();
  const ends = new ConnectionEnds();

  const enter = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { socket } = request;
    const pass = gate.ask({
      keyId: request.principal.keyId,
      connection: socket,
      rows: rowsOf(request),
      cutOff: () => {
        socket.destroy();
      },
    });
    passes.set(request, pass);
    const gone = (): void => {
      forget();
      pass.gone();
    };
    const forget = ends.add(socket, gone);
    reply.raw.once('close', gone);
    if (!(await pass.begun)) throw tooManyLists();
  };
  const answered = (
    request: FastifyRequest,
    _reply: FastifyReply,
    _payload: unknown,
    done: () => void,
  ): void => {
    passes.get(request)?.answered();
    done();
  };

  rest.addHook('onRoute', (route) => {
    if (route.config?.call?.rows === undefined) return;
    route.preHandler = [...[route.preHandler ?? []].flat(), enter];
    route.onSend = [...[route.onSend ?? []].flat(), answered];
  });
}

function rowsOf({ query, route: { config } }: FastifyRequest): number {
  const { limit } = query as { readonly limit?: string };
  return limit === undefined ? (config.call?.rows ?? 0) : pageLength(limit);
}
