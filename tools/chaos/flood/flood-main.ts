import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { FloodKind, FloodPlan } from './flood-plan';

/** The flood, in a process of its own: its plan is the argument, and it goes on until it is told to stop. */

const BATCH_ITEMS = 5_000;
const BATCHES_AT_ONCE = 4;
const RECONNECT_MS = 100;
const OPEN_MS = 300;

const answers: Record<string, number> = {};
const count = (what: string): void => {
  answers[what] = (answers[what] ?? 0) + 1;
};

const plan = JSON.parse(process.argv[2] ?? '{}') as FloodPlan;
const { hostname: host, port } = new URL(plan.url);

const REQUESTS: Readonly<Record<FloodKind, () => string | undefined>> = {
  'bad keys': () =>
    `GET /v1/accounts/nobody/balance HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${randomBytes(24).toString('hex')}\r\n\r\n`,
  readiness: () => `GET /readyz HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  'idle connections': () => undefined,
  'large batches': batch,
};

function batch(): string {
  const prefix = randomBytes(6).toString('hex');
  const body = JSON.stringify({
    items: Array.from({ length: BATCH_ITEMS }, (_, n) => ({
      accountId: `${prefix}-${n}`,
      amount: '1',
      requestId: `${prefix}-${n}`,
    })),
  });
  return [
    'POST /v1/deductions:batch HTTP/1.1',
    `Host: ${host}`,
    `Authorization: Bearer ${plan.key}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

/** One connection in a closed loop; a connection that ends is opened again. */
function flood(): void {
  const socket = connect({ host, port: Number(port) });
  let received: Buffer = Buffer.alloc(0);
  const send = (): void => {
    const request = REQUESTS[plan.kind]();
    if (request !== undefined) socket.write(request);
  };
  socket.on('connect', send);
  socket.on('data', (bytes: Buffer) => {
    received = received.length === 0 ? bytes : Buffer.concat([received, bytes]);
    const head = received.indexOf('\r\n\r\n');
    if (head < 0) return;
    const text = received.toString('latin1', 0, head);
    const length = head + 4 + Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
    if (received.length < length) return;
    received = received.subarray(length);
    count(text.slice(9, 12));
    send();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    count('closed');
    setTimeout(flood, RECONNECT_MS);
  });
}

const connections = plan.kind === 'large batches' ? BATCHES_AT_ONCE : plan.connections;
for (let n = 0; n < connections; n += 1) setTimeout(flood, (n * OPEN_MS) / connections);
process.on('message', () => process.send?.(answers, () => process.exit(0)));
process.on('disconnect', () => process.exit(0));
