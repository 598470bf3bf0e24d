import type { Server, Socket } from 'node:net';
import { networkOf } from '../platform/anonymous-throttle';

/** Node's types do not have the property yet. */
type DroppingServer = Server & { dropMaxConnection?: boolean };

/** Where a connection comes from: the same for a connection and for what TLS or HTTP/2 puts over it. */
export type Origin = Pick<Socket, 'remoteAddress' | 'remotePort'>;

/** Accepted beyond the bound, for the moment until one that gives way has ended. */
const GIVING_WAY_MAX = 64;

/**
 * Bounds the connections of a listener. With one more, a connection gives way that has not shown a known key: the oldest of
 * the address that has most of those. Otherwise connections that cost their owner nothing, opened and left silent, would keep
 * everybody out. Where all have shown a key, the newcomer is ended, without an answer, which would have to be written to
 * somebody who may never read it.
 */
export class ConnectionLimit {
  #open = 0;
  /** Connections without a known key, by address and port; the oldest first. */
  readonly #strangers = new Map<string, Map<number, Socket>>();
  readonly #known = new WeakSet<object>();

  /** @param ended told of each connection that was ended, or not taken */
  constructor(
    server: DroppingServer,
    private readonly connectionsMax: number,
    private readonly ended: () => void,
  ) {
    server.maxConnections = connectionsMax + GIVING_WAY_MAX;
    // In a worker, it would otherwise be dealt on to the next one, and round and round while all are full.
    server.dropMaxConnection = true;
    server.on('drop', ended);
    server.on('connection', (socket: Socket) => {
      this.#add(socket);
    });
  }

  /**
   * A known key came over this connection, which gives way to nobody from now on.
   *
   * @param connection the same object at each call of one connection; the first call alone looks at where it comes from
   */
  showedKey(connection: object, origin: Origin): void {
    if (this.#known.has(connection)) return;
    this.#known.add(connection);
    this.#forget(origin);
  }

  hasShownKey(connection: object): boolean {
    return this.#known.has(connection);
  }

  #add(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) return;
    const origin = { remoteAddress, remotePort };
    this.#open += 1;
    socket.once('close', () => {
      this.#open -= 1;
      this.#forget(origin);
    });
    if (this.#open > this.connectionsMax) {
      this.ended();
      const givesWay = this.#oldestOfMost() ?? socket;
      this.#forget(givesWay);
      givesWay.destroy();
      if (givesWay === socket) return;
    }
    const address = networkOf(remoteAddress);
    const ofAddress = this.#strangers.get(address) ?? new Map<number, Socket>();
    this.#strangers.set(address, ofAddress.set(remotePort, socket));
  }

  #oldestOfMost(): Socket | undefined {
    let most: Map<number, Socket> | undefined;
    for (const ofAddress of this.#strangers.values())
      if (most === undefined || ofAddress.size > most.size) most = ofAddress;
    return most?.values().next().value;
  }

  #forget({ remoteAddress, remotePort }: Origin): void {
    if (remoteAddress === undefined || remotePort === undefined) return;
    const address = networkOf(remoteAddress);
    const ofAddress = this.#strangers.get(address);
    if (!ofAddress?.delete(remotePort)) return;
    if (ofAddress.size === 0) this.#strangers.delete(address);
  }
}
