import { setTimeout as sleep } from 'node:timers/promises';
import { amountOf, REQUEST_ID_PREFIX, requestIdOf } from '../measure/requests';
import { Tally, type Acknowledged } from '../measure/tally';
import { type GrpcCall, GrpcSession } from './grpc-session';
import { DeductionsWriter, METHODS, readResults } from './messages';

export interface SlowReaderPlan {
  readonly address: string;
  readonly key: string;
  readonly accountId: string;
  readonly firstSequence: number;
}

export interface SlowReaderProgress {
  /** Deductions handed to the connection, and those whose answers were read. */
  readonly sent: number;
  readonly read: number;
}

export interface SlowReaderResult extends SlowReaderProgress {
  readonly acknowledged: Acknowledged;
  readonly failures: Readonly<Record<string, number>>;
}

const MESSAGE_DEDUCTIONS = 100;
const READ_EVERY_MS = 1_000;
/** What HTTP/2 begins with; a client that reads slowly does well to have no more. */
const WINDOW_BYTES = 65_535;

/**
 * A client that sends as fast as the service takes it in and reads next to nothing: one piece of the stream each second,
 * until it is told to finish. Then it reads everything, so that all it sent is accounted for.
 */
export class SlowReader {
  readonly #tally = new Tally();
  readonly #failures = new Map<string, number>();
  #sent = 0;
  #read = 0;
  #finishing = false;
  #sending: Promise<void> = Promise.resolve();

  private constructor(
    private readonly plan: SlowReaderPlan,
    private readonly session: GrpcSession,
    private readonly call: GrpcCall,
  ) {
    call.onMessage = (message) => {
      for (const { requestId, answer } of readResults(message)) {
        const amount = amountOf(Number(requestId.slice(REQUEST_ID_PREFIX.length)));
        this.#read += 1;
        if (answer.kind === 'acknowledged') {
          this.#tally.acknowledged(amount);
          continue;
        }
        this.#failures.set(answer.code, (this.#failures.get(answer.code) ?? 0) + 1);
        if (answer.kind === 'unknown') this.#tally.unknown(amount);
        else this.#tally.refused();
      }
      if (!this.#finishing) call.pause();
    };
  }

  static async start(plan: SlowReaderPlan): Promise<SlowReader> {
    const session = await GrpcSession.open(plan.address, plan.key, { windowBytes: WINDOW_BYTES });
    const reader = new SlowReader(plan, session, session.call(METHODS.streamDeduct));
    reader.#sending = reader.#send();
    void reader.#readNowAndThen();
    return reader;
  }

  get progress(): SlowReaderProgress {
    return { sent: this.#sent, read: this.#read };
  }

  /** Sends no more, and reads what is left. @throws Error when the stream broke */
  async finish(): Promise<SlowReaderResult> {
    this.#finishing = true;
    this.call.resume();
    await this.#sending;
    this.call.end();
    const { code, message } = await this.call.ended;
    await this.session.close();
    if (code !== 0) throw new Error(`the slow reader's stream ended with ${code} ${message}`);
    return {
      ...this.progress,
      acknowledged: this.#tally.total,
      failures: Object.fromEntries(this.#failures),
    };
  }

  async #send(): Promise<void> {
    const writer = new DeductionsWriter(this.plan.accountId);
    while (!this.#finishing) {
      const first = this.plan.firstSequence + this.#sent;
      const deductions = Array.from({ length: MESSAGE_DEDUCTIONS }, (_, n) => ({
        requestId: requestIdOf(first + n),
        amount: amountOf(first + n),
      }));
      this.#sent += MESSAGE_DEDUCTIONS;
      if (!this.call.send(writer.write(deductions))) await this.call.whenDrained();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #readNowAndThen(): Promise<void> {
    while (!this.#finishing) {
      this.call.resume();
      await sleep(READ_EVERY_MS, undefined, { ref: false });
    }
  }
}
