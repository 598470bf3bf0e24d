import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { eventually } from '../../test/setup/eventually';
import {
  type ClientOptions,
  HoldNotHeldError,
  HotsplitClient,
  HotsplitError,
  InsufficientFundsError,
  NothingDoneError,
  OutcomeUnknownError,
  type RetryEvent,
} from './index';

type Answering = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** Odd answers of a server that is none of ours, and what the client makes of them: never a success, never a guess. */
describe('HotsplitClient', () => {
  const servers: Server[] = [];
  const clients: HotsplitClient[] = [];

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close({ timeoutMs: 1 })));
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  /** A server that answers its n-th request in the n-th way, and later ones in the last. */
  const serving = async (...ways: Answering[]): Promise<{ url: string; bodies: string[] }> => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const way = ways[Math.min(bodies.length, ways.length - 1)] as Answering;
        bodies.push(body);
        way(request, response, body);
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies };
  };
  const clientOf = (endpoints: string | string[], options: Partial<ClientOptions> = {}): HotsplitClient => {
    const client = new HotsplitClient({ endpoints, apiKey: 'the-secret', pauseMsFirst: 1, ...options });
    clients.push(client);
    return client;
  };
  const failureOf = async (work: Promise<unknown>): Promise<HotsplitError> => {
    const end = await work.catch((error: unknown) => error);
    if (!(end instanceof HotsplitError)) throw new Error(`no HotsplitError: ${inspect(end)}`);
    return end;
  };

  it.each<[string, Answering]>([
    ['a connection that is dropped after the request was taken', (request) => request.socket.destroy()],
    [
      'an answer that is cut off',
      (_, response) => {
        response.writeHead(200, { 'content-length': 500 });
        response.write('{"results":[', () => response.destroy());
      },
    ],
    ['503 OVERLOADED', (_, response) => sendProblem(response, 503, 'OVERLOADED')],
    ['503 SHARD_UNAVAILABLE', (_, response) => sendProblem(response, 503, 'SHARD_UNAVAILABLE')],
    ['429', (_, response) => sendProblem(response, 429, 'RATE_LIMITED')],
    ['500 INTERNAL', (_, response) => sendProblem(response, 500, 'INTERNAL')],
    ['a page of a proxy', (_, response) => response.writeHead(502).end('<html>Bad Gateway</html>')],
    ['a page of a proxy that says it is a success', (_, response) => response.end('<html>Hello</html>')],
    ['too few results', (_, response) => response.end('{"results":[]}')],
    [
      'the results of somebody else',
      (_, response) => response.end('{"results":[{"requestId":"other","status":"succeeded"}]}'),
    ],
    [
      'a status that does not exist',
      (_, response) => response.end('{"results":[{"requestId":"r-1","status":"fine"}]}'),
    ],
  ])('sends the same words again after %s', async (_name, odd) => {
    const { url, bodies } = await serving(odd, succeed);
    const result = await clientOf(url).deduct({
      accountId: 'a',
      amount: 5,
      requestId: 'r-1',
      reference: 'x',
    });
    expect(result).toMatchObject({ requestId: 'r-1', accountId: 'a', amount: 5n, replayed: false });
    expect(bodies).toHaveLength(2);
    expect(bodies[1]).toBe(bodies[0]);
  });

  it('tries again when a try takes too long', async () => {
    const { url, bodies } = await serving(() => undefined, succeed);
    await clientOf(url, { attemptTimeoutMs: 50 }).deduct({ accountId: 'a', amount: 5 });
    expect(bodies[1]).toBe(bodies[0]);
  });

  it('says that the outcome is unknown, and never that it was refused, when an answer was lost', async () => {
    const { url } = await serving((request) => request.socket.destroy(), refuse);
    const error = await failureOf(clientOf(url).deduct({ accountId: 'a', amount: 5, requestId: 'r-1' }));
    expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', requestId: 'r-1' });
    expect(error.cause).toBeInstanceOf(InsufficientFundsError);
  });

  it('takes no page for the deletion of a key, and asks again', async () => {
    const { url, bodies } = await serving(
      (_, response) => response.end('<html>Hello</html>'),
      (_, response) => response.writeHead(204).end(),
    );
    await clientOf(url).deleteKey('key_1');
    expect(bodies).toEqual(['', '']);
  });

  it('makes no second key when the answer to the first was lost', async () => {
    const { url, bodies } = await serving((request) => request.socket.destroy());
    const error = await failureOf(clientOf(url).createKey({ name: 'billing', scopes: ['read'] }));
    expect([error.code, bodies.length]).toEqual(['OUTCOME_UNKNOWN', 1]);
  });

  it('says that the outcome is unknown when the time is over with a try under way', async () => {
    const { url } = await serving(() => undefined);
    const error = await failureOf(clientOf(url).deduct({ accountId: 'a', amount: 5, timeoutMs: 800 }));
    expect(error.code).toBe('OUTCOME_UNKNOWN');
    expect(error.requestId).toBeDefined();
  });

  it('says that nothing was done when the service said so until the time was over', async () => {
    const { url } = await serving((_, response) => {
      response.setHeader('retry-after', '60');
      sendProblem(response, 503, 'OVERLOADED');
    });
    const error = await failureOf(clientOf(url).deduct({ accountId: 'a', amount: 5, timeoutMs: 800 }));
    expect([error.constructor, error.code]).toEqual([NothingDoneError, 'DEADLINE_EXCEEDED']);
    expect(error.cause).toMatchObject({ code: 'OVERLOADED' });
  });

  it('says that nothing was done when nobody listens', async () => {
    const error = await failureOf(
      clientOf('http://127.0.0.1:1').deduct({ accountId: 'a', amount: 5, timeoutMs: 60 }),
    );
    expect(error).toBeInstanceOf(NothingDoneError);
  });

  it('names an address that nobody ever answered at, long before the time of a call is over', async () => {
    const { url } = await serving(succeed);
    const gone = servers.pop() as Server;
    await new Promise((resolve) => gone.close(resolve));
    const client = clientOf([url, 'http://nobody.invalid'], { connectTimeoutMs: 300, timeoutMs: 600_000 });
    for (const call of [() => client.deduct({ accountId: 'a', amount: 5 }), () => client.account('a')]) {
      // On a busy machine a call may end before its tries have.
      await eventually('an error that names both', async () => {
        const error = await failureOf(call());
        expect(error).toBeInstanceOf(NothingDoneError);
        expect(error.code).toBe('NOT_CONNECTED');
        return [url, 'nobody.invalid'].every((address) => error.message.includes(address)) || undefined;
      });
    }
  });

  it('tells of every retry, counts them, and lets no hook decide about a request', async () => {
    const overloaded: Answering = (_, response) => sendProblem(response, 503, 'OVERLOADED');
    const { url } = await serving(overloaded, overloaded, succeed);
    const events: RetryEvent[] = [];
    const onRetry = (event: RetryEvent): void => {
      events.push(event);
      if (events.length === 2) throw new Error('a hook that is broken');
    };
    const client = clientOf(url, { onRetry });
    await client.deduct({ accountId: 'a', amount: 5, requestId: 'r-1' });
    expect(events.map(({ requestIds, tries, error }) => [requestIds, tries, error.code])).toEqual([
      [['r-1'], 1, 'OVERLOADED'],
      [['r-1'], 2, 'OVERLOADED'],
    ]);
    expect(client.counters).toEqual({ tries: 3, retries: 2, underWay: 0 });
  });

  it.each(['cancelled', 'expired', 'confirmed'])('does not call a hold held that is %s', async (status) => {
    const hold = {
      requestId: 'h-1',
      holdId: 'h-1',
      accountId: 'a',
      kind: 'hold',
      status,
      amount: '5',
      heldAmount: '5',
    };
    const where = { shard: 's', subAccount: 0, expiresAt: new Date(), createdAt: new Date() };
    const result = { requestId: 'h-1', holdId: 'h-1', status: 'replayed', hold: { ...hold, ...where } };
    const { url } = await serving((_, response) => response.end(JSON.stringify({ results: [result] })));
    const error = await failureOf(clientOf(url).hold({ accountId: 'a', amount: 5, requestId: 'h-1' }));
    expect(error).toBeInstanceOf(HoldNotHeldError);
    expect(error).toMatchObject({ code: 'HOLD_NOT_HELD', requestId: 'h-1', hold: { status, amount: 5n } });
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: 'HOLD_NOT_HELD', hold: { amount: '5' } });
  });

  it('has answers and errors that can be written as JSON', async () => {
    const { url } = await serving(succeed);
    const result = await clientOf(url).deduct({ accountId: 'a', amount: 5, requestId: 'r-1' });
    expect(JSON.parse(JSON.stringify(result))).toEqual({ ...result, amount: '5' });
    const refusing = await serving((_, response) =>
      sendProblem(response, 422, 'INSUFFICIENT_FUNDS', { available: '3' }),
    );
    const refusal = await failureOf(
      clientOf(refusing.url).credit({ accountId: 'a', amount: 5, requestId: 'r-2' }),
    );
    expect(JSON.parse(JSON.stringify(refusal))).toMatchObject({
      name: 'InsufficientFundsError',
      code: 'INSUFFICIENT_FUNDS',
      message: refusal.message,
      requestId: 'r-2',
      available: '3',
    });
    const lost = new OutcomeUnknownError('lost', { requestId: 'r-3', cause: refusal });
    expect(JSON.parse(JSON.stringify(lost))).toMatchObject({ cause: { code: 'INSUFFICIENT_FUNDS' } });
  });

  it('does not tell the key, whatever it meets', async () => {
    const client = clientOf('http://127.0.0.1:1');
    const error = await failureOf(client.credit({ accountId: 'a', amount: 5, timeoutMs: 60 }));
    const said = inspect([client, error], { depth: Infinity, showHidden: true });
    expect(said).toContain('ECONNREFUSED');
    expect(said).not.toContain('the-secret');
  });

  it('goes to another endpoint with the same id', async () => {
    const { url, bodies } = await serving(succeed);
    const client = clientOf(['http://127.0.0.1:1', url]);
    const results = await Promise.all(
      ['r-1', 'r-2', 'r-3'].map((requestId) => client.deduct({ accountId: 'a', amount: 1, requestId })),
    );
    expect(results.map(({ requestId }) => requestId)).toEqual(['r-1', 'r-2', 'r-3']);
    expect(bodies.length).toBeGreaterThan(0);
  });

  it('splits a batch that a proxy finds too large', async () => {
    const { url } = await serving((request, response, body) => {
      if (body.length > 700) response.writeHead(413).end('<html>too large</html>');
      else succeed(request, response, body);
    });
    const client = clientOf(url);
    const all = Array.from({ length: 50 }, () => client.deduct({ accountId: 'a', amount: 1 }));
    expect(await Promise.all(all)).toHaveLength(50);
  });

  it('sends together what was asked for in one turn, and a lone one alone', async () => {
    const { url, bodies } = await serving(succeed);
    const client = clientOf(url);
    await client.deduct({ accountId: 'a', amount: 1 });
    await Promise.all(Array.from({ length: 100 }, () => client.deduct({ accountId: 'a', amount: 1 })));
    expect(bodies.map((body) => itemsOf(body).length)).toEqual([1, 100]);
  });

  it('refuses what does not fit in the queue', async () => {
    const { url } = await serving(() => undefined);
    const client = clientOf(url, { queueMax: 3 });
    const calls = Array.from({ length: 4 }, () =>
      client.deduct({ accountId: 'a', amount: 1, timeoutMs: 80 }),
    );
    const codes = (await Promise.all(calls.map(failureOf))).map(({ code }) => code);
    expect(codes.filter((code) => code === 'QUEUE_FULL')).toHaveLength(1);
  });

  it('ends a call by its signal, before and after it was sent', async () => {
    const { url, bodies } = await serving(() => undefined);
    const client = clientOf(url);
    const early = await failureOf(
      client.deduct({ accountId: 'a', amount: 1, signal: AbortSignal.abort('no') }),
    );
    expect([early.code, bodies.length]).toEqual(['ABORTED', 0]);
    const stop = new AbortController();
    const late = failureOf(client.deduct({ accountId: 'a', amount: 1, signal: stop.signal }));
    while (bodies.length === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    expect((await late).code).toBe('OUTCOME_UNKNOWN');
  });

  it('repeats what may take effect twice only when it certainly has not', async () => {
    const lost = await serving((request) => request.socket.destroy());
    const error = await failureOf(clientOf(lost.url).resize({ accountId: 'a', count: 4 }));
    expect([error.code, lost.bodies.length]).toEqual(['OUTCOME_UNKNOWN', 1]);
  });

  it.each([undefined, 'part-1'])(
    'names the id of a capture, given or made (%s), where its outcome is not known: with the hold’s it would be taken again',
    async (requestId) => {
      const { url, bodies } = await serving((request) => request.socket.destroy());
      const client = clientOf(url, { timeoutMs: 50 });
      const capture = {
        accountId: 'a',
        holdId: 'h',
        amount: 1,
        final: false,
        ...(requestId && { requestId }),
      };
      const failure = await failureOf(client.confirmHold(capture));
      const { items } = JSON.parse(bodies[0] ?? '') as { items: { requestId: string }[] };
      expect(failure).toBeInstanceOf(OutcomeUnknownError);
      expect(failure.requestId).toBe(items[0]?.requestId);
      expect(failure.requestId).not.toBe('h');
      if (requestId !== undefined) expect(failure.requestId).toBe(requestId);
    },
  );

  it('waits for what is out before it closes, and takes no more', async () => {
    const { url } = await serving(succeed);
    const client = clientOf(url);
    const last = client.deduct({ accountId: 'a', amount: 1, requestId: 'last' });
    const closed = client.close();
    expect((await failureOf(client.deduct({ accountId: 'a', amount: 1 }))).code).toBe('CLIENT_CLOSED');
    expect((await failureOf(client.balance('a'))).code).toBe('CLIENT_CLOSED');
    await closed;
    expect((await last).requestId).toBe('last');
  });

  it.each([
    { accountId: 'no blanks', amount: 1 },
    { accountId: 'a', amount: 1.5 },
    { accountId: 'a', amount: 1, requestId: '' },
  ])('refuses %j before it is sent', async (request) => {
    expect((await failureOf(clientOf('http://127.0.0.1:1').deduct(request))).code).toBe('INVALID_ARGUMENT');
  });
});

function itemsOf(body: string): { requestId: string }[] {
  return (JSON.parse(body) as { items: { requestId: string }[] }).items;
}

function succeed(_request: IncomingMessage, response: ServerResponse, body: string): void {
  response.end(
    JSON.stringify({ results: itemsOf(body).map(({ requestId }) => ({ requestId, status: 'succeeded' })) }),
  );
}

function refuse(_request: IncomingMessage, response: ServerResponse, body: string): void {
  const error = { code: 'INSUFFICIENT_FUNDS', status: 422, detail: 'too little', available: '3' };
  const results = itemsOf(body).map(({ requestId }) => ({ requestId, status: 'rejected', error }));
  response.end(JSON.stringify({ results }));
}

function sendProblem(response: ServerResponse, status: number, code: string, data: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/problem+json' });
  response.end(JSON.stringify({ code, status, title: code, detail: code, ...data }));
}
