import { connect, type Socket } from 'node:net';
import type { Answer } from './answer';
import { AnswerReader } from './answer-reader';
import type { Delivery } from '../generate/request';

/** After that a request counts as hung. How long an answer takes on a busy machine says nothing of the service. */
const ANSWER_MS_MAX = 300_000;
/** What is broken may leave the service waiting for more. */
const BROKEN_MS_MAX = 150;

/** What came of a delivery. Fewer answers than requests: the connection ended before, or nothing came in time. */
export interface Heard {
  readonly answers: readonly Answer[];
  readonly end: 'open' | 'closed' | 'silent';
}

/** A connection that is kept open for as long as both sides like to. Takes any bytes. */
export class Connection {
  #socket: Socket | undefined;

  constructor(private readonly address: { readonly host: string; readonly port: number }) {}

  /** Brings the bytes, and answers what came back. */
  deliver(delivery: Delivery): Promise<Heard> {
    return delivery.manner === 'abandoned' ? this.#abandon(delivery.bytes) : this.#exchange(delivery);
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  async #exchange({ bytes, requests, manner }: Delivery): Promise<Heard> {
    const socket = await this.#open();
    const reader = new AnswerReader();
    const answers: Answer[] = [];
    const end = await new Promise<Heard['end']>((resolve) => {
      const msMax = manner === 'whole' ? ANSWER_MS_MAX : BROKEN_MS_MAX;
      const timer = setTimeout(() => {
        done('silent');
      }, msMax);
      const onData = (part: Buffer): void => {
        answers.push(...reader.take(part, (nth) => requests[nth]?.method === 'HEAD', answers.length));
        if (manner === 'whole' && answers.length >= requests.length) done('open');
      };
      const onClose = (): void => {
        done('closed');
      };
      const done = (how: Heard['end']): void => {
        clearTimeout(timer);
        socket.off('data', onData).off('close', onClose);
        resolve(how);
      };
      socket.on('data', onData).on('close', onClose);
      socket.write(bytes);
    });
    const last = answers.at(-1);
    if (end !== 'open' || manner !== 'whole' || last?.headers['connection'] === 'close') this.close();
    return { answers, end };
  }

  /** Sends, and is gone as soon as the bytes are. */
  async #abandon(bytes: Buffer): Promise<Heard> {
    this.close();
    const socket = await this.#open();
    await new Promise<void>((resolve) => {
      socket.write(bytes, () => {
        resolve();
      });
      socket.once('close', () => {
        resolve();
      });
    });
    this.close();
    return { answers: [], end: 'closed' };
  }

  #open(): Promise<Socket> {
    const kept = this.#socket;
    if (kept && !kept.destroyed && kept.writable) return Promise.resolve(kept);
    return new Promise((resolve, reject) => {
      const socket = connect({ ...this.address, noDelay: true });
      this.#socket = socket;
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        // What an error says is that the connection is closed, and that is heard as well.
        socket.on('error', () => undefined);
        resolve(socket);
      });
    });
  }
}
