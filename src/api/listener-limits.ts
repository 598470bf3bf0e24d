import type { Server } from 'node:net';

/** Node's types do not have the property yet. */
type DroppingServer = Server & { dropMaxConnection?: boolean };

/**
 * Bounds the connections of a listener. One more is ended at once: without an answer, which would have to be written to
 * somebody who may never read it.
 */
export function limitConnections(server: DroppingServer, connectionsMax: number, refused: () => void): void {
  server.maxConnections = connectionsMax;
  // In a worker, it would otherwise be dealt on to the next one, and round and round while all are full.
  server.dropMaxConnection = true;
  server.on('drop', refused);
}
