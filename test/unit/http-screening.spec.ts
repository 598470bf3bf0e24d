import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Question } from '../../src/engine/screening/question';
import { ScreeningFailure } from '../../src/engine/screening/screening-failure';
import { HttpScreening } from '../../src/platform/http-screening';

const QUESTION: Question = {
  accountId: 'acme',
  requestId: 'click-1',
  amountMinor: 10n ** 18n,
  fingerprint: 'f',
  reference: 'banner 42',
  metadata: '{"ip":"10.0.0.1"}',
  attempt: 1,
  occurredAtUs: 1_800_000_000_123_456,
};

const JSON_TYPE = { 'content-type': 'application/json' };

/** The client of the screening service against services that do what they should not. */
describe('the client of a screening service', () => {
  let server: Server;
  let url: string;
  let asked: { headers: IncomingMessage['headers']; path: string | undefined; body: string }[];
  let answer: (response: ServerResponse) => void;
  const made: HttpScreening[] = [];

  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => (body += part));
      request.on('end', () => {
        asked.push({ headers: request.headers, path: request.url, body });
        answer(response);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    await Promise.all(made.splice(0).map((each) => each.close()));
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  const client = (options: { url?: string; secret?: string } = {}): HttpScreening => {
    const screening = new HttpScreening({ url: `${url}/screen?v=1`, connectionsMax: 2, ...options });
    made.push(screening);
    return screening;
  };
  const ask = (screening = client(), signal = new AbortController().signal): Promise<unknown> =>
    screening
      .ask([QUESTION], signal)
      .catch((error: unknown) => (error instanceof ScreeningFailure ? error.code : error));
  const answering = (status: number, headers: Record<string, string>, body = ''): void => {
    answer = (response) => response.writeHead(status, headers).end(body);
  };

  it('sends what is asked as it is documented, and gives the answer back unchecked', async () => {
    answering(200, { 'content-type': 'Application/JSON; charset=utf-8' }, '{"results":[]}');
    expect(await ask(client({ secret: 'a-secret-of-its-own' }))).toEqual({ results: [] });
    expect(asked).toMatchObject([
      {
        path: '/screen?v=1',
        headers: { authorization: 'Bearer a-secret-of-its-own', 'content-type': 'application/json' },
      },
    ]);
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      items: [
        {
          accountId: 'acme',
          requestId: 'click-1',
          amount: '1000000000000000000',
          reference: 'banner 42',
          metadata: { ip: '10.0.0.1' },
          occurredAt: '2027-01-15T08:00:00.123Z',
        },
      ],
    });
  });

  it('sends the user and password of the URL where there is no secret', async () => {
    answering(200, JSON_TYPE, '{}');
    await ask(client({ url: url.replace('//', '//us%20er:pa%3Ass@') }));
    expect(asked[0]?.headers.authorization).toBe(`Basic ${Buffer.from('us er:pa:ss').toString('base64')}`);
  });

  it.each([
    ['an error', 500, JSON_TYPE, '{}', 'status'],
    ['created', 201, JSON_TYPE, '{"results":[]}', 'status'],
    ['another type', 200, { 'content-type': 'text/html' }, '{"results":[]}', 'content_type'],
    ['a type that only begins alike', 200, { 'content-type': 'application/jsonp' }, '{}', 'content_type'],
    ['no type', 200, {}, '{"results":[]}', 'content_type'],
    ['no JSON', 200, JSON_TYPE, '{"results":[', 'not_json'],
    ['nothing', 200, JSON_TYPE, '', 'not_json'],
  ])('takes %s for a failure by its name', async (_, status, headers, body, code) => {
    answering(status, headers, body);
    expect(await ask()).toBe(code);
  });

  it('does not follow a redirect', async () => {
    answer = (response) => response.writeHead(307, { location: `${url}/elsewhere` }).end();
    expect(await ask()).toBe('redirect');
    expect(asked.length).toBe(1);
  });

  it('reads no more of an answer than verdicts may take, whether its length is told or not', async () => {
    answering(200, { ...JSON_TYPE, 'content-length': String(2 ** 21) }, ' '.repeat(2 ** 21));
    expect(await ask()).toBe('too_large');
    let sent = 0;
    answer = (response) => {
      response.writeHead(200, JSON_TYPE);
      const more = (): void => {
        while (!response.destroyed && (sent += 65_536) < 2 ** 28 && response.write(' '.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    };
    expect(await ask()).toBe('too_large');
    expect(sent).toBeLessThan(2 ** 26);
  });

  it('is unreachable where nobody listens, and where the connection is cut in an answer', async () => {
    answer = (response) => {
      response.writeHead(200, { ...JSON_TYPE, 'content-length': '100' }).write('{"results"');
      response.destroy();
    };
    expect(await ask()).toBe('unreachable');
    expect(await ask(client({ url: 'http://127.0.0.1:1' }))).toBe('unreachable');
  });

  it('ends a call whose answer trickles, when the caller says so', async () => {
    const closed = Promise.withResolvers<undefined>();
    const begun = Promise.withResolvers<undefined>();
    answer = (response) => {
      response.writeHead(200, JSON_TYPE).write('{');
      response.on('close', () => {
        closed.resolve(undefined);
      });
      begun.resolve(undefined);
    };
    const call = new AbortController();
    const said = ask(client(), call.signal);
    await begun.promise;
    call.abort();
    expect(await said).toBe('unreachable');
    await closed.promise;
  });

  it('has no more connections than it may', async () => {
    const waiting: ServerResponse[] = [];
    const two = Promise.withResolvers<undefined>();
    answer = (response) => {
      waiting.push(response);
      if (waiting.length === 2) two.resolve(undefined);
    };
    const screening = client();
    const said = Promise.all(Array.from({ length: 6 }, () => ask(screening)));
    await two.promise;
    const connections = await new Promise((count) => {
      server.getConnections((_, open) => {
        count(open);
      });
    });
    expect([connections, waiting.length]).toEqual([2, 2]);
    answering(200, JSON_TYPE, '{}');
    for (const response of waiting) response.writeHead(200, JSON_TYPE).end('{}');
    expect(await said).toEqual(Array.from({ length: 6 }, () => ({})));
  });
});
