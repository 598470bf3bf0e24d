import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Connections that no request has come on yet, such as a browser, a load balancer or a pool opens ahead. Node does not
 * count them as idle, so that one of them would keep a stopping server waiting.
 */
export class UnusedConnections {
  /** By where they come from, which a connection keeps when TLS is put over it. */
  readonly #unused = new Map<string, Socket>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#add(socket);
    });
    server.on('secureConnection', (socket: Socket) => {
      this.#add(socket);
    });
    server.on('request', ({ socket }: IncomingMessage) => this.#unused.delete(originOf(socket)));
  }

  /** Ends those on which nothing has been said; with `halfSaid`, those too whose first request is not whole. */
  end({ halfSaid }: { readonly halfSaid: boolean }): void {
    for (const socket of this.#unused.values()) if (halfSaid || socket.bytesRead === 0) socket.destroy();
  }

  #add(socket: Socket): void {
    const origin = originOf(socket);
    this.#unused.set(origin, socket);
    socket.once('close', () => {
      if (this.#unused.get(origin) === socket) this.#unused.delete(origin);
    });
  }
}

function originOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}|${remotePort}`;
}
