import { connect } from 'node:net';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const HEAD_BYTES = 9;
const TYPES = { headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7 };
const ACKNOWLEDGED = 1;
const END_HEADERS = 4;
const CANCEL = 8;
/** Few enough for a service that reads on to have answered them before the next. */
const AT_ONCE = 100;

export interface Flood {
  /** Pieces that had left when the service ended the connection; all when it did not. */
  readonly sent: number;
  /** Why it was ended: the code of its GOAWAY. */
  readonly code: number | undefined;
  /** Of PING. */
  readonly acknowledged: number;
}

/**
 * Writes frames of HTTP/2 by hand, as no client library would: as fast as they are read, until the service ends the
 * connection, or all have left and what came back is enough.
 */
export function flood(
  address: string,
  piece: (n: number) => Buffer,
  { pieces, isEnough }: { readonly pieces: number; readonly isEnough: (seen: Flood) => boolean },
): Promise<Flood> {
  const [host, port] = address.split(':');
  const socket = connect({ host: host ?? '', port: Number(port) });
  let [sent, acknowledged, unread] = [0, 0, Buffer.alloc(0)];
  let code: number | undefined;
  const seen = (): Flood => ({ sent, code, acknowledged });
  const look = (): void => {
    if (code !== undefined || (sent === pieces && isEnough(seen()))) socket.destroy();
  };
  const write = (): void => {
    const count = Math.min(AT_ONCE, pieces - sent);
    if (socket.destroyed || count === 0) return;
    const chunk = Buffer.concat(Array.from({ length: count }, (_, n) => piece(sent + n)));
    sent += count;
    socket.write(chunk, () => setImmediate(write));
  };
  socket.write(Buffer.concat([PREFACE, frame(TYPES.settings, 0, 0, Buffer.alloc(0))]));
  socket.on('connect', write);
  socket.on('data', (part: Buffer) => {
    unread = Buffer.concat([unread, part]);
    while (unread.length >= HEAD_BYTES && unread.length >= HEAD_BYTES + unread.readUIntBE(0, 3)) {
      const end = HEAD_BYTES + unread.readUIntBE(0, 3);
      if (unread[3] === TYPES.goaway) code = unread.readUInt32BE(HEAD_BYTES + 4);
      if (unread[3] === TYPES.ping && unread[4] === ACKNOWLEDGED) acknowledged += 1;
      unread = unread.subarray(end);
    }
    look();
  });
  return new Promise((resolve) => {
    // A reset, when it is ended under what is still being written.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve(seen());
    });
  });
}

export function ping(): Buffer {
  return frame(TYPES.ping, 0, 0, Buffer.alloc(8));
}

/** The nth call of a connection, begun and cancelled at once. @param path such as `/grpc.health.v1.Health/Check` */
export function cancelledCall(path: string, n: number): Buffer {
  const literal = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
  const headers = [
    Buffer.from([0x83, 0x86, 0x01]),
    literal('localhost'),
    Buffer.from([0x04]),
    literal(path),
    Buffer.from([0x0f, 0x10]),
    literal('application/grpc'),
    Buffer.from([0]),
    literal('te'),
    literal('trailers'),
  ];
  const id = 2 * n + 1;
  return Buffer.concat([
    frame(TYPES.headers, END_HEADERS, id, Buffer.concat(headers)),
    frame(TYPES.reset, 0, id, Buffer.from([0, 0, 0, CANCEL])),
  ]);
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}
