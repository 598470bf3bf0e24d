import type { Socket } from 'node:net';
import type { Later } from '../shards/surroundings';
import { type NoRoom, SharedBudget } from '../platform/shared-budget';

/** Of a body, so much is not counted: the bound on connections bounds that. */
export const UNCOUNTED_BYTES = 4 * 1024;

/** The largest body that any route reads: one holder may always have one, however small the budget is. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;

/** A body that grows without having said its length is counted in such steps. */
const STEP_BYTES = 64 * 1024;

/** So much of a body has to arrive in each of these periods, or the whole rest of it. */
const PROGRESS_BYTES_MIN = 4 * 1024;
const PROGRESS_MS = 5_000;

/** Why a body was not read to its end. */
export type BodyRefusal = NoRoom | 'stalled';

/** The bytes that bodies under way may have together. */
export class BodyBudget extends SharedBudget {
  constructor(bytesMax: number) {
    super(bytesMax, BODY_BYTES_MAX);
  }
}

export interface CountedBodyParts {
  readonly budget: BodyBudget;
  readonly holder: string;
  /** What the request says of its length. */
  readonly saidBytes: number | undefined;
  readonly later: Later;
  /** Called once when the body has stopped arriving. */
  readonly stalled: () => void;
}

/** One body's part of the budget: taken as it arrives, or at once where its length is known. */
export class CountedBody {
  #taken = 0;
  #arrived = 0;
  #arrivedBefore = 0;
  #ended = false;
  #callOff: (() => void) | undefined;

  constructor(private readonly parts: CountedBodyParts) {}

  /** @returns why the body is not to be read */
  begin(): BodyRefusal | undefined {
    return this.#take(this.parts.saidBytes ?? 0);
  }

  /** @returns why the rest of the body is not to be read */
  arrived(bytes: number): BodyRefusal | undefined {
    this.#arrived += bytes;
    if (this.#arrived <= Math.max(this.#taken, UNCOUNTED_BYTES)) return undefined;
    return this.#take(Math.max(STEP_BYTES, this.#arrived - this.#taken));
  }

  /** The whole body has arrived: it counts on, but nobody waits for it. */
  complete(): void {
    this.#callOff?.();
  }

  /** The request is answered, or its connection is gone. */
  end(): void {
    this.complete();
    this.#ended = true;
    this.parts.budget.giveBack(this.parts.holder, this.#taken);
    this.#taken = 0;
  }

  #take(bytes: number): BodyRefusal | undefined {
    if (bytes === 0 || this.#ended) return undefined;
    const refusal = this.parts.budget.take(this.parts.holder, bytes);
    if (refusal) return refusal;
    if (this.#taken === 0) this.#watch();
    this.#taken += bytes;
    return undefined;
  }

  #watch(): void {
    this.#callOff = this.parts.later(PROGRESS_MS, () => {
      if (this.#arrived - this.#arrivedBefore < PROGRESS_BYTES_MIN) {
        this.parts.stalled();
        return;
      }
      this.#arrivedBefore = this.#arrived;
      this.#watch();
    });
  }
}

/** Whose part of the budget a body takes. */
export function holderOf(keyId: string, socket: Socket | undefined): string {
  return keyId === '' ? `address ${socket?.remoteAddress ?? 'unknown'}` : `key ${keyId}`;
}
