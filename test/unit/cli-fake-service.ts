import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * As much of the service's REST API as the command line speaks, in memory, with faults on order. It keeps the rules
 * that a replay stands on: a request id takes effect once, and rejections are not remembered.
 */
export class FakeService {
  readonly accounts = new Map<string, FakeAccount>();
  /** Sizes of the batches in the order in which they came. */
  readonly batches: number[] = [];
  /** What to do with the nth batch (from 1) instead of answering it. */
  batchFault: (nth: number) => BatchFault | undefined = () => undefined;
  /** Turns an item away for the moment. */
  itemFault: (item: Item) => string | undefined = () => undefined;
  readonly #server: Server;
  #url = '';

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request, response);
    });
  }

  static async start(): Promise<FakeService> {
    const service = new FakeService();
    await new Promise<void>((resolve) => service.#server.listen(0, '127.0.0.1', resolve));
    service.#url = `http://127.0.0.1:${(service.#server.address() as AddressInfo).port}`;
    return service;
  }

  get url(): string {
    return this.#url;
  }

  get deducted(): bigint {
    return [...this.accounts.values()].reduce((sum, { deductions }) => {
      for (const amount of deductions.values()) sum += amount;
      return sum;
    }, 0n);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readJson(request);
    const path = new URL(request.url ?? '', this.url).pathname;
    const [, , collection, id = '', kind] = path.split('/');
    if (request.headers.authorization !== 'Bearer secret') {
      problem(response, 401, { code: 'UNAUTHENTICATED', detail: 'The key is not known.' });
    } else if (collection === 'deductions:batch') this.#batch(body as { items: Item[] }, response);
    else if (collection === 'accounts' && request.method === 'POST' && id === '')
      this.#create(body as NewAccount, response);
    else if (collection === 'accounts' && id === '') this.#list(request, response);
    else if (request.method === 'POST') this.#enter({ id, kind, body: body as Item }, response);
    else this.#show({ id, kind }, response);
  }

  #batch({ items }: { items: Item[] }, response: ServerResponse): void {
    const nth = this.batches.push(items.length);
    const fault = this.batchFault(nth);
    if (fault === 'cut off before') return void response.destroy();
    if (fault === 'cut off after') {
      for (const item of items) this.#deduct(item);
      return void response.destroy();
    }
    if (fault !== undefined) {
      problem(response, fault.status, { code: fault.code, detail: 'later' }, fault.retryAfter);
      return;
    }
    const results = items.map((item) => {
      const passing = this.itemFault(item);
      const outcome = passing ?? this.#deduct(item);
      const known = outcome === 'succeeded' || outcome === 'replayed';
      return known
        ? { requestId: item.requestId, status: outcome }
        : {
            requestId: item.requestId,
            status: 'rejected',
            error: { code: outcome, title: outcome, status: 422, detail: 'no' },
          };
    });
    answer(response, 200, { results });
  }

  #deduct({ accountId = '', amount, requestId }: Item): string {
    const account = this.accounts.get(accountId);
    if (account === undefined) return 'ACCOUNT_NOT_FOUND';
    const before = account.deductions.get(requestId);
    if (before !== undefined) return before === BigInt(amount) ? 'replayed' : 'IDEMPOTENCY_KEY_REUSED';
    if (account.available < BigInt(amount)) return 'INSUFFICIENT_FUNDS';
    account.available -= BigInt(amount);
    account.deductions.set(requestId, BigInt(amount));
    return 'succeeded';
  }

  #create(body: NewAccount, response: ServerResponse): void {
    const text = JSON.stringify(body);
    const existing = this.accounts.get(body.id);
    if (existing !== undefined && existing.text !== text) {
      problem(response, 409, { code: 'ACCOUNT_EXISTS', detail: 'There is another one.' });
      return;
    }
    const account = existing ?? {
      text,
      body,
      available: BigInt(body.initialBalance ?? 0),
      deductions: new Map(),
    };
    this.accounts.set(body.id, account);
    answer(response, existing === undefined ? 201 : 200, view(account));
  }

  #list(request: IncomingMessage, response: ServerResponse): void {
    const query = new URL(request.url ?? '', this.url).searchParams;
    const from = Number(query.get('cursor') ?? 0);
    const to = from + Number(query.get('limit'));
    const all = [...this.accounts.values()];
    answer(response, 200, {
      items: all.slice(from, to).map(view),
      ...(to < all.length ? { nextCursor: `${to}` } : {}),
    });
  }

  #enter(
    { id, kind, body }: { id: string; kind: string | undefined; body: Item },
    response: ServerResponse,
  ): void {
    const account = this.accounts.get(id);
    if (account === undefined) {
      problem(response, 404, { code: 'ACCOUNT_NOT_FOUND', detail: 'No such account' });
      return;
    }
    const place = { shard: 's0', subAccount: 0, createdAt: '2026-01-01T00:00:00.000Z' };
    const entry = { ...body, accountId: id, status: 'succeeded', ...place };
    if (kind === 'credits') {
      account.available += BigInt(body.amount);
      answer(response, 201, { ...entry, kind: 'credit' });
      return;
    }
    const outcome = this.#deduct({ ...body, accountId: id });
    if (outcome === 'INSUFFICIENT_FUNDS') {
      problem(response, 422, {
        code: outcome,
        detail: 'Too little',
        available: account.available.toString(),
      });
      return;
    }
    const replayed = outcome === 'replayed';
    if (replayed) response.setHeader('Idempotent-Replayed', 'true');
    answer(response, replayed ? 200 : 201, { ...entry, kind: 'deduction' });
  }

  #show({ id, kind }: { id: string; kind: string | undefined }, response: ServerResponse): void {
    const account = this.accounts.get(id);
    if (account === undefined) {
      problem(response, 404, { code: 'ACCOUNT_NOT_FOUND', detail: 'No such account' });
      return;
    }
    const available = account.available.toString();
    if (kind !== 'balance') {
      answer(response, 200, view(account));
      return;
    }
    const balance = {
      accountId: id,
      asset: account.body.asset,
      available,
      held: '0',
      total: available,
      inTransit: '0',
    };
    answer(response, 200, { ...balance, consistency: 'current', asOf: '2026-01-01T00:00:00.000Z' });
  }
}

export type BatchFault =
  | 'cut off before'
  | 'cut off after'
  | { readonly status: number; readonly code: string; readonly retryAfter?: string };

export interface Item {
  readonly accountId?: string;
  readonly amount: string;
  readonly requestId: string;
}

interface NewAccount {
  readonly id: string;
  readonly asset: string;
  readonly subAccounts?: number;
  readonly initialBalance?: string;
}

interface FakeAccount {
  readonly text: string;
  readonly body: NewAccount;
  available: bigint;
  readonly deductions: Map<string, bigint>;
}

function view({ body: { id, asset, subAccounts = 1 } }: FakeAccount) {
  return {
    id,
    asset,
    status: 'active',
    strategy: 'merged',
    subAccounts,
    epoch: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString();
  return text === '' ? undefined : JSON.parse(text);
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function problem(
  response: ServerResponse,
  status: number,
  body: { readonly code: string; readonly detail: string; readonly available?: string },
  retryAfter?: string,
): void {
  response.writeHead(status, {
    'content-type': 'application/problem+json',
    ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
  });
  response.end(JSON.stringify({ type: 'about:blank', title: body.code, status, ...body }));
}
