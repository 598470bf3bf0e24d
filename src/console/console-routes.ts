import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AccessProblem } from '../api/access-problem';
import { lacking, notForLimited } from '../api/admit';
import { AuditTrail } from '../audit-log/audit-trail';
import { Problem } from '../contract/problem';
import { timeView } from '../contract/times';
import { isOfConsole, isShownBySession, sessionCookie, sessionTokenOf } from '../http/session-cookie';
import { ApiKeys } from '../platform/api-keys';
import { ConsoleSessions } from '../platform/console-sessions';
import type { Principal } from '../platform/principal';
import { Settings } from '../platform/settings';
import { PRODUCT_VERSION } from '../platform/version';
import { type ConsoleFile, ConsolePages } from './console-pages';
import { LoadReader } from './load-reader';

/** The page decides by its address what it shows. */
const VIEWS =
  /^(?:accounts(?:\/[^/]{1,192})?|shards|operations|audits|intake|webhooks(?:\/[A-Za-z0-9_]{1,32})?|keys|audit-log)$/;

/** Everything comes from this service, and nothing may put this page into another one. */
const PAGE_HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

const IMMUTABLE = 'public, max-age=31536000, immutable';

const HIDDEN = { schema: { hide: true } } as const;

/**
 * The console's page, its sessions and what it draws of `/metrics`. They belong to the page and are no part of the API, so
 * the API's description does not list them.
 */
@Injectable()
export class ConsoleRoutes {
  constructor(
    private readonly pages: ConsolePages,
    private readonly sessions: ConsoleSessions,
    private readonly keys: ApiKeys,
    private readonly trail: AuditTrail,
    private readonly load: LoadReader,
    private readonly settings: Settings,
  ) {}

  register(server: FastifyInstance): void {
    if (this.settings.console === 'off') return;
    server.get('/console', HIDDEN, (request, reply) => this.#page(request, reply, ''));
    server.get('/console/*', HIDDEN, (request, reply) =>
      this.#page(request, reply, (request.params as { readonly '*': string })['*']),
    );
    server.get('/console/session', HIDDEN, (request) => this.#session(request));
    server.post('/console/session', HIDDEN, (request, reply) => this.#signIn(request, reply));
    server.delete('/console/session', HIDDEN, (request, reply) => this.#signOut(request, reply));
    server.get('/console/load', HIDDEN, (request, reply) => this.#load(request, reply));
  }

  #page(request: FastifyRequest, reply: FastifyReply, path: string): FastifyReply {
    const file = this.pages.find(VIEWS.test(path) ? '' : path);
    if (!file) throw new Problem('ROUTE_NOT_FOUND');
    return sendFile(request, reply, file);
  }

  /** Who is signed in, for the page to know what to offer; the service decides by itself at each request. */
  async #session(request: FastifyRequest) {
    const token = sessionTokenOf(request);
    const session = token === undefined ? undefined : await this.sessions.open(token);
    const principal = session && (await this.#principalOf(session.secret));
    return session && principal
      ? { ...this.#view(principal), expiresAt: timeView(session.expiresAtUs) }
      : { signedIn: false };
  }

  async #signIn(request: FastifyRequest, reply: FastifyReply) {
    // A session makes no other one: whoever has copied a cookie could make it outlast its session's end and bounds.
    if (!isOfConsole(request.headers))
      throw new AccessProblem('unknownKey', {
        detail: 'A session is begun by the console’s own page, which sends the header x-hotsplit-console.',
      });
    const secret = isShownBySession(request) ? undefined : keyShownBy(request);
    const principal = secret === undefined ? undefined : await this.#principalOf(secret);
    if (secret === undefined || !principal)
      throw new AccessProblem('unknownKey', { detail: 'The key is not known, or has expired.' });
    const { token, lastsSeconds } = await this.sessions.begin(secret, principal.keyId);
    this.#note(request, principal, 'signInToConsole');
    void reply.header('set-cookie', sessionCookie(request, token, lastsSeconds));
    return this.#view(principal);
  }

  async #signOut(request: FastifyRequest, reply: FastifyReply) {
    const token = sessionTokenOf(request);
    if (token !== undefined) {
      const session = await this.sessions.open(token);
      const principal = session && (await this.#principalOf(session.secret));
      await this.sessions.end(token);
      if (principal) this.#note(request, principal, 'signOutOfConsole');
      // Where the other part of the page's own request is missing, somebody else made the browser ask.
      void reply.header('set-cookie', sessionCookie(request, '', 0));
    }
    return { signedIn: false };
  }

  async #load(request: FastifyRequest, reply: FastifyReply): Promise<string> {
    const secret = keyShownBy(request);
    const principal = secret === undefined ? undefined : await this.#principalOf(secret);
    if (!principal) throw new AccessProblem('noKey', { detail: 'The session is over.' });
    const refusal = principal.permissions.has('read') ? notForLimited(principal) : lacking('read');
    if (refusal) throw refusal;
    void reply.type('text/plain; charset=utf-8');
    return this.load.read();
  }

  async #principalOf(secret: string): Promise<Principal | undefined> {
    const remembered = this.keys.peek(secret);
    if (typeof remembered === 'object') return remembered;
    return remembered === 'unknown' ? undefined : this.keys.authenticate(secret);
  }

  #view({ keyId, permissions, accounts }: Principal) {
    return {
      signedIn: true,
      keyId,
      permissions: [...permissions].filter((permission) => permission !== 'lookUp'),
      ...(accounts && { accounts }),
      version: PRODUCT_VERSION,
      kafka: this.settings.kafka !== undefined,
    };
  }

  #note({ id, socket }: FastifyRequest, { keyId }: Principal, action: string): void {
    const address = socket.remoteAddress ?? '';
    this.trail.note({ outcome: 'succeeded', actor: keyId, address, door: 'rest', requestId: id, action });
  }
}

/** The key that a request of the page carries, or that its session stands for: then `authorize` has put it there. */
function keyShownBy({ headers }: FastifyRequest): string | undefined {
  return isOfConsole(headers)
    ? /^Bearer ([\x21-\x7E]{1,1024})$/i.exec(headers.authorization ?? '')?.[1]
    : undefined;
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: ConsoleFile): FastifyReply {
  const isZipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  void reply.headers(PAGE_HEADERS).header('vary', 'accept-encoding').type(file.type);
  void reply.header('cache-control', file.isImmutable ? IMMUTABLE : 'no-cache');
  if (isZipped) void reply.header('content-encoding', 'gzip');
  return reply.send(isZipped ? file.zipped : file.content);
}
