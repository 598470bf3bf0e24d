import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../contract/problem';
import { AnonymousThrottle } from '../platform/anonymous-throttle';
import { ApiKeys } from '../platform/api-keys';
import { Health } from '../health/health';
import { Metrics } from '../platform/metrics';
import { Settings } from '../platform/settings';
import { REAL_SURROUNDINGS } from '../shards/surroundings';
import { acceptJsonOnly } from './accept-json';
import { refuseOtherMethods } from './allowed-methods';
import { authorize } from './authorize';
import { BodyBudget } from '../api/body-budget';
import { limitConnections } from '../api/listener-limits';
import { countBodies } from './count-bodies';
import { describeApi } from './openapi';
import { answerExpectation } from './problem-reply';

/** What every request passes before a controller sees it: the server's limits, its hooks, and the description of its routes. */
@Injectable()
export class RestApi {
  constructor(
    private readonly health: Health,
    private readonly keys: ApiKeys,
    private readonly throttle: AnonymousThrottle,
    private readonly metrics: Metrics,
    private readonly bodies: BodyBudget,
    private readonly settings: Settings,
  ) {}

  /** Makes a server ready for the controllers' routes, which Nest registers after this. */
  async prepare(server: FastifyInstance): Promise<void> {
    const { metrics, settings } = this;
    limitConnections(server.server, settings.httpConnectionsMax, () => {
      metrics.connectionRefused();
    });
    acceptJsonOnly(server);
    refuseWithoutHost(server);
    secureAnswers(server);
    partWhenStopping(server, this.health);
    refuseOtherMethods(server);
    server.server.on('checkExpectation', answerExpectation);
    server.decorateRequest('principal');
    // Of all that the server answers: pages and unknown paths cost something too.
    server.addHook('onRequest', authorize({ keys: this.keys, throttle: this.throttle }));
    countBodies(server, {
      budget: this.bodies,
      later: REAL_SURROUNDINGS.later,
      refused: (reason, keyId) => {
        metrics.bodyRefused(reason, keyId);
      },
    });
    allowLargerBodies(server);
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

/** Answers about money are kept by no cache, and taken for nothing but what they say they are. */
function secureAnswers(server: FastifyInstance): void {
  server.addHook('onRequest', (_request, reply, done) => {
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
