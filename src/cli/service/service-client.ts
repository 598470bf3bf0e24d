import { Pool } from 'undici';
import { NoAnswer, ServiceProblem } from '../faults';
import { readProblem, readRetryAfterMs } from './read-problem';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the service's address, e.g. `/v1/accounts`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
  /** The request id had taken effect before. */
  readonly replayed: boolean;
}

// Long enough for a full batch on a busy service, short enough to notice one that has stopped answering.
const ANSWER_WAIT_MS_MAX = 30_000;
const CONNECT_WAIT_MS_MAX = 5_000;

/** The service's REST API over kept-alive connections. Nothing is retried here: only the caller knows what is safe. */
export class ServiceClient {
  readonly url: string;
  readonly #pool: Pool;
  readonly #basePath: string;
  readonly #headers: Record<string, string>;

  constructor({ url, key }: { readonly url: URL; readonly key?: string }) {
    this.url = url.href.replace(/\/$/, '');
    this.#basePath = url.pathname.replace(/\/$/, '');
    this.#headers = {
      accept: 'application/json, application/problem+json',
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    };
    this.#pool = new Pool(url.origin, {
      headersTimeout: ANSWER_WAIT_MS_MAX,
      bodyTimeout: ANSWER_WAIT_MS_MAX,
      connect: { timeout: CONNECT_WAIT_MS_MAX },
    });
  }

  /**
   * @throws ServiceProblem for every answer that is not a success
   * @throws NoAnswer when there was none, or only a part of one
   */
  async call<Body>(call: Call): Promise<Answer<Body>> {
    const { status, headers, text } = await this.#exchange(call);
    if (status >= 200 && status < 300) {
      const body = status === 204 ? undefined : this.#parse(text);
      return { status, body: body as Body, replayed: headers['idempotent-replayed'] === 'true' };
    }
    const retryAfterMs = readRetryAfterMs(headers['retry-after']);
    throw new ServiceProblem({
      status,
      ...readProblem(status, text),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #exchange({ method, path, query, body, headers: further }: Call) {
    try {
      const {
        statusCode,
        headers,
        body: content,
      } = await this.#pool.request({
        method,
        path: this.#basePath + path,
        headers: {
          ...this.#headers,
          ...further,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(query === undefined ? {} : { query }),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: statusCode, headers, text: await content.text() };
    } catch (error) {
      throw this.#noAnswer(error);
    }
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw this.#noAnswer(error);
    }
  }

  #noAnswer(cause: unknown): NoAnswer {
    const code = codeOf(cause);
    if (code === 'ECONNREFUSED' || code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ENOTFOUND') {
      return new NoAnswer(`nobody answers at ${this.url} (${code})`, { refused: true, cause });
    }
    const reason = code ?? String(cause);
    return new NoAnswer(`the answer of ${this.url} was lost (${reason})`, { refused: false, cause });
  }
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
