import { isUtf8 } from 'node:buffer';
import type { Server } from 'node:http';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { Injectable } from '@nestjs/common';
import type { FastifyHttpOptions, FastifyInstance } from 'fastify';
import { AnonymousThrottle } from '../../platform/anonymous-throttle';
import { ApiKeys } from '../../platform/api-keys';
import type { Certificate } from '../../platform/certificate-files';
import { Health } from '../../platform/health';
import { Metrics } from '../../platform/metrics';
import { Settings } from '../../platform/settings';
import { PRODUCT_VERSION } from '../../platform/version';
import { Problem } from '../problem';
import { AccountController } from './account.controller';
import { AccountStatusController } from './account-status.controller';
import { refuseOtherMethods } from './allowed-methods';
import { authorize } from './authorize';
import { BodyBudget, withinBudget } from './body-budget';
import { limitConnections } from './connection-limits';
import { BatchController } from './batch.controller';
import { DeductionController } from './deduction.controller';
import { HealthController } from './health.controller';
import { HoldController } from './hold.controller';
import { KeyController } from './key.controller';
import { OperationController } from './operation.controller';
import {
  answerExpectation,
  answerUnreadable,
  problemOfError,
  sendProblem,
  UNREADABLE_BODY,
} from './problem-reply';
import { AmbiguousJsonError, readJson } from './read-json';
import { SHAPES } from './schemas/shapes';
import { ReversalController } from './reversal.controller';
import { ShardController } from './shard.controller';
import { StrategyController } from './strategy.controller';
import { SubAccountController } from './sub-account.controller';

const BODY_BYTES_MAX = 64 * 1024;
const MEBIBYTE = 1024 * 1024;

/** How the server is made. Nothing is coerced, dropped or defaulted behind the caller's back. */
const FASTIFY_OPTIONS = {
  bodyLimit: BODY_BYTES_MAX,
  // From its first byte to its last: a request that trickles in holds a connection and its share of the body budget.
  requestTimeout: 30_000,
  http: {
    // Node would refuse with an empty answer; `refuseWithoutHost` does in the API's own form.
    requireHostHeader: false,
    maxHeaderSize: 16 * 1024,
    headersTimeout: 10_000,
    // How often the two times are looked after; by default every 30 s, and so up to twice as late.
    connectionsCheckingInterval: 2_000,
  },
  // While it stops, what still comes on an open connection is served, and the connection ended.
  return503OnClosing: false,
  // Above the 60 s after which proxies end an idle connection: whoever ends it first is not the one that sends on it.
  keepAliveTimeout: 72_000,
  forceCloseConnections: 'idle',
  routerOptions: { maxParamLength: 512 },
  ajv: {
    customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allowUnionTypes: true },
  },
  clientErrorHandler: (error, socket) => {
    answerUnreadable(error, socket);
  },
  frameworkErrors: (_error, _request, reply) => {
    void sendProblem(
      reply,
      new Problem('INVALID_ARGUMENT', { errors: [{ field: 'path', rule: 'a well-formed URL' }] }),
    );
  },
} satisfies FastifyHttpOptions<Server>;

/** How long a client may take to agree on TLS. */
const HANDSHAKE_MS_MAX = 10_000;

/** @param certificate with one, the server speaks TLS; the bounds are the same */
export function fastifyOptions(certificate: Certificate | undefined): FastifyHttpOptions<Server> {
  if (!certificate) return FASTIFY_OPTIONS;
  const { http, ...common } = FASTIFY_OPTIONS;
  const https = { ...http, ...certificate, handshakeTimeout: HANDSHAKE_MS_MAX };
  // Fastify has a type of its own for servers with TLS, which differ in nothing that is used here.
  return { ...common, https } as FastifyHttpOptions<Server>;
}

/**
 * The REST API on a Fastify instance. Every route has a compiled schema that checks, documents and serializes it;
 * controllers only translate between HTTP and services.
 */
@Injectable()
export class RestApi {
  constructor(
    private readonly accounts: AccountController,
    private readonly statuses: AccountStatusController,
    private readonly deductions: DeductionController,
    private readonly reversals: ReversalController,
    private readonly holds: HoldController,
    private readonly batch: BatchController,
    private readonly subAccounts: SubAccountController,
    private readonly strategies: StrategyController,
    private readonly operations: OperationController,
    private readonly shards: ShardController,
    private readonly keyController: KeyController,
    private readonly health: HealthController,
    private readonly readiness: Health,
    private readonly keys: ApiKeys,
    private readonly throttle: AnonymousThrottle,
    private readonly metrics: Metrics,
    private readonly settings: Settings,
  ) {}

  /** @param extend registers further routes among the API's own, under the same hooks; the benchmarks' yardsticks */
  async register(server: FastifyInstance, extend?: (rest: FastifyInstance) => void): Promise<void> {
    const { metrics, settings } = this;
    limitConnections(server.server, settings.httpConnectionsMax, () => {
      metrics.connectionRefused();
    });
    const bodies = new BodyBudget(settings.httpBodiesMibMax * MEBIBYTE);
    metrics.readBodiesFrom(() => bodies.takenBytes);
    acceptJsonOnly(server);
    refuseWithoutHost(server);
    secureAnswers(server);
    partWhenStopping(server, this.readiness);
    refuseOtherMethods(server);
    server.server.on('checkExpectation', answerExpectation);
    server.decorateRequest('principal');
    // Of all that the server answers: pages and unknown paths cost something too.
    server.addHook('onRequest', authorize({ keys: this.keys, throttle: this.throttle }));
    for (const shape of SHAPES) server.addSchema(shape);
    await server.register(swagger, OPENAPI);
    if (settings.docs === 'on') await registerPages(server);
    await server.register((rest, _options, done) => {
      rest.setErrorHandler((error, _request, reply) =>
        sendProblem(reply, problemOfError(error, this.metrics)),
      );
      rest.addHook(
        'onRequest',
        withinBudget(bodies, () => {
          metrics.bodyRefused();
        }),
      );
      for (const controller of [
        this.accounts,
        this.statuses,
        this.deductions,
        this.reversals,
        this.holds,
        this.batch,
        this.subAccounts,
        this.strategies,
        this.operations,
        this.shards,
        this.keyController,
        this.health,
      ]) {
        controller.register(rest);
      }
      extend?.(rest);
      if (settings.docs === 'on') describe(rest, server);
      done();
    });
  }
}

/**
 * JSON in UTF-8 and as it is, and nothing else: bytes that are no UTF-8 would be replaced without a word, and a compressed
 * body is no JSON.
 */
function acceptJsonOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (body.length === 0 && request.routeOptions.config.bodyOptional) done(null, null);
    else {
      const read = readBody(body);
      if (read instanceof Problem) done(read);
      else done(null, read.value);
    }
  });
  server.addHook('onRequest', ({ headers }, _reply, done) => {
    const encoding = headers['content-encoding'];
    done(
      encoding === undefined || encoding.toLowerCase() === 'identity'
        ? undefined
        : new Problem('UNSUPPORTED_MEDIA_TYPE', {
            detail: 'Bodies are sent as they are: no Content-Encoding.',
          }),
    );
  });
}

function readBody(body: Buffer): { readonly value: unknown } | Problem {
  if (!isUtf8(body)) return new Problem('INVALID_ARGUMENT', { errors: [UNREADABLE_BODY] });
  try {
    // Some editors and libraries put a byte order mark first; RFC 8259 lets a reader ignore it.
    return { value: readJson(body.toString().replace(/^\uFEFF/, '')) };
  } catch (error) {
    const { field, rule } = error instanceof AmbiguousJsonError ? error : UNREADABLE_BODY;
    return new Problem('INVALID_ARGUMENT', { errors: [{ field, rule }] });
  }
}

/** The description of the API, which does not change while the service runs. */
function describe(rest: FastifyInstance, server: FastifyInstance): void {
  let description: string | undefined;
  rest.get('/openapi.json', { schema: { hide: true } }, (_request, reply) => {
    description ??= JSON.stringify(server.swagger());
    return reply.type('application/json; charset=utf-8').send(description);
  });
}

/** The API's pages for people. They load nothing from elsewhere, and no other site may frame them. */
async function registerPages(server: FastifyInstance): Promise<void> {
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    transformStaticCSP: (policy) => `${policy}; frame-ancestors 'none'`,
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

const OPENAPI: Parameters<typeof swagger>[1] = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'hotsplit',
      version: PRODUCT_VERSION,
      description:
        'Exact, durable, idempotent deductions and credits on accounts too hot for one database row.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/', description: 'This service.' }],
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
    security: [{ key: [] }],
  },
  transform: ({ schema, url, route }) => {
    const body = route.config?.documentedBody;
    return { url, schema: body ? { ...schema, body } : schema };
  },
  transformObject: (document) =>
    'openapiObject' in document ? withOptionalBodies(document.openapiObject) : document.swaggerObject,
  // Shared shapes appear under their own names.
  refResolver: { buildLocalReference: (json) => (json as { $id: string }).$id },
};

interface DescribedOperation {
  readonly requestBody?: {
    required?: boolean;
    readonly content?: Readonly<Record<string, { readonly schema?: { type?: unknown } }>>;
  };
}

/** A body that may be `null` to us may be absent to the caller, and is described so. */
function withOptionalBodies<Document extends { readonly paths?: object }>(document: Document): Document {
  const paths = (document.paths ?? {}) as Readonly<
    Record<string, Readonly<Record<string, DescribedOperation>>>
  >;
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  for (const { requestBody } of operations) {
    const schema = requestBody?.content?.['application/json']?.schema;
    if (!requestBody || !schema || !Array.isArray(schema.type) || !schema.type.includes('null')) continue;
    requestBody.required = false;
    schema.type = 'object';
  }
  return document;
}
