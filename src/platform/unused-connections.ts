import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Connections that no request has come on yet, such as a browser, a load balancer or a pool opens ahead. Node does not
 * count them as idle, so that one of them would keep a stopping server waiting.
 */
export class UnusedConnections {
  readonly #unused = new Set<Socket>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#unused.add(socket);
      socket.once('close', () => this.#unused.delete(socket));
    });
    server.on('request', ({ socket }: IncomingMessage) => this.#unused.delete(socket));
  }

  /** Ends those on which nothing has been said; with `halfSaid`, those too whose first request is not whole. */
  end({ halfSaid }: { readonly halfSaid: boolean }): void {
    for (const socket of this.#unused) if (halfSaid || socket.bytesRead === 0) socket.destroy();
  }
}
