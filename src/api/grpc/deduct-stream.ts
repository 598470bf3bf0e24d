import { type ServerDuplexStream, status, type StatusObject } from '@grpc/grpc-js';
import type { CallNames } from '../../platform/call-names';
import type { KeyRates, Principal } from '../../platform/principal';
import type { RateLimits } from '../../platform/rates/rate-limits';
import type { Admitted } from '../admit';
import { takeRates } from '../take-rates';
import type { ManyDeductions } from '../many-deductions';
import { Problem } from '../../contract/problem';
import { deductionOf, deductResult, limitItems } from './deduct-result';
import type { DeductRequest, DeductResult, StreamDeductRequest } from './messages';
import { statusOf } from './rich-status';
import { readable } from './unary';
import { codecOf } from './wire';

/** Of one message of a stream. The library keeps up to 16 that were not taken yet, so this bounds what a stream may hold. */
export const STREAM_MESSAGE_BYTES_MAX = 256 * 1024;

const requests = codecOf<StreamDeductRequest>('hotsplit.v1.StreamDeductRequest');

/** Messages arrive as bytes and are read when they are taken. */
export type DeductCall = ServerDuplexStream<Buffer, { readonly results: readonly DeductResult[] }>;

export interface DeductStreamParts {
  readonly many: ManyDeductions;
  readonly names: CallNames;
  /** Asked for each message, so that a deleted key ends the stream. */
  readonly admit: () => Admitted | Promise<Admitted>;
  readonly problemOf: (error: unknown) => Problem;
  /** Told of the problem that ends the stream. */
  readonly refused: (problem: Problem) => void;
  readonly rates: RateLimits;
  /** Told once how the stream ended. */
  readonly ended: (code: status) => void;
  /** Deductions that may be taken and not read by the client yet; with so many the stream takes no further message. */
  readonly inFlightMax: number;
}

/**
 * One StreamDeduct call, in three modes:
 *
 * - **taking**: messages are taken as they come. Each of their deductions is in flight until the result has left, which it
 *   does only as fast as the client reads.
 * - **paused**: `inFlightMax` are in flight. Nothing is taken, so HTTP/2 stops the sender; results go on leaving, and
 *   when enough have, it takes again.
 * - **leaving**: the client has sent all, the service stops, or the stream is refused. Nothing more is taken; when what
 *   is in flight has left, the call ends.
 *
 * Results that are known in one turn of the event loop leave in one message.
 */
export class DeductStream {
  #inFlight = 0;
  #known: DeductResult[] = [];
  #isFlushDue = false;
  #isWaitingForReader = false;
  #end: StatusObject | 'ok' | undefined;
  #hasEnded = false;

  constructor(
    private readonly call: DeductCall,
    private readonly parts: DeductStreamParts,
  ) {
    call.on('data', (bytes: Buffer) => {
      this.#receive(bytes);
    });
    call.once('end', () => {
      this.#leave('ok');
    });
    // A stream that ended in any other way has been noted before.
    call.once('close', () => {
      this.#noteEnd(status.CANCELLED);
    });
    call.on('drain', () => {
      this.#isWaitingForReader = false;
      this.#flush();
    });
  }

  /** Deductions that were taken and whose results have not left. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Takes nothing more, and ends when everything in flight was answered. */
  refuse(problem: Problem): void {
    if (this.#end === undefined) this.parts.refused(problem);
    this.#leave(statusOf(problem));
  }

  #receive(bytes: Buffer): void {
    if (this.#end !== undefined) return;
    const admitted = this.parts.admit();
    if (!(admitted instanceof Promise)) {
      this.#take(bytes, admitted);
      return;
    }
    this.call.pause();
    admitted
      .catch((error: unknown) => this.parts.problemOf(error))
      .then((caller) => {
        this.#take(bytes, caller);
        this.#goOn();
      })
      .catch((error: unknown) => {
        this.refuse(this.parts.problemOf(error));
      });
  }

  #take(bytes: Buffer, caller: Admitted): void {
    if (caller instanceof Problem) {
      this.refuse(caller);
      return;
    }
    const message = readable(bytes, STREAM_MESSAGE_BYTES_MAX, requests.decode);
    if (message instanceof Problem) {
      this.refuse(message);
      return;
    }
    const { deductions } = message;
    try {
      limitItems('deductions', deductions);
    } catch (error) {
      this.refuse(this.parts.problemOf(error));
      return;
    }
    this.#inFlight += deductions.length;
    if (this.#inFlight >= this.parts.inFlightMax) this.call.pause();
    if (caller.rates === null) this.#carryOut(deductions, caller);
    else this.#carryOutInRate(deductions, caller, caller.rates);
  }

  /** Each message is a request; what the key's rates do not allow is refused item by item, and the stream goes on. */
  #carryOutInRate(deductions: readonly DeductRequest[], caller: Principal, keyRates: KeyRates): void {
    const { rates, problemOf } = this.parts;
    takeRates(rates, [{ kind: 'key', id: caller.keyId, rates: keyRates }], {
      requests: 1,
      deductions: deductions.length,
    })
      .then(({ refusal }) => refusal, problemOf)
      .then((refusal) => {
        if (!refusal) this.#carryOut(deductions, caller);
        else for (const deduction of deductions) this.#tell(deductResult(deduction, refusal));
      })
      .catch((error: unknown) => {
        this.refuse(problemOf(error));
      });
  }

  #carryOut(deductions: readonly DeductRequest[], caller: Principal): void {
    const { many, names } = this.parts;
    many.each({ items: deductions, read: deductionOf, caller, names }, (position, result) => {
      this.#tell(deductResult(deductions[position] as DeductRequest, result));
    });
  }

  #tell(result: DeductResult): void {
    this.#known.push(result);
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    setImmediate(() => {
      this.#isFlushDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#isWaitingForReader || this.#known.length === 0 || !this.call.writable) return;
    const results = this.#known;
    this.#known = [];
    this.#isWaitingForReader = !this.call.write({ results }, () => {
      this.#inFlight -= results.length;
      this.#goOn();
      this.#endWhenDone();
    });
  }

  #goOn(): void {
    if (this.#end === undefined && this.#inFlight < this.parts.inFlightMax) this.call.resume();
  }

  #leave(end: StatusObject | 'ok'): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.call.pause();
    this.#endWhenDone();
  }

  #endWhenDone(): void {
    if (this.#end === undefined || this.#inFlight > 0 || !this.call.writable) return;
    this.#noteEnd(this.#end === 'ok' ? status.OK : this.#end.code);
    if (this.#end === 'ok') this.call.end();
    else this.call.emit('error', this.#end);
  }

  #noteEnd(code: status): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.parts.ended(code);
  }
}
