import type { Socket } from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Later } from '../shards/surroundings';
import { RETRY_AFTER_SECONDS } from '../api/outcome-problem';
import { Problem } from '../contract/problem';
import {
  type BodyBudget,
  type BodyRefusal,
  CountedBody,
  holderOf,
  UNCOUNTED_BYTES,
} from '../api/body-budget';
import { ConnectionEnds } from './connection-ends';

export interface BodyCounting {
  readonly budget: BodyBudget;
  readonly later: Later;
  readonly refused: (refusal: BodyRefusal, keyId: string) => void;
}

const DETAILS: Readonly<Record<BodyRefusal, string>> = {
  share:
    'The bodies of requests under way with this key, or from this address, take up their part of the memory for bodies.',
  budget: 'The bodies of all requests under way take up the memory for bodies.',
  stalled: 'The body stopped arriving.',
};

/**
 * Turns bodies away for which there is no room, before or while they are read, and ends those that do not go on arriving: large
 * ones, many at once, would otherwise take up the memory, and slow ones the room for all others.
 */
export function countBodies(rest: FastifyInstance, counting: BodyCounting): void {
  const counted = new WeakMap<FastifyRequest, MeteredBody>();
  const ends = new ConnectionEnds();
  rest.addHook('onRequest', (request, reply, done) => {
    const saidBytes = saidBytesOf(request);
    // What every deduction passes: a body that says it is small, or none.
    if (saidBytes !== undefined && saidBytes <= UNCOUNTED_BYTES) {
      done();
      return;
    }
    const metered = new MeteredBody(request, reply, counting, saidBytes);
    counted.set(request, metered);
    const forget = ends.add(metered.socket, () => {
      metered.giveBack();
    });
    metered.whenAnswered(forget);
    done(metered.begin());
  });
  rest.addHook('preParsing', (request, _reply, payload, done) => {
    const metered = counted.get(request);
    if (!metered) {
      done(null, payload);
      return;
    }
    payload.on('error', (error) => metered.destroy(error));
    done(null, payload.pipe(metered));
  });
}

/** A body on its way from the connection to its reader. */
class MeteredBody extends Transform {
  readonly #body: CountedBody;

  constructor(
    private readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
    private readonly counting: BodyCounting,
    saidBytes: number | undefined,
  ) {
    super();
    const { budget, later } = counting;
    const holder = holderOf(request.principal.keyId, request.socket);
    const stalled = (): void => {
      if (!request.raw.complete) this.#stop('stalled');
    };
    this.#body = new CountedBody({ budget, holder, saidBytes, later, stalled });
    // Whoever reads the body hears of its end; where nobody does, there is nobody to tell.
    this.on('error', () => undefined);
  }

  get socket(): Socket {
    return this.request.socket;
  }

  whenAnswered(then: () => void): void {
    this.reply.raw.once('close', () => {
      this.giveBack();
      then();
    });
  }

  giveBack(): void {
    this.#body.end();
    this.#discardRest();
  }

  begin(): Problem | undefined {
    const refusal = this.#body.begin();
    return refusal && this.#problem(refusal);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const refusal = this.#body.arrived(chunk.length);
    if (refusal) this.#stop(refusal);
    else done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    this.#body.complete();
    done();
  }

  #stop(refusal: BodyRefusal): void {
    this.giveBack();
    void this.reply.header('connection', 'close');
    this.destroy(this.#problem(refusal));
  }

  /** Reset in the middle of its body, a client would not hear the answer. */
  #discardRest(): void {
    const { raw } = this.request;
    if (raw.complete) return;
    raw.unpipe(this);
    raw.resume();
  }

  #problem(refusal: BodyRefusal): Problem {
    this.counting.refused(refusal, this.request.principal.keyId);
    const detail = DETAILS[refusal];
    return refusal === 'stalled'
      ? new Problem('REQUEST_TIMEOUT', { detail })
      : new Problem('OVERLOADED', { detail, retryAfterSeconds: RETRY_AFTER_SECONDS });
  }
}

/** What a body comes to as it says itself, and at most what its route reads; `undefined` where it does not say. */
function saidBytesOf({ headers, route: { bodyLimit } }: FastifyRequest): number | undefined {
  const length = headers['content-length'];
  if (length !== undefined) return Math.min(Number(length), bodyLimit);
  return headers['transfer-encoding'] === undefined ? 0 : undefined;
}
