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
import type { ConnectionLimit } from '../api/listener-limits';
import { Problem } from '../contract/problem';
import type { ConsoleSessions } from '../platform/console-sessions';
import { sessionTokenOf, showKey } from './session-cookie';

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
export function authorize(doorkeepers: Doorkeepers, sessions: ConsoleSessions, connections: ConnectionLimit) {
  const enter = (request: FastifyRequest, admitted: Admitted | undefined): Problem | undefined => {
    if (admitted && !(admitted instanceof Problem)) connections.showedKey(request.socket, request.socket);
    return note(request, admitted);
  };
  const judge = (request: FastifyRequest): Admitted | undefined | Promise<Admitted | undefined> => {
    const { call } = request.route.config;
    const caller = callerOf(request);
    return call && call.scope !== null
      ? admit(doorkeepers, caller, call.scope)
      : admitAnybody(doorkeepers, caller, call?.heldMsMax);
  };
  return (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const token = request.headers.authorization === undefined ? sessionTokenOf(request) : undefined;
    const admitted =
      token === undefined
        ? judge(request)
        : showKeyOfSession({ doorkeepers, sessions }, request, token).then(() => judge(request));
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

/**
 * From here on a request of the console is as if its page had sent the key that its session stands for: scopes, limits, rates and
 * the audit log are those of the key. Sessions that nobody has seen are looked up at the rate of their address.
 */
async function showKeyOfSession(
  { doorkeepers, sessions }: { readonly doorkeepers: Doorkeepers; readonly sessions: ConsoleSessions },
  request: FastifyRequest,
  token: string,
): Promise<void> {
  if (!sessions.isRemembered(token) && !(await doorkeepers.throttle.pass(callerOf(request).address())))
    return;
  const session = await sessions.open(token);
  if (session) showKey(request, session.secret);
}

/** Where a request comes from. */
export function callerOf(request: FastifyRequest): Caller {
  return {
    authorization: request.headers.authorization,
    address: () => request.socket.remoteAddress ?? '',
  };
}

/** Notes whose request it is. @returns the problem of whoever was not let in, or asks for an account out of reach */
function note(request: FastifyRequest, admitted: Admitted | undefined): Problem | undefined {
  if (admitted instanceof Problem) return admitted;
  request.principal = admitted ?? NOBODY;
  return admitted && admitted.accounts !== null ? beyondLimits(admitted, request) : undefined;
}

function beyondLimits(principal: Principal, request: FastifyRequest): Problem | undefined {
  if (request.route.config.call?.limitsKept === 'by the handler') return undefined;
  const { accountId } = request.params as { readonly accountId?: string };
  return accountId === undefined ? notForLimited(principal) : outOfReach(principal, accountId);
}
