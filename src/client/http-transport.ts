import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { NoAnswerError, UntrustedServerError } from './errors';
import type { TlsOptions } from './options';

export interface Exchange {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the endpoint's address, with its query. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long this one try may take. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Told before anything of the request leaves this machine; if it is never told, nothing has. */
  readonly leaves?: () => void;
}

/** A whole answer, whoever gave it. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Transport {
  /** @throws NoAnswerError when there was no answer, or only a part of one */
  exchange(exchange: Exchange): Promise<HttpAnswer>;
  close(): void;
}

export interface TransportOptions {
  readonly url: URL;
  /** Without one, no key is sent. */
  readonly apiKey?: string | undefined;
  readonly connectionsMax: number;
  readonly connectTimeoutMs: number;
  readonly tls?: TlsOptions;
}

/** More than any answer of the service has: what goes on beyond it comes from somebody else. */
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;

/** One endpoint over kept-alive connections of Node's own client. Nothing is retried here. */
export class HttpTransport implements Transport {
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #request: typeof requestHttp;
  readonly #url: URL;
  readonly #basePath: string;
  readonly #connectTimeoutMs: number;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ url, apiKey, connectionsMax, connectTimeoutMs, tls }: TransportOptions) {
    this.#connectTimeoutMs = connectTimeoutMs;
    const pool = { keepAlive: true, maxSockets: connectionsMax, scheduling: 'lifo' } as const;
    const isTls = url.protocol === 'https:';
    // The TLS options are Node's own under their own names; the cast is about byte arrays that need not be Buffers.
    this.#agent = isTls ? new HttpsAgent({ ...pool, ...(tls as object | undefined) }) : new HttpAgent(pool);
    this.#request = isTls ? requestHttps : requestHttp;
    this.#url = url;
    this.#basePath = url.pathname.replace(/\/+$/, '');
    this.#headers = {
      accept: 'application/json, application/problem+json',
      ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
    };
  }

  exchange(exchange: Exchange): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#begin(exchange);
      let isSent = false;
      onConnected(outgoing, this.#connectTimeoutMs, () => {
        isSent = true;
        exchange.leaves?.();
      });
      const timer = setTimeout(() => {
        outgoing.destroy(new Error(`no answer within ${exchange.timeoutMs} ms`));
      }, exchange.timeoutMs);
      const fail = (cause: Error): void => {
        clearTimeout(timer);
        const { origin } = this.#url;
        if (isUntrusted(outgoing))
          reject(new UntrustedServerError(`${origin} is not to be trusted: ${cause.message}`, cause));
        else reject(new NoAnswerError(`no answer of ${origin}: ${cause.message}`, isSent, cause));
      };
      outgoing.on('error', fail);
      outgoing.on('response', (incoming) => {
        readWhole(incoming, outgoing, fail, (text) => {
          clearTimeout(timer);
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
        });
      });
      outgoing.end(exchange.body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #begin({ method, path, body, headers, signal }: Exchange): ClientRequest {
    const { hostname, port } = this.#url;
    return this.#request({
      agent: this.#agent,
      // Node takes an IPv6 address without the brackets that it has in a URL.
      hostname: hostname.replace(/^\[|\]$/g, ''),
      ...(port !== '' && { port }),
      method,
      path: this.#basePath + path,
      headers: {
        ...this.#headers,
        ...(body !== undefined && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        }),
        ...headers,
      },
      ...(signal && { signal }),
    });
  }
}

/** Until a connection stands, nothing of the request has left this machine. */
function onConnected(outgoing: ClientRequest, timeoutMs: number, connected: () => void): void {
  outgoing.once('socket', (socket: Socket & { readonly encrypted?: boolean }) => {
    if (outgoing.reusedSocket || !socket.connecting) connected();
    else {
      const timer = setTimeout(() => {
        outgoing.destroy(new Error(`no connection within ${timeoutMs} ms`));
      }, timeoutMs);
      outgoing.once('close', () => {
        clearTimeout(timer);
      });
      socket.once(socket.encrypted ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer);
        connected();
      });
    }
  });
}

/** Node ends such a connection before the request is written to it. */
function isUntrusted({ socket }: ClientRequest): boolean {
  const { authorizationError } = (socket ?? {}) as { readonly authorizationError?: unknown };
  return Boolean(authorizationError);
}

function readWhole(
  incoming: IncomingMessage,
  outgoing: ClientRequest,
  fail: (cause: Error) => void,
  done: (text: string) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  incoming.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) outgoing.destroy(new Error('the answer does not end'));
  });
  incoming.on('error', fail);
  incoming.on('end', () => {
    if (incoming.complete) done(Buffer.concat(chunks, bytes).toString());
    else fail(new Error('the answer is not whole'));
  });
}
