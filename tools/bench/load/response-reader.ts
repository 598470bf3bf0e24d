const HEAD_END = Buffer.from('\r\n\r\n');
const CONTENT_LENGTH = Buffer.from('content-length: ');
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n');

/**
 * Reads HTTP/1.1 responses from a connection that has one request under way at a time. Knows as much of HTTP as this
 * service's answers need: a status, and a body with a length or in chunks.
 */
export class ResponseReader {
  status = 0;
  #parts: Buffer[] = [];
  /** Bytes of the body still to come; -1 before the head is complete, -2 when the body comes in chunks. */
  #missing = -1;

  constructor(private readonly keepBody: boolean) {}

  /** Takes what arrived. @returns true when it completes a response */
  push(received: Buffer): boolean {
    if (this.#missing === -1) return this.#readHead(received);
    if (this.keepBody || this.#missing === -2) this.#parts.push(Buffer.from(received));
    if (this.#missing === -2) return this.#chunksComplete();
    this.#missing -= received.length;
    return this.#completeWhenNothingIsMissing();
  }

  /** The body of the response that was completed last, when bodies are kept. */
  takeBody(): string {
    const body = Buffer.concat(this.#parts).toString('utf8');
    this.#parts = [];
    return body;
  }

  #readHead(received: Buffer): boolean {
    const bytes = this.#parts.length === 0 ? received : Buffer.concat([...this.#parts, received]);
    const headEnd = bytes.indexOf(HEAD_END);
    if (headEnd < 0) {
      this.#parts = [Buffer.from(bytes)];
      return false;
    }
    this.status = digitsAt(bytes, 'HTTP/1.1 '.length);
    const bodyAt = headEnd + HEAD_END.length;
    const lengthAt = bytes.indexOf(CONTENT_LENGTH);
    const hasLength = lengthAt >= 0 && lengthAt < headEnd;
    this.#parts = this.keepBody || !hasLength ? [Buffer.from(bytes.subarray(bodyAt))] : [];
    if (!hasLength) {
      this.#missing = -2;
      return this.#chunksComplete();
    }
    this.#missing = digitsAt(bytes, lengthAt + CONTENT_LENGTH.length) - (bytes.length - bodyAt);
    return this.#completeWhenNothingIsMissing();
  }

  #completeWhenNothingIsMissing(): boolean {
    if (this.#missing > 0) return false;
    this.#missing = -1;
    return true;
  }

  #chunksComplete(): boolean {
    const bytes = Buffer.concat(this.#parts);
    if (!bytes.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)) return false;
    this.#parts = this.keepBody ? chunksOf(bytes) : [];
    this.#missing = -1;
    return true;
  }
}

/** The chunks of a complete body: each is led by its length in hex, the last one is empty. */
function chunksOf(bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const length = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (!(length > 0)) return chunks;
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + length));
    at = lineEnd + 2 + length + 2;
  }
}

function digitsAt(bytes: Buffer, from: number): number {
  let value = 0;
  for (let at = from; ; at += 1) {
    const digit = (bytes[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return value;
    value = value * 10 + digit;
  }
}
