import { Agent, request } from 'node:http';
import { eventually } from './eventually';

/** The bootstrap admin key of every service that tests start. */
export const ADMIN_KEY = 'bootstrap-key-of-the-tests';

/** An answer of the service. `body` is empty when the answer carries no JSON object. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Entry {
  readonly requestId: string;
  readonly accountId: string;
  readonly kind: string;
  readonly amount: string;
  readonly shard: string;
  readonly subAccount: number;
  readonly createdAt: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}

export interface Operation {
  readonly operationId: string;
  readonly kind: string;
  readonly status: string;
  readonly accountId?: string;
  readonly progress: { readonly done: number; readonly total: number };
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: string; readonly detail: string };
}

export interface BatchResult {
  readonly requestId: string | null;
  readonly status: string;
  readonly error?: { readonly code: string; readonly errors?: readonly { readonly field: string }[] };
}

export interface Call {
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly raw?: string | Buffer;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/**
 * Speaks REST to a service under test. On Node's own client and not on `fetch`, because hostile requests must leave as
 * they were written.
 */
export class RestClient {
  readonly #agent: Agent;

  /** @param key empty to send no Authorization header */
  constructor(
    readonly url: string,
    private readonly key: string = ADMIN_KEY,
    connectionsMax = 64,
  ) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  }

  /** The same service through another key; `undefined` for none. */
  as(key: string | undefined): RestClient {
    return new RestClient(this.url, key ?? '');
  }

  /** Ends the connections that are kept open. */
  close(): void {
    this.#agent.destroy();
  }

  send(method: string, path: string, call: Call = {}): Promise<Answer> {
    const payload = call.raw ?? (call.json === undefined ? undefined : JSON.stringify(call.json));
    const headers = present({
      ...(this.key ? { authorization: `Bearer ${this.key}` } : {}),
      ...(payload === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
      ...call.headers,
    });
    return new Promise((resolve, reject) => {
      const outgoing = request(this.url, { agent: this.#agent, method, path, headers }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const flat = Object.entries(incoming.headers).map(
            ([name, value]) => [name, String(value)] as const,
          );
          resolve({
            status: incoming.statusCode ?? 0,
            headers: Object.fromEntries(flat),
            text,
            body: parsed(text),
          });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(payload);
    });
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  post(path: string, json: unknown, headers: Call['headers'] = {}): Promise<Answer> {
    return this.send('POST', path, { json, headers });
  }

  patch(path: string, json: unknown, headers: Call['headers'] = {}): Promise<Answer> {
    return this.send('PATCH', path, { json, headers });
  }

  put(path: string, json: unknown, headers: Call['headers'] = {}): Promise<Answer> {
    return this.send('PUT', path, { json, headers });
  }

  /** Begins to change an account's sub-accounts. */
  resize(accountId: string, json: unknown, headers: Call['headers'] = {}): Promise<Answer> {
    return this.put(`/v1/admin/accounts/${accountId}/sub-accounts`, json, headers);
  }

  /** What an operation that was begun has come to, however long it takes. */
  ended({ status, headers, text }: Answer): Promise<Operation> {
    const { location } = headers;
    if (status !== 202 || location === undefined) throw new Error(`no operation was begun: ${text}`);
    return eventually('the end of the operation', async () => {
      const operation = (await this.get(location)).body as unknown as Operation;
      return operation.status === 'running' ? undefined : operation;
    });
  }

  createAccount(body: Readonly<Record<string, unknown>>): Promise<Answer> {
    return this.post('/v1/accounts', { asset: 'USD/2', ...body });
  }

  deduct(accountId: string, requestId: string, amount: string | number): Promise<Answer> {
    return this.post(`/v1/accounts/${accountId}/deductions`, { amount, requestId });
  }

  /** Has a deduction received, to be charged later. */
  submit(accountId: string, requestId: string, amount: string | number): Promise<Answer> {
    const headers = { prefer: 'respond-async' };
    return this.post(`/v1/accounts/${accountId}/deductions`, { amount, requestId }, headers);
  }

  credit(accountId: string, requestId: string, amount: string | number): Promise<Answer> {
    return this.post(`/v1/accounts/${accountId}/credits`, { amount, requestId });
  }

  hold(accountId: string, requestId: string, amount: string | number, more: object = {}): Promise<Answer> {
    return this.post(`/v1/accounts/${accountId}/holds`, { amount, requestId, ...more });
  }

  transfer(from: string, to: string, requestId: string, amount: string | number): Promise<Answer> {
    return this.post('/v1/transfers', { from, to, amount, requestId });
  }

  /** @param amount all of it when absent */
  confirm(accountId: string, holdId: string, amount?: string | number): Promise<Answer> {
    const json = amount === undefined ? {} : { json: { amount } };
    return this.send('POST', `/v1/accounts/${accountId}/holds/${holdId}/confirm`, json);
  }

  cancel(accountId: string, holdId: string): Promise<Answer> {
    return this.send('POST', `/v1/accounts/${accountId}/holds/${holdId}/cancel`);
  }

  /** @param amount what is left when absent */
  reverse(
    accountId: string,
    deduction: string,
    requestId: string,
    amount?: string | number,
  ): Promise<Answer> {
    const json = amount === undefined ? { requestId } : { requestId, amount };
    return this.post(`/v1/accounts/${accountId}/deductions/${deduction}/reversals`, json);
  }

  async deductMany(items: readonly unknown[]): Promise<readonly BatchResult[]> {
    const { body } = await this.post('/v1/deductions:batch', { items });
    return body['results'] as readonly BatchResult[];
  }

  /** What the account can pay, in minor units. */
  async available(accountId: string): Promise<bigint> {
    const answer = await this.get(`/v1/accounts/${accountId}/balance`);
    if (answer.status !== 200) throw new Error(`no balance of ${accountId}: ${answer.text}`);
    return BigInt(answer.body['available'] as string);
  }

  async page<Item>(path: string): Promise<Page<Item>> {
    const answer = await this.get(path);
    if (answer.status !== 200) throw new Error(`no page at ${path}: ${answer.text}`);
    return answer.body as unknown as Page<Item>;
  }

  /** Every item of a list, read page by page. */
  async all<Item>(path: string, limit = 1_000): Promise<Item[]> {
    const items: Item[] = [];
    let cursor: string | undefined;
    do {
      const from: string = cursor === undefined ? '' : `&cursor=${cursor}`;
      const page: Page<Item> = await this.page(`${path}?limit=${limit}${from}`);
      if (page.items.length > limit)
        throw new Error(`a page of ${page.items.length} at ${path}, asked for ${limit}`);
      items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return items;
  }

  /** Every entry of the account, newest first. */
  entries(accountId: string, limit?: number): Promise<Entry[]> {
    return this.all(`/v1/accounts/${accountId}/entries`, limit);
  }
}

/** What a list of entries comes to: what came in minus what was taken, in minor units. */
export function sumOf(entries: readonly Entry[]): bigint {
  return entries.reduce(
    (sum, { kind, amount }) => (BROUGHT.has(kind) ? sum + BigInt(amount) : sum - BigInt(amount)),
    0n,
  );
}

const BROUGHT: ReadonlySet<string> = new Set(['credit', 'reversal']);

function present(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
