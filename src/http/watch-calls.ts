import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AccessLog } from '../platform/access-log';
import type { CallMetrics } from '../platform/call-metrics';
import { keyIdOf, namesOf } from './call-names';

declare module 'fastify' {
  interface FastifyRequest {
    /** Milliseconds, by the process's clock. */
    begunAt: number;
  }

  interface FastifyContextConfig {
    /** Of a route whose handler notes its successes by itself, because a hook would cost them more; see `watchCalls`. */
    watched?: Watched;
  }
}

/** Told of a request when its answer is known. */
export interface Watched {
  answered: (request: FastifyRequest, reply: FastifyReply) => void;
}

type BeginCall = (request: FastifyRequest, reply: FastifyReply) => void;

/** What no route was found for. Its path is the caller's invention, and may neither be counted nor logged by itself. */
const NO_ROUTE = 'none';

/**
 * Notes how requests are answered, at the moment when an answer is ready to be sent. Each route has a hook of its own, which
 * knows the route's pattern beforehand: to ask the framework for the pattern costs every request more than all of this.
 *
 * A hook costs 2 to 3 µs, whether `onSend` or `onResponse`, which is 2 % of a deduction. So a route that is `watched` has
 * none: its handler notes the successes, and the filter of problems (`noteProblem`) all others.
 *
 * @returns what to call when a request has come
 */
export function watchCalls(server: FastifyInstance, accessLog: AccessLog, calls: CallMetrics): BeginCall {
  const note = (request: FastifyRequest, reply: FastifyReply, route: string, seconds: number): void => {
    if (!accessLog.wants()) return;
    const { method } = request;
    const { statusCode: status } = reply;
    accessLog.write({ ...namesOf(request), keyId: keyIdOf(request), method, route, status, seconds });
  };
  const watcher = (method: string, route: string) => {
    const timed = calls.httpRoute(method, route);
    return (request: FastifyRequest, reply: FastifyReply): void => {
      const seconds = (performance.now() - request.begunAt) / 1_000;
      timed(reply.statusCode, seconds);
      note(request, reply, route, seconds);
    };
  };
  server.decorateRequest('begunAt', 0);
  server.addHook('onRoute', (route) => {
    // Two colons stand for a literal one.
    const watch = watcher([route.method].flat().join(' '), route.url.replaceAll('::', ':'));
    if (route.config?.watched) {
      route.config.watched.answered = watch;
      return;
    }
    const answered = (
      request: FastifyRequest,
      reply: FastifyReply,
      _payload: unknown,
      done: () => void,
    ): void => {
      watch(request, reply);
      done();
    };
    route.onSend = [...[route.onSend ?? []].flat(), answered];
  });
  const unrouted = watcher(NO_ROUTE, NO_ROUTE);
  return (request, reply) => {
    request.begunAt = performance.now();
    if (request.is404)
      reply.raw.once('finish', () => {
        unrouted(request, reply);
      });
  };
}

/** A problem is about to be sent: its status stands in the reply. */
export function noteProblem(request: FastifyRequest, reply: FastifyReply): void {
  // Unknown paths have no route to ask for.
  if (!request.is404) request.routeOptions.config.watched?.answered(request, reply);
}
