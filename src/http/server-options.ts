import type { Server } from 'node:http';
import type { FastifyHttpOptions } from 'fastify';
import { Problem } from '../contract/problem';
import type { Certificate } from '../platform/certificate-files';
import { callIdOfRequest, nameAnswer } from './call-names';
import { answerUnreadable, sendProblem } from './problem-reply';

const BODY_BYTES_MAX = 64 * 1024;

/** How the server is made. */
const FASTIFY_OPTIONS = {
  bodyLimit: BODY_BYTES_MAX,
  genReqId: callIdOfRequest,
  // From its first byte to its last: a request that trickles in holds a connection and its share of the body budget.
  requestTimeout: 30_000,
  http: {
    // Node would refuse with an empty answer; `refuseWithoutHost` does in the API's own form.
    requireHostHeader: false,
    // Two keys in one request are no key: of repeated headers, a proxy may have checked another one than is read here.
    joinDuplicateHeaders: true,
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
  clientErrorHandler: (error, socket) => {
    answerUnreadable(error, socket);
  },
  frameworkErrors: (_error, request, reply) => {
    // None of the hooks is asked.
    nameAnswer(request, reply);
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
