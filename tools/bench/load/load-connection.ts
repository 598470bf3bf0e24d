import { connect, type Socket } from 'node:net';
import type { LoadPlan } from './load-plan';
import { RequestTemplate } from './request-template';
import { ResponseReader } from './response-reader';

/** What a connection reports to. */
export interface LoadSink {
  /** The first sequence number of the next request, or `undefined` when no more are to be sent. */
  nextSequence(items: number): number | undefined;
  /** @returns whether all of it succeeded */
  answered(answer: {
    firstSequence: number;
    startedAt: number;
    status: number;
    body: string | undefined;
  }): boolean;
  /** The connection broke with a request under way. */
  lost(firstSequence: number): void;
  finished(): void;
}

const RECEIVE_BYTES = 64 * 1024;
const PAUSE_AFTER_FAILURE_MS = 5;
const RECONNECTS_MAX = 20;

/** One keep-alive connection in a closed loop: the next request goes out when the last one is answered. */
export class LoadConnection {
  readonly #template: RequestTemplate;
  readonly #received = Buffer.allocUnsafe(RECEIVE_BYTES);
  #reader: ResponseReader;
  #socket: Socket | undefined;
  #firstSequence: number | undefined;
  #startedAt = 0;
  #reconnects = 0;
  #done = false;

  constructor(
    private readonly plan: LoadPlan,
    private readonly sink: LoadSink,
  ) {
    this.#template = new RequestTemplate(plan);
    this.#reader = new ResponseReader(plan.items > 1);
  }

  /** Resolves when connected. */
  connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: this.plan.host,
        port: this.plan.port,
        noDelay: true,
        onread: {
          buffer: this.#received,
          callback: (length) => {
            this.#take(length);
            return true;
          },
        },
      });
      this.#socket = socket;
      socket.once('connect', resolve);
      socket.once('error', reject);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#closed());
    });
  }

  send(): void {
    const sequence = this.sink.nextSequence(this.plan.items);
    this.#firstSequence = sequence;
    if (sequence === undefined) {
      this.#finish();
      return;
    }
    this.#template.fill(sequence);
    this.#startedAt = performance.now();
    this.#socket?.write(this.#template.bytes);
  }

  #take(length: number): void {
    if (!this.#reader.push(this.#received.subarray(0, length))) return;
    const firstSequence = this.#firstSequence;
    if (firstSequence === undefined) return;
    this.#firstSequence = undefined;
    const succeeded = this.sink.answered({
      firstSequence,
      startedAt: this.#startedAt,
      status: this.#reader.status,
      body: this.plan.items > 1 ? this.#reader.takeBody() : undefined,
    });
    if (succeeded) this.send();
    else setTimeout(() => this.send(), PAUSE_AFTER_FAILURE_MS);
  }

  #closed(): void {
    if (this.#done) return;
    if (this.#firstSequence !== undefined) this.sink.lost(this.#firstSequence);
    this.#firstSequence = undefined;
    this.#reader = new ResponseReader(this.plan.items > 1);
    this.#reconnects += 1;
    if (this.#reconnects > RECONNECTS_MAX) {
      this.#finish();
      return;
    }
    setTimeout(() => {
      this.connect().then(
        () => this.send(),
        () => undefined,
      );
    }, PAUSE_AFTER_FAILURE_MS * this.#reconnects);
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    this.#socket?.destroy();
    this.sink.finished();
  }
}
