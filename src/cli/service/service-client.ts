import { Endpoint } from '../../client/endpoints';
import { refusalOf } from '../../client/errors';
import type { HttpAnswer } from '../../client/http-transport';
import { HttpTransport } from '../../client/http-transport';
import { judgeFault } from '../../client/judge-answer';
import type { CallRequest } from '../../client/single-call';
import { NotSettled } from '../faults';

/** As the service writes it: amounts and times are strings. */
export type JsonOf<T> = T extends bigint | Date
  ? string
  : T extends object
    ? { readonly [Field in keyof T]: JsonOf<T[Field]> }
    : T;

export interface Answer<T> {
  readonly status: number;
  readonly body: JsonOf<T>;
  /** The request id had taken effect before. */
  readonly replayed: boolean;
}

// Long enough for a full batch on a busy service, short enough to notice one that has stopped answering.
const ANSWER_WAIT_MS_MAX = 30_000;
const CONNECT_WAIT_MS_MAX = 5_000;
const CONNECTIONS_MAX = 64;

/**
 * One endpoint of the client, and its calls tried once: nothing is repeated here, for only the command knows how long its
 * user is willing to wait.
 */
export class ServiceClient {
  readonly url: string;
  readonly #transport: HttpTransport;
  readonly #endpoint: Endpoint;

  constructor({ url, key }: { readonly url: URL; readonly key?: string }) {
    this.url = url.href.replace(/\/$/, '');
    this.#transport = new HttpTransport({
      url,
      apiKey: key,
      connectionsMax: CONNECTIONS_MAX,
      connectTimeoutMs: CONNECT_WAIT_MS_MAX,
    });
    this.#endpoint = new Endpoint(this.#transport);
  }

  /**
   * What the service answered, word for word, once the client finds in it what was asked for.
   *
   * @throws RefusedError, NotSettled
   */
  call<T>(request: CallRequest<T>): Promise<Answer<T>> {
    return this.#try(request, (body, { status, headers }) => ({
      status,
      body: body as JsonOf<T>,
      replayed: headers['idempotent-replayed'] === 'true',
    }));
  }

  /** What the client reads out of the answer. @throws RefusedError, NotSettled */
  read<T>(request: CallRequest<T>): Promise<T> {
    return this.#try(request, (_body, _answer, value) => value);
  }

  /** Whatever is answered at a path that is not of the API, such as `/readyz`. @throws NotSettled */
  async probe(path: string): Promise<HttpAnswer> {
    try {
      return await this.#transport.exchange({ method: 'GET', path, timeoutMs: ANSWER_WAIT_MS_MAX });
    } catch (fault) {
      throw new NotSettled(judgeFault(fault), this.url);
    }
  }

  close(): void {
    this.#endpoint.close();
  }

  async #try<T, Shown>(
    request: CallRequest<T>,
    show: (body: unknown, answer: HttpAnswer, value: T) => Shown,
  ): Promise<Shown> {
    const verdict = await this.#endpoint.try(
      { ...request, timeoutMs: ANSWER_WAIT_MS_MAX },
      (body, answer) => {
        const value = request.read(body, answer);
        return value === undefined ? undefined : { shown: show(body, answer, value) };
      },
    );
    if (verdict.kind === 'success') return verdict.value.shown;
    throw verdict.kind === 'refused' ? refusalOf(verdict.problem) : new NotSettled(verdict, this.url);
  }
}
