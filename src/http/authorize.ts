import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { NOBODY, type Principal } from '../platform/principal';
import {
  admit,
  admitAnybody,
  type Admitted,
  type Caller,
  type Doorkeepers,
  notForLimited,
  outOfReach,
} from '../api/admit';
import { Problem } from '../contract/problem';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose key the request came with; `NOBODY` on routes that need none. */
    principal: Principal;
  }
}

/**
 * Lets a request through when its key has the scope of the call, and at its address's rate when that needs no key. A hook and
 * no guard: guards are asked when the body has been read and checked, and nobody without a key may make the service read
 * one, or learn what is wrong with it.
 */
export function authorize(doorkeepers: Doorkeepers) {
  return (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const { call } = request.routeOptions.config;
    const caller: Caller = {
      authorization: request.headers.authorization,
      address: () => request.socket.remoteAddress ?? '',
    };
    const admitted =
      call && call.scope !== null
        ? admit(doorkeepers, caller, call.scope)
        : admitAnybody(doorkeepers, caller, call?.heldMsMax);
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
  if (request.routeOptions.config.call?.limitsKept === 'by the handler') return undefined;
  const { accountId } = request.params as { readonly accountId?: string };
  return accountId === undefined ? notForLimited(principal) : outOfReach(principal, accountId);
}
