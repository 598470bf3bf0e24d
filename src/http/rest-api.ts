import { Inject, Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../contract/problem';
import { AccessLog } from '../platform/access-log';
import { AuditTrail } from '../audit-log/audit-trail';
import { AnonymousThrottle } from '../platform/anonymous-throttle';
import { ApiKeys } from '../platform/api-keys';
import { ConsoleSessions } from '../platform/console-sessions';
import { Health } from '../health/health';
import { Metrics } from '../platform/metrics';
import { AccountRates } from '../platform/rates/account-rates';
import { RateLimits } from '../platform/rates/rate-limits';
import { Settings } from '../platform/settings';
import { TRACES, type Traces } from '../platform/traces/traces';
import { REAL_SURROUNDINGS } from '../shards/surroundings';
import { acceptJsonOnly } from './accept-json';
import { refuseOtherMethods } from './allowed-methods';
import { auditCalls } from './audit-calls';
import { authorize } from './authorize';
import { BodyBudget } from '../api/body-budget';
import { ListGate } from '../platform/list-gate';
import { ConnectionLimit } from '../api/listener-limits';
import { nameAnswer } from './call-names';
import { checkRequests } from './compiled-checks';
import { countBodies } from './count-bodies';
import { gateLists } from './gate-lists';
import { limitRates } from './limit-rates';
import { describeApi } from './openapi';
import { answerExpectation } from './problem-reply';
import { serializeAnswers } from './serialize-answers';
import { traceCalls } from './trace-calls';
import { watchCalls } from './watch-calls';

declare module 'fastify' {
  interface FastifyRequest {
    /** `routeOptions`, read once: the framework makes the object anew whenever it is asked. */
    route: FastifyRequest['routeOptions'];
  }
}

/** What every request passes before a controller sees it: the server's limits, its hooks, and the description of its routes. */
@Injectable()
export class RestApi {
  constructor(
    private readonly health: Health,
    private readonly keys: ApiKeys,
    private readonly sessions: ConsoleSessions,
    private readonly throttle: AnonymousThrottle,
    private readonly metrics: Metrics,
    private readonly bodies: BodyBudget,
    private readonly lists: ListGate,
    private readonly accessLog: AccessLog,
    private readonly trail: AuditTrail,
    private readonly rates: RateLimits,
    private readonly accountRates: AccountRates,
    private readonly settings: Settings,
    @Inject(TRACES) private readonly traces: Traces | undefined,
  ) {}

  /** Makes a server ready for the controllers' routes, which Nest registers after this. */
  async prepare(server: FastifyInstance): Promise<void> {
    const { metrics, settings } = this;
    const connections = new ConnectionLimit(server.server, settings.httpConnectionsMax, () => {
      metrics.connectionRefused();
    });
    acceptJsonOnly(server);
    checkRequests(server);
    serializeAnswers(server);
    beginCalls(server, watchCalls(server, this.accessLog, metrics.calls), traceCalls(server, this.traces));
    refuseWithoutHost(server);
    partWhenStopping(server, this.health);
    refuseOtherMethods(server);
    server.server.on('checkExpectation', answerExpectation);
    server.decorateRequest('principal');
    // Of all that the server answers: pages and unknown paths cost something too.
    const doorkeepers = { keys: this.keys, throttle: this.throttle };
    server.addHook('onRequest', authorize(doorkeepers, this.sessions, connections));
    limitRates(server, this.rates, this.accountRates);
    countBodies(server, {
      budget: this.bodies,
      later: REAL_SURROUNDINGS.later,
      refused: (reason, keyId) => {
        metrics.bodyRefused(reason, keyId);
      },
    });
    allowLargerBodies(server);
    gateLists(server, this.lists);
    auditCalls(server, { trail: this.trail, keys: this.keys });
    await describeApi(server, settings.docs === 'on');
  }
}

/** The framework's decorators have no place for a route's own bound on bodies. */
function allowLargerBodies(server: FastifyInstance): void {
  server.addHook('onRoute', (route) => {
    const bodyBytesMax = route.config?.call?.bodyBytesMax;
    if (bodyBytesMax !== undefined) route.bodyLimit = bodyBytesMax;
  });
}

/** HTTP/1.1 demands the header of every request. */
function refuseWithoutHost(server: FastifyInstance): void {
  server.addHook('onRequest', ({ raw }, _reply, done) => {
    const isMissing = raw.headers.host === undefined && raw.httpVersion === '1.1';
    done(
      isMissing
        ? new Problem('INVALID_ARGUMENT', { errors: [{ field: 'host', rule: 'is required' }] })
        : undefined,
    );
  });
}

/**
 * Every answer names its request, and is noted. Answers about money are kept by no cache, and taken for nothing but what
 * they say they are. One hook for all of it: each costs.
 */
function beginCalls(
  server: FastifyInstance,
  begin: ReturnType<typeof watchCalls>,
  trace: ReturnType<typeof traceCalls>,
): void {
  server.decorateRequest('route');
  server.addHook('onRequest', (request, reply, done) => {
    request.route = request.routeOptions;
    begin(request, reply);
    trace?.(request, reply);
    nameAnswer(request, reply);
    void reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
    done();
  });
}

/** While the service drains, connections that are kept for the next request are led elsewhere one by one. */
function partWhenStopping(server: FastifyInstance, health: Health): void {
  server.addHook('onRequest', (_request, reply, done) => {
    if (health.isStopping) void reply.header('connection', 'close');
    done();
  });
}
