import type { Socket } from 'node:net';

/**
 * What is to be done when a connection ends. A response that waits behind another one on its connection is not told when
 * that is gone; this is, with one listener a connection, however many requests come on it.
 */
export class ConnectionEnds {
  readonly #open = new WeakMap<Socket, Set<() => void>>();

  /** @returns forgets it again */
  add(socket: Socket, end: () => void): () => void {
    const ends = this.#open.get(socket) ?? this.#watch(socket);
    ends.add(end);
    return () => {
      ends.delete(end);
    };
  }

  #watch(socket: Socket): Set<() => void> {
    const ends = new Set<() => void>();
    this.#open.set(socket, ends);
    socket.once('close', () => {
      for (const end of ends) end();
      ends.clear();
    });
    return ends;
  }
}
