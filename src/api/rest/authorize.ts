import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { NOBODY, type Permission, type Principal } from '../../platform/principal';
import {
  admit,
  admitAnybody,
  type Admitted,
  type Caller,
  type Doorkeepers,
  notForLimited,
  outOfReach,
} from '../admit';
import { Problem } from '../problem';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key needs for this route. */
    scope?: Permission;
    /**
     * Who sees to a key's limits to some accounts: by default whoever lets a request in, by the account in the path. A route
     * without one is then not for limited keys.
     */
    limitsKept?: 'by the handler';
    /** Without a key: the longest that a request may be held back when its address asks too often. */
    heldMsMax?: number;
    /** An empty body is as good as none, whatever content type it came with. */
    bodyOptional?: true;
    /** What the description says of the body, where that is more than is checked before the handler. */
    documentedBody?: object;
  }

  interface FastifyRequest {
    /** Whose key the request came with; `NOBODY` on routes that need none. */
    principal: Principal;
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
    const goOn = (admitted: Admitted | undefined): void => {
      if (admitted instanceof Problem) {
        done(admitted);
        return;
      }
      request.principal = admitted ?? NOBODY;
      done(admitted && admitted.accounts !== null ? beyondLimits(admitted, request) : undefined);
    };
    const admitted =
      scope === undefined ? admitAnybody(doorkeepers, caller, heldMsMax) : admit(doorkeepers, caller, scope);
    if (!(admitted instanceof Promise)) {
      goOn(admitted);
      return;
    }
    admitted.then(goOn, (error: unknown) => {
      done(error as Error);
    });
  };
}

function beyondLimits(principal: Principal, request: FastifyRequest): Problem | undefined {
  if (request.routeOptions.config.limitsKept === 'by the handler') return undefined;
  const { accountId } = request.params as { readonly accountId?: string };
  return accountId === undefined ? notForLimited(principal) : outOfReach(principal, accountId);
}
