import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
} from 'node:http2';
import { FrameReader, framed } from '../../kernel/grpc-wire';

/** How a call ended; 0 is OK. */
export interface GrpcStatus {
  readonly code: number;
  readonly message: string;
}

const OK = 0;
const UNKNOWN = 2;
/** So that answers are never held back while this client reads them. */
const WINDOW_BYTES = 4 * 1024 * 1024;

/** One HTTP/2 connection that speaks gRPC, with nothing between the load and the wire. */
export class GrpcSession {
  private constructor(
    private readonly session: ClientHttp2Session,
    private readonly key: string,
  ) {}

  /** @param options.windowBytes what the service may send ahead of what is read */
  static open(
    url: string,
    key: string,
    { windowBytes = WINDOW_BYTES }: { readonly windowBytes?: number } = {},
  ): Promise<GrpcSession> {
    return new Promise((resolve, reject) => {
      const session = connect(url, { settings: { initialWindowSize: windowBytes } });
      session.once('error', reject);
      session.once('connect', () => {
        session.setLocalWindowSize(windowBytes);
        // What breaks is told by the calls that it breaks.
        session.on('error', () => undefined);
        resolve(new GrpcSession(session, key));
      });
    });
  }

  /** @throws Error unless the call ends with OK and one message */
  async unary(path: string, message: Buffer): Promise<Buffer> {
    const call = this.call(path);
    const answers: Buffer[] = [];
    call.onMessage = (answer) => answers.push(answer);
    call.end(message);
    const { code, message: why } = await call.ended;
    const [answer] = answers;
    if (code !== OK || answer === undefined) throw new Error(`${path} ended with ${code} ${why}`);
    return answer;
  }

  call(path: string): GrpcCall {
    const stream = this.session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: `Bearer ${this.key}`,
    });
    return new GrpcCall(stream);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.session.close(resolve);
    });
  }
}

/** A call under way: messages out, messages in, and how it ends. */
export class GrpcCall {
  /** Resolves however it ends. */
  readonly ended: Promise<GrpcStatus>;
  onMessage: (message: Buffer) => void = () => undefined;
  #status: GrpcStatus = { code: UNKNOWN, message: 'the connection was lost' };

  constructor(private readonly stream: ClientHttp2Stream) {
    const frames = new FrameReader();
    stream.on('data', (received: Buffer) => {
      for (const message of frames.push(received)) this.onMessage(message);
    });
    const take = (headers: IncomingHttpHeaders): void => {
      const [status, message = ''] = [headers['grpc-status'], headers['grpc-message']];
      if (status !== undefined) this.#status = { code: Number(status), message: [message].flat().join() };
    };
    // An answer without messages has its status in the head.
    stream.once('response', take);
    stream.once('trailers', take);
    stream.on('error', (error: Error) => (this.#status = { code: UNKNOWN, message: error.message }));
    this.ended = new Promise((resolve) => stream.once('close', () => resolve(this.#status)));
  }

  /** @returns false when no more should be sent until `whenDrained` */
  send(message: Buffer): boolean {
    return this.stream.write(framed(message));
  }

  whenDrained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.stream.destroyed || !this.stream.writableNeedDrain) resolve();
      else {
        this.stream.once('drain', resolve);
        this.stream.once('close', resolve);
      }
    });
  }

  end(message?: Buffer): void {
    if (message) this.stream.end(framed(message));
    else this.stream.end();
  }

  /** Reads nothing more for now: what the service sends stays with it. */
  pause(): void {
    this.stream.pause();
  }

  resume(): void {
    this.stream.resume();
  }
}
