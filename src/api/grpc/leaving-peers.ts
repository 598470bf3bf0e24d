import { Server as NetServer } from 'node:net';
import type { Http2Server, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long peers are given to leave before their connections are closed. */
const LEAVE_MS_MAX = 5_000;

/** Turns of the event loop that are given to connections which wait to be accepted. */
const ACCEPT_TURNS_MAX = 1_000;

/** What counts as a quick turn at first; it doubles every so many turns, for a loop that never has one. */
const QUICK_TURN_MS = 0.05;
const TURNS_UNTIL_DOUBLED = 20;

/** PINGs answered in a row that tell a client from a proxy. */
const QUIET_PINGS = 3;

/** Calls at once that no such proxy has: of one that is over, the end may be seen here after the next has begun. */
const CALLS_OF_CLIENTS = 3;

/** What is known of one connection. */
interface Peer {
  openCalls: number;
  /** Most calls at once. */
  peak: number;
  callsBegun: number;
  onIdle: () => void;
}

/**
 * The peers of a gRPC server that stops. A client library takes the server's GOAWAY for what it is and sends on another
 * connection what this one has not processed. A proxy that keeps connections for one call at a time, as nginx does,
 * fails the call that crosses a GOAWAY on the wire, and cannot send it elsewhere because it has not buffered it. Such a
 * proxy closes a connection on which something arrives while it is idle. So each connection is sent a PING whenever it
 * has no call:
 *
 * - the proxy closes it, and no call is lost;
 * - the peer has begun another call meanwhile: that is carried out, and the next PING follows;
 * - three PINGs in a row are answered and no call came: it is a client's, and may be closed. The first one a proxy answers too,
 *   when it reads it together with the end of the call before.
 */
export class LeavingPeers {
  readonly #listeners = new Set<Http2Server>();
  readonly #peers = new Map<ServerHttp2Session, Peer>();
  #accepted = 0;

  /** From the moment a listener is made. */
  watch(listener: Http2Server): void {
    this.#listeners.add(listener);
    listener.prependListener('connection', () => (this.#accepted += 1));
    listener.on('session', (session) => {
      this.#meet(session);
    });
  }

  /** Closes the listeners, and resolves when every peer has left or may be left. */
  async leave(): Promise<void> {
    await this.#acceptWaiting();
    // An HTTP/2 server's own `close` closes its sessions too.
    for (const listener of this.#listeners) NetServer.prototype.close.call(listener);
    await nextTurn();
    const deadline = new Deadline(LEAVE_MS_MAX);
    await Promise.all([...this.#peers].map(([session, peer]) => part(session, peer, deadline)));
    deadline.callOff();
  }

  /**
   * A connection that the kernel has established and nobody has accepted is reset when its listener closes. So that closes
   * right after a turn that accepted nothing and was too quick for another one to come meanwhile.
   */
  async #acceptWaiting(): Promise<void> {
    for (let turns = 0; turns < ACCEPT_TURNS_MAX; turns += 1) {
      const before = this.#accepted;
      const begunAt = performance.now();
      await nextTurn();
      const isQuick =
        performance.now() - begunAt < QUICK_TURN_MS * 2 ** Math.floor(turns / TURNS_UNTIL_DOUBLED);
      if (turns > 0 && this.#accepted === before && isQuick) return;
    }
  }

  #meet(session: ServerHttp2Session): void {
    const peer: Peer = { openCalls: 0, peak: 0, callsBegun: 0, onIdle: () => undefined };
    this.#peers.set(session, peer);
    session.once('close', () => {
      this.#peers.delete(session);
      peer.onIdle();
    });
    session.on('stream', (stream: ServerHttp2Stream) => {
      peer.callsBegun += 1;
      peer.openCalls += 1;
      peer.peak = Math.max(peer.peak, peer.openCalls);
      stream.once('close', () => {
        peer.openCalls -= 1;
        if (peer.openCalls === 0) peer.onIdle();
      });
    });
  }
}

async function part(session: ServerHttp2Session, peer: Peer, deadline: Deadline): Promise<void> {
  const isOver = (): boolean => deadline.isOver || session.destroyed || session.closed;
  let quiet = 0;
  while (!isOver() && peer.peak < CALLS_OF_CLIENTS) {
    if (peer.openCalls > 0) await deadline.orWhen((idle) => (peer.onIdle = idle));
    if (isOver()) return;
    const before = peer.callsBegun;
    await deadline.orWhen((answered) => {
      peer.onIdle = answered;
      if (!session.ping(answered)) answered();
    });
    // A call that came before the answer is announced later than the answer.
    await nextTurn();
    quiet = peer.callsBegun > before ? 0 : quiet + 1;
    if (quiet < QUIET_PINGS || isOver()) continue;
    session.close();
    return;
  }
}

class Deadline {
  isOver = false;
  readonly callOff: () => void;
  readonly #over: Promise<unknown>;

  constructor(ms: number) {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => {
      this.isOver = true;
      resolve(undefined);
    }, ms);
    this.#over = promise;
    this.callOff = () => {
      clearTimeout(timer);
      resolve(undefined);
    };
  }

  async orWhen(begin: (done: () => void) => void): Promise<void> {
    await Promise.race([this.#over, new Promise<void>(begin)]);
  }
}
