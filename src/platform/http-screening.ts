import { createRequire } from 'node:module';
import type * as Undici from 'undici';
import type { AskScreening, Question } from '../engine/screening/question';
import { ScreeningFailure } from '../engine/screening/screening-failure';

/** Far above what verdicts on a full batch take. */
const ANSWER_BYTES_MAX = 1024 * 1024;

const CONNECT_MS_MAX = 5_000;

export interface HttpScreeningOptions {
  readonly url: string;
  /** Sent as a bearer token. */
  readonly secret?: string | undefined;
  readonly connectionsMax: number;
}

/**
 * The operator's screening service over HTTP. Connections are bounded, redirects are not followed, and of an answer no more is
 * read than verdicts may take; the deadline is the caller's, by its signal.
 */
export class HttpScreening {
  readonly #pool: Undici.Pool;
  readonly #path: string;
  readonly #headers: Record<string, string>;

  constructor({ url, secret, connectionsMax }: HttpScreeningOptions) {
    const { origin, pathname, search, username, password } = new URL(url);
    // Loaded only where there is such a service: it takes up to a tenth of a second.
    const undici = createRequire(__filename)('undici') as typeof Undici;
    this.#pool = new undici.Pool(origin, {
      connections: connectionsMax,
      pipelining: 1,
      connect: { timeout: CONNECT_MS_MAX },
      maxResponseSize: ANSWER_BYTES_MAX,
    });
    this.#path = pathname + search;
    this.#headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      ...authorizationOf({ secret, username, password }),
    };
  }

  readonly ask: AskScreening = async (questions, signal) => {
    try {
      return await this.#post(JSON.stringify({ items: questions.map(itemOf) }), signal);
    } catch (error) {
      if (error instanceof ScreeningFailure) throw error;
      if ((error as { code?: unknown }).code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') throw tooLarge();
      throw new ScreeningFailure('unreachable', 'the call failed', { cause: error });
    }
  };

  /** Ends every connection at once; calls under way fail. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }

  async #post(body: string, signal: AbortSignal): Promise<unknown> {
    const answer = await this.#pool.request({
      path: this.#path,
      method: 'POST',
      headers: this.#headers,
      body,
      signal,
    });
    const failure = failureOf(answer);
    if (failure) {
      // What follows is of no use to anybody: the connection is ended instead of read to its end.
      answer.body.on('error', () => undefined).destroy();
      throw failure;
    }
    const text = await answer.body.text();
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw new ScreeningFailure('not_json', 'the answer is not JSON', { cause: error });
    }
  }
}

function failureOf({
  statusCode,
  headers,
}: Pick<Undici.Dispatcher.ResponseData, 'statusCode' | 'headers'>): ScreeningFailure | undefined {
  if (statusCode >= 300 && statusCode < 400)
    return new ScreeningFailure(
      'redirect',
      `the answer is a redirect (${statusCode}), which is not followed`,
    );
  if (statusCode !== 200) return new ScreeningFailure('status', `the answer has the status ${statusCode}`);
  const type = headers['content-type'];
  if (typeof type !== 'string' || !/^application\/json\s*(;|$)/i.test(type))
    return new ScreeningFailure('content_type', 'the answer is not application/json');
  return Number(headers['content-length'] ?? 0) > ANSWER_BYTES_MAX ? tooLarge() : undefined;
}

function tooLarge(): ScreeningFailure {
  return new ScreeningFailure('too_large', `the answer has more than ${ANSWER_BYTES_MAX} bytes`);
}

function itemOf({ accountId, requestId, amountMinor, reference, metadata, occurredAtUs }: Question) {
  return {
    accountId,
    requestId,
    amount: amountMinor.toString(),
    reference,
    metadata: metadata === null ? null : (JSON.parse(metadata) as Record<string, string>),
    occurredAt: new Date(occurredAtUs / 1_000).toISOString(),
  };
}

function authorizationOf({
  secret,
  username,
  password,
}: {
  readonly secret?: string | undefined;
  readonly username: string;
  readonly password: string;
}): { authorization?: string } {
  if (secret !== undefined) return { authorization: `Bearer ${secret}` };
  if (username === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}
