import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import type { Scope } from '../../shards/directory/directory';
import { admit, admitAnybody, type Caller, type Doorkeepers } from '../admit';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key needs for this route. */
    scope?: Scope;
    /** Without a key: the longest that a request may be held back when its address asks too often. */
    heldMsMax?: number;
    /** An empty body is as good as none, whatever content type it came with. */
    bodyOptional?: true;
    /** What the description says of the body, where that is more than is checked before the handler. */
    documentedBody?: object;
  }
}

/** Lets a request through when its key has the route's scope, and at its address's rate when the route needs no key. */
export function authorize(doorkeepers: Doorkeepers) {
  return (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const { scope, heldMsMax } = request.routeOptions.config;
    const caller: Caller = {
      authorization: request.headers.authorization,
      address: () => request.socket.remoteAddress ?? '',
    };
    const admitted =
      scope === undefined ? admitAnybody(doorkeepers, caller, heldMsMax) : admit(doorkeepers, caller, scope);
    if (!(admitted instanceof Promise)) {
      done(admitted);
      return;
    }
    admitted.then(
      (problem) => {
        done(problem);
      },
      (error: unknown) => {
        done(error as Error);
      },
    );
  };
}
