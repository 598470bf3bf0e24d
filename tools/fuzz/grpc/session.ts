import { type ClientHttp2Session, connect, constants, type OutgoingHttpHeaders } from 'node:http2';
import { FrameReader } from '../../kernel/grpc-wire';
import type { GrpcCall } from './call';

/** After that a call counts as hung. How long an answer takes on a busy machine says nothing of the service. */
const ANSWER_MS_MAX = 300_000;

/** Node counts what cancelled calls had written, and with its 10 MB would soon refuse every answer itself. */
const SESSION_MB_MAX = 4_000;

/** What came back of a call. */
export interface GrpcAnswer {
  /** Of HTTP; 0 for none. */
  readonly http: number;
  /** Of gRPC; none for a call that was reset or answered by HTTP alone. */
  readonly status: number | undefined;
  readonly text: string;
  /** The google.rpc.Status. */
  readonly details: Buffer | undefined;
  readonly messages: readonly Buffer[];
  /** All heads and trailers, for what they may give away. */
  readonly heads: string;
  /** How it ended when it has no status. */
  readonly end: string;
  /** It was sent before, and nothing is known of what that came to. */
  readonly isSecond?: boolean;
}

/** One HTTP/2 connection, opened again when the service has closed it. */
export class GrpcFuzzSession {
  #session: ClientHttp2Session | undefined;

  /** Connections that the service wanted calmer. */
  calmed = 0;

  constructor(private readonly url: string) {}

  /**
   * Resolves however the call ends. A connection that carried much that was hostile may be told to calm down, by HTTP/2,
   * before a call is begun or while its answer is on its way; such a call goes over a new one, which must take it.
   */
  async deliver(call: GrpcCall): Promise<GrpcAnswer> {
    const answer = await this.#deliver(call);
    if (!answer.end.includes('ENHANCE_YOUR_CALM')) return answer;
    this.close();
    this.calmed += 1;
    return { ...(await this.#deliver(call)), isSecond: true };
  }

  #deliver(call: GrpcCall): Promise<GrpcAnswer> {
    const { promise, resolve } = Promise.withResolvers<GrpcAnswer>();
    const heads: OutgoingHttpHeaders[] = [];
    const messages: Buffer[] = [];
    const frames = new FrameReader();
    let end = 'closed';
    const stream = this.#open().request(call.headers, { endStream: false });
    const late = setTimeout(() => {
      end = `no end within ${ANSWER_MS_MAX} ms`;
      stream.close(constants.NGHTTP2_CANCEL);
    }, ANSWER_MS_MAX);
    const take = (headers: OutgoingHttpHeaders): void => void heads.push({ ...headers });
    stream.on('response', take);
    stream.on('trailers', take);
    stream.on('data', (part: Buffer) => messages.push(...frames.push(part)));
    stream.on('error', (error: Error) => (end = error.message));
    stream.on('close', () => {
      clearTimeout(late);
      const all = Object.assign({}, ...heads) as OutgoingHttpHeaders;
      const { 'grpc-status': status, 'grpc-message': text, 'grpc-status-details-bin': details } = all;
      resolve({
        http: Number(all[':status'] ?? 0),
        status: status === undefined ? undefined : Number(status),
        text: unescaped(String(text ?? '')),
        details: details === undefined ? undefined : Buffer.from(String(details), 'base64'),
        messages,
        heads: JSON.stringify(heads),
        end,
      });
    });
    for (const part of call.parts) if (part.length > 0) stream.write(part);
    if (call.ending === 'half-close') stream.end();
    else if (call.ending === 'cancel') stream.close(constants.NGHTTP2_CANCEL);
    else stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    return promise;
  }

  close(): void {
    this.#session?.destroy();
  }

  #open(): ClientHttp2Session {
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return this.#session;
    this.#session = connect(this.url, { maxSessionMemory: SESSION_MB_MAX });
    // What breaks is told by the calls that it breaks.
    this.#session.on('error', () => undefined);
    return this.#session;
  }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
