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
    const admitted =
      scope === undefined ? admitAnybody(doorkeepers, caller, heldMsMax) : admit(doorkeepers, caller, scope);
    if (!(admitted instanceof Promise)) {
      done(enter(request, admitted));
      return;
    }
    admitted.then(
      (late) => {
        done(enter(request, late));
      },
      (error: unknown) => {
        done(error as Error);
      },
    );
  };
}

/** Notes whose request it is. @returns the problem of whoever was not let in, or asks for an account out of reach */
function enter(request: FastifyRequest, admitted: Admitted | undefined): Problem | undefined {
  if (admitted instanceof Problem) return admitted;
  request.principal = admitted ?? NOBODY;
  return admitted && admitted.accounts !== null ? beyondLimits(admitted, request) : undefined;
}

function beyondLimits(principal: Principal, request: FastifyRequest): Problem | undefined {
  if (request.routeOptions.config.limitsKept === 'by the handler') return undefined;
  const { accountId } = request.params as { readonly accountId?: string };
  return accountId === undefined ? notForLimited(principal) : outOfReach(principal, accountId);
}
