/** Click screening: a service that hotsplit asks whether a click may be charged, before it is charged. Plain Node. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';

interface Click {
  readonly accountId: string;
  readonly requestId: string;
  readonly metadata: { readonly ip?: string; readonly agent?: string } | null;
  readonly occurredAt: string;
}

interface Result {
  readonly requestId: string;
  readonly verdict: 'pass' | 'reject' | 'wait';
  readonly reason?: string;
}

const CLICKS_AN_IP_AND_MINUTE = 5;
/** Verdicts that are kept, so that whoever asks again gets the same one. */
const KEPT_MAX = 100_000;
const BODY_BYTES_MAX = 4 * 1024 * 1024;
const SECRET = process.env['SCREENING_SECRET'] ?? '';

const verdicts = new Map<string, Result>();
const clicks = new Map<string, number>();
/** One name a line; until the file is there nothing is known of any click. */
const ROBOTS_FILE = process.env['ROBOTS_FILE'] ?? join(import.meta.dirname, 'robots.txt');
let robots: readonly string[] | undefined;

const server = createServer((request, response) => {
  answer(request).then(
    ({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    },
    () => {
      response.writeHead(400).end();
    },
  );
});

server.listen(Number(process.env['PORT'] ?? 8090), '127.0.0.1', () => {
  const { port } = server.address() as { port: number };
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}/screen` }));
});
process.on('SIGTERM', () => server.close().closeAllConnections());

async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  if (SECRET !== '' && request.headers.authorization !== `Bearer ${SECRET}`) return { status: 401, body: {} };
  const { items } = JSON.parse(await textOf(request)) as { items: readonly Click[] };
  return { status: 200, body: { results: items.map(screen) } };
}

/** The same click is asked about again after a crash, and when it had to wait. It must not be counted twice. */
function screen(click: Click): Result {
  robots ??= readRobots();
  // Nothing can be said yet: hotsplit asks again.
  if (!robots) return { requestId: click.requestId, verdict: 'wait', reason: 'no list of robots' };
  const key = `${click.accountId} ${click.requestId}`;
  const known = verdicts.get(key);
  if (known) return known;
  const reason = fraudIn(click);
  const result: Result =
    reason === undefined
      ? { requestId: click.requestId, verdict: 'pass' }
      : { requestId: click.requestId, verdict: 'reject', reason };
  keep(verdicts, key, result);
  return result;
}

function fraudIn({ metadata, occurredAt }: Click): string | undefined {
  const robot = robots?.find((name) => metadata?.agent?.includes(name));
  if (robot !== undefined) return `robot: ${robot}`;
  if (metadata?.ip === undefined) return undefined;
  const window = `${metadata.ip} ${occurredAt.slice(0, 16)}`;
  const count = (clicks.get(window) ?? 0) + 1;
  keep(clicks, window, count);
  return count > CLICKS_AN_IP_AND_MINUTE ? `click ${count} of ${metadata.ip} in a minute` : undefined;
}

function readRobots(): readonly string[] | undefined {
  if (!existsSync(ROBOTS_FILE)) return undefined;
  return readFileSync(ROBOTS_FILE, 'utf8').split('\n').filter(Boolean);
}

/** Forgets the oldest where there are too many. */
function keep<Value>(known: Map<string, Value>, key: string, value: Value): void {
  known.set(key, value);
  const [oldest] = known.keys();
  if (known.size > KEPT_MAX && oldest !== undefined) known.delete(oldest);
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) {
    text += part as string;
    if (text.length > BODY_BYTES_MAX) throw new Error('the body is too large');
  }
  return text;
}
