import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import type { ApiKeys } from '../../platform/api-keys';
import type { Scope } from '../../shards/directory/directory';
import { admit } from '../admit';

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

/** Lets a request through when its key has the route's scope. */
export function authorize(keys: ApiKeys) {
  return (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const { scope } = request.routeOptions.config;
    if (scope === undefined) {
      done();
      return;
    }
    const admitted = admit(keys, request.headers.authorization, scope);
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
