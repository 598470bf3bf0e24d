import type { Server, ServerCredentials } from '@grpc/grpc-js';
import { constants, type Http2Server, type ServerHttp2Session, type ServerOptions } from 'node:http2';

/** What one connection may do so often at once, and then so often a second. */
interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * Calls that a client may cancel. A deadline that passes is a cancellation too, so that a client whose calls all have 10 ms
 * cancels as many as it makes while a database is slow. By default node ends a connection, and with it every other call
 * on it, at 33 a second; this is more than a connection carries for long.
 */
const CANCELS: Rate = { burst: 20_000, perSecond: 5_000 };

/** Client libraries probe the bandwidth with a PING for each answer, at most one at a time; a flood is far above. */
const PINGS: Rate = { burst: 10_000, perSecond: 5_000 };

/** How long a client may take to agree on TLS, and then to say the first words of HTTP/2. */
const GREETING_MS_MAX = 10_000;

/** Of the server library; not in its types. */
interface Inside {
  commonServerOptions: ServerOptions & { handshakeTimeout?: number };
  createHttp2Server(credentials: ServerCredentials): Http2Server;
}

/**
 * Bounds what a connection may ask of HTTP/2 itself. The server library has no options for it, and hands those of HTTP/2
 * on from a place of its own; specs tell when that has moved.
 *
 * @param made given each listener that the server makes
 */
export function limitEachConnection(
  server: Server,
  made: (listener: Http2Server) => void,
  greetingMsMax = GREETING_MS_MAX,
): void {
  const inside = server as unknown as Inside;
  const create = inside.createHttp2Server.bind(server);
  inside.commonServerOptions.streamResetBurst = CANCELS.burst;
  inside.commonServerOptions.streamResetRate = CANCELS.perSecond;
  inside.commonServerOptions.handshakeTimeout = greetingMsMax;
  inside.createHttp2Server = (credentials) => {
    const listener = create(credentials)
      .on('session', limitPings)
      .on('session', (session) => {
        endSilent(session, greetingMsMax);
      });
    made(listener);
    return listener;
  };
}

/** A connection on which nothing is said would stay until a PING goes unanswered, and one that answers PINGs for ever. */
function endSilent(session: ServerHttp2Session, greetingMsMax: number): void {
  const timer = setTimeout(() => {
    session.destroy();
  }, greetingMsMax).unref();
  const settle = (): void => {
    clearTimeout(timer);
  };
  session.once('remoteSettings', settle).once('close', settle);
}

function limitPings(session: ServerHttp2Session): void {
  let left = PINGS.burst;
  let countedAt = performance.now();
  session.on('ping', () => {
    const now = performance.now();
    left = Math.min(PINGS.burst, left + ((now - countedAt) / 1_000) * PINGS.perSecond) - 1;
    countedAt = now;
    if (left < 0) session.destroy(new Error('too many pings'), constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });
}
