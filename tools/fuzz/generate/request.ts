import type { Operation } from '../description/operation';

export type Header = readonly [name: string, value: string];

/** One HTTP request, ready to be written. */
export interface Request {
  /** What it was made for; where it arrives is up to what became of its method and path. */
  readonly operation: Operation;
  readonly method: string;
  /** Path and query, as they are written. */
  readonly target: string;
  readonly headers: readonly Header[];
  readonly body: Buffer | undefined;
}

/** How bytes are brought to the service. */
export interface Delivery {
  readonly bytes: Buffer;
  /** The requests in it that are whole, in order: so many answers there may be, or one more when something is broken. */
  readonly requests: readonly Request[];
  /**
   * `whole`: proper HTTP, every request is answered and the connection goes on. `broken`: no HTTP, answered or not, the
   * connection ends. `abandoned`: the client is gone before it has heard anything.
   */
  readonly manner: 'whole' | 'broken' | 'abandoned';
}

/** The bytes of a request; with a length when it has a body, unless its headers say how long it is. */
export function bytesOf({ method, target, headers, body }: Request): Buffer {
  const framed = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  const all: Header[] = [...headers];
  if (body !== undefined && !framed) all.push(['content-length', String(body.length)]);
  const head = `${method} ${target} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body ?? Buffer.alloc(0)]);
}
