import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { RETRY_AFTER_SECONDS } from '../api/outcome-problem';
import { Problem } from '../contract/problem';

/** Bodies up to this are not counted: the bound on connections bounds them. */
const SMALL_BYTES_MAX = 4 * 1024;

/** The bytes that bodies under way may have together. What is taken is given back at the latest when its socket closes. */
export class BodyBudget {
  readonly #bySocket = new Map<Socket, number>();
  #takenBytes = 0;

  constructor(private readonly bytesMax: number) {}

  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** @returns false when there is not so much left; nothing is taken then */
  take(socket: Socket, bytes: number): boolean {
    if (this.#takenBytes + bytes > this.bytesMax) return false;
    const held = this.#bySocket.get(socket);
    if (held === undefined)
      socket.once('close', () => {
        this.giveBack(socket, this.#bySocket.get(socket) ?? 0);
        this.#bySocket.delete(socket);
      });
    this.#bySocket.set(socket, (held ?? 0) + bytes);
    this.#takenBytes += bytes;
    return true;
  }

  /** Of a socket that has closed, everything was given back already. */
  giveBack(socket: Socket, bytes: number): void {
    const held = this.#bySocket.get(socket);
    if (held === undefined) return;
    this.#bySocket.set(socket, held - bytes);
    this.#takenBytes -= bytes;
  }
}

/**
 * Turns a body away before it is read when those under way, whole or not, take up the budget: many of the largest ones at
 * once would otherwise take up the memory. It is counted until its request is answered.
 */
export function withinBudget(budget: BodyBudget, refused: () => void) {
  return (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const bytes = bytesOf(request);
    if (bytes <= SMALL_BYTES_MAX) {
      done();
      return;
    }
    const { socket } = request.raw;
    if (!budget.take(socket, bytes)) {
      refused();
      done(new Problem('OVERLOADED', { retryAfterSeconds: RETRY_AFTER_SECONDS }));
      return;
    }
    reply.raw.once('close', () => {
      budget.giveBack(socket, bytes);
    });
    done();
  };
}

/** What a body may come to: as it says itself, or else the most that its route reads. */
function bytesOf({ headers, routeOptions: { bodyLimit } }: FastifyRequest): number {
  const length = headers['content-length'];
  if (length !== undefined) return Math.min(Number(length), bodyLimit);
  return headers['transfer-encoding'] === undefined ? 0 : bodyLimit;
}
