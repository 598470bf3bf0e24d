import type { ChildProcess } from 'node:child_process';

/** How `node:cluster` deals a connection: one of a listener, and the next when that was taken. */
interface Dealing {
  readonly act?: unknown;
  readonly key?: unknown;
}

interface Connection {
  /** Does nothing the second time. */
  close(): void;
}

type Send = (message: Dealing, connection?: Connection, ...further: unknown[]) => boolean;

/**
 * Ends, with a worker, the connections that it was dealt and had not taken. `node:cluster` waits for the worker's word and
 * keeps its own end of them open for ever: their clients would wait for an answer without hearing that nobody is there.
 */
export function endDealtConnectionsWith(worker: ChildProcess): void {
  const dealt = new Map<unknown, Connection>();
  const send = worker.send.bind(worker) as unknown as Send;
  const deal: Send = (message, connection, ...further) => {
    if (message.act === 'newconn' && connection) dealt.set(message.key, connection);
    return send(message, connection, ...further);
  };
  worker.send = deal as unknown as ChildProcess['send'];
  worker.once('exit', () => {
    for (const connection of dealt.values()) connection.close();
  });
}
