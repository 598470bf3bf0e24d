import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import type { ApiKeys, Principal } from '../../platform/api-keys';
import type { Scope } from '../../shards/directory/directory';
import { Problem } from '../problem';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key needs for this route. */
    scope?: Scope;
    /** An empty body is as good as none, whatever content type it came with. */
    bodyOptional?: true;
    /** What the description says of the body, where that is more than is checked before the handler. */
    documentedBody?: object;
  }
}

const BEARER = /^Bearer ([\x21-\x7E]{1,512})$/i;

/** Lets a request through when its key has the route's scope. A key that is remembered costs no promise. */
export function authorize(keys: ApiKeys) {
  return (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const { scope } = request.routeOptions.config;
    if (scope === undefined) {
      done();
      return;
    }
    const secret = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (secret === undefined) {
      done(new Problem('UNAUTHENTICATED', { detail: 'Send the header Authorization: Bearer <key>.' }));
      return;
    }
    const remembered = keys.peek(secret);
    if (remembered !== null) {
      done(problemFor(remembered, scope));
      return;
    }
    keys.authenticate(secret).then(
      (principal) => {
        done(problemFor(principal, scope));
      },
      (error: unknown) => {
        done(error as Error);
      },
    );
  };
}

function problemFor(principal: Principal | undefined, scope: Scope): Problem | undefined {
  if (!principal) return new Problem('UNAUTHENTICATED', { detail: 'The key is not known.' });
  if (principal.scopes.has(scope) || principal.scopes.has('admin')) return undefined;
  return new Problem('PERMISSION_DENIED', { detail: `This needs a key with the scope "${scope}".` });
}
