import type { Answer } from './answer';

const HEAD_END = '\r\n\r\n';

/** Reads HTTP/1.1 answers from what a connection brought; one that is not complete yet is left for later. */
export class AnswerReader {
  #bytes: Buffer = Buffer.alloc(0);

  /**
   * @param isHead whether the n-th request asked for the head only: its answer has no body, whatever its length says
   * @param already how many answers were taken before
   */
  take(received: Buffer, isHead: (nth: number) => boolean, already: number): Answer[] {
    this.#bytes = this.#bytes.length === 0 ? received : Buffer.concat([this.#bytes, received]);
    const answers: Answer[] = [];
    for (;;) {
      const answer = this.#next(isHead(already + answers.length));
      if (answer === undefined) return answers;
      // What only says "go on" is no answer.
      if (answer.status >= 200) answers.push(answer);
    }
  }

  #next(isHead: boolean): Answer | undefined {
    const headEnd = this.#bytes.indexOf(HEAD_END);
    if (headEnd < 0) return undefined;
    const [statusLine = '', ...lines] = this.#bytes.toString('latin1', 0, headEnd).split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1] ?? 0);
    const headers = headersOf(lines);
    const from = headEnd + HEAD_END.length;
    const body =
      isHead || status < 200 || status === 204 || status === 304
        ? { text: Buffer.alloc(0), end: from }
        : headers['transfer-encoding'] === 'chunked'
          ? chunkedBody(this.#bytes, from)
          : sizedBody(this.#bytes, from, Number(headers['content-length'] ?? 0));
    if (!body) return undefined;
    this.#bytes = this.#bytes.subarray(body.end);
    return { status, headers, text: body.text.toString() };
  }
}

function headersOf(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:]*): ?(.*)$/s.exec(line) ?? [];
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  return headers;
}

interface Body {
  readonly text: Buffer;
  readonly end: number;
}

function sizedBody(bytes: Buffer, from: number, length: number): Body | undefined {
  return bytes.length < from + length
    ? undefined
    : { text: bytes.subarray(from, from + length), end: from + length };
}

function chunkedBody(bytes: Buffer, from: number): Body | undefined {
  const parts: Buffer[] = [];
  for (let at = from; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const length = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + length + 2;
    if (bytes.length < next) return undefined;
    if (!(length > 0)) return { text: Buffer.concat(parts), end: next };
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + length));
    at = next;
  }
}
