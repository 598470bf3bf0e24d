import { constants, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { Problem } from '../../contract/problem';
import type { Later } from '../../shards/surroundings';
import { type BodyBudget, type BodyRefusal, CountedBody, holderOf, UNCOUNTED_BYTES } from '../body-budget';
import { RETRY_AFTER_SECONDS } from '../outcome-problem';
import { statusOf } from './rich-status';

export interface MessageCounting {
  readonly budget: BodyBudget;
  readonly later: Later;
  /** The id of the key that a header shows; empty where none is known. */
  readonly keyIdOf: (authorization: string | undefined) => string;
  readonly refused: (refusal: BodyRefusal, keyId: string) => void;
}

/** A flag, and how long the message is. */
const PREFIX_BYTES = 5;
/** A message may take 30 seconds to come whole, like the body of an HTTP request. */
const LOOK_MS = 2_000;
const LOOKS_MAX = 15;

const DETAILS: Readonly<Record<BodyRefusal, string>> = {
  share:
    'The messages under way with this key, or from this address, take up their part of the memory for messages.',
  budget: 'All messages under way take up the memory for messages.',
  stalled: 'The message stopped arriving.',
};

/**
 * Turns messages away for which there is no room, and ends calls whose message does not go on arriving. The server library
 * gathers a message before anybody looks at the call's key, each up to 4 MiB: without a bound, calls that begin a
 * message and never end it would take up the memory of the process.
 */
export function countMessages(listener: Http2Server, counting: MessageCounting): void {
  const incomplete = new Incomplete(counting.later);
  listener.on('stream', (stream, headers) => {
    new Messages({ stream, headers, counting, incomplete });
  });
}

/** Calls that wait for a message, or for the rest of one. One timer looks after all of them. */
class Incomplete {
  /** The look at which each began to wait; in that order. */
  readonly #since = new Map<Messages, number>();
  #looks = 0;
  #isLooking = false;

  constructor(private readonly later: Later) {}

  add(messages: Messages): void {
    if (this.#since.has(messages)) return;
    this.#since.set(messages, this.#looks);
    if (!this.#isLooking) this.#lookLater();
  }

  delete(messages: Messages): void {
    this.#since.delete(messages);
  }

  #lookLater(): void {
    this.#isLooking = true;
    this.later(LOOK_MS, () => {
      this.#looks += 1;
      for (const [messages, since] of this.#since) {
        if (this.#looks - since <= LOOKS_MAX) break;
        messages.stop('stalled');
      }
      this.#isLooking = false;
      if (this.#since.size > 0) this.#lookLater();
    });
  }
}

interface MessagesParts {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly counting: MessageCounting;
  readonly incomplete: Incomplete;
}

/** The messages of one call, as they come from its client. */
class Messages {
  /** What has come of a prefix that is not whole. */
  #prefix: Buffer = EMPTY;
  /** What is missing of the message under way. */
  #leftBytes = 0;
  #body: CountedBody | undefined;
  #isStopped = false;

  constructor(private readonly parts: MessagesParts) {
    const { stream, headers, incomplete } = parts;
    stream.on('data', (chunk: Buffer) => {
      this.#arrived(chunk);
    });
    stream.once('close', () => {
      incomplete.delete(this);
      this.#body?.end();
    });
    // Whoever begins a stream of many messages may have none yet.
    if (!isLongLived(headers[':path'])) incomplete.add(this);
  }

  #arrived(chunk: Buffer): void {
    const { incomplete } = this.parts;
    if (this.#isStopped) return;
    let at = 0;
    while (at < chunk.length) {
      if (this.#leftBytes === 0) {
        const start = at;
        at = Math.min(chunk.length, at + PREFIX_BYTES - this.#prefix.length);
        this.#prefix = Buffer.concat([this.#prefix, chunk.subarray(start, at)]);
        if (this.#prefix.length < PREFIX_BYTES) break;
        this.#leftBytes = this.#prefix.readUInt32BE(1);
        this.#prefix = EMPTY;
        this.#body?.end();
        this.#body = undefined;
        if (this.#leftBytes > UNCOUNTED_BYTES && !this.#begin(this.#leftBytes)) return;
      }
      const bytes = Math.min(this.#leftBytes, chunk.length - at);
      at += bytes;
      this.#leftBytes -= bytes;
      const refusal = this.#body?.arrived(bytes);
      if (refusal) {
        this.stop(refusal);
        return;
      }
    }
    if (this.#leftBytes > 0 || this.#prefix.length > 0) {
      incomplete.add(this);
      return;
    }
    incomplete.delete(this);
    this.#body?.complete();
  }

  /** @returns whether there is room for the message */
  #begin(saidBytes: number): boolean {
    const { counting, stream } = this.parts;
    const { budget, later } = counting;
    this.#body = new CountedBody({
      budget,
      // The server library refuses what is longer than any message may be.
      saidBytes: Math.min(saidBytes, MESSAGE_BYTES_MAX),
      holder: holderOf(this.#keyId(), stream.session?.socket),
      later,
      stalled: () => {
        this.stop('stalled');
      },
    });
    const refusal = this.#body.begin();
    if (refusal) this.stop(refusal);
    return refusal === undefined;
  }

  #keyId(): string {
    return this.parts.counting.keyIdOf(this.parts.headers.authorization);
  }

  stop(refusal: BodyRefusal): void {
    const { stream, counting, incomplete } = this.parts;
    if (this.#isStopped) return;
    this.#isStopped = true;
    incomplete.delete(this);
    this.#body?.end();
    counting.refused(refusal, this.#keyId());
    if (stream.closed) return;
    if (!stream.headersSent) stream.respond(trailersOnly(refusal), { endStream: true });
    stream.close(constants.NGHTTP2_NO_ERROR);
  }
}

const EMPTY = Buffer.alloc(0);
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;

/** A call that is answered without a message has its status in the headers. */
function trailersOnly(refusal: BodyRefusal) {
  const detail = DETAILS[refusal];
  const problem =
    refusal === 'stalled'
      ? new Problem('REQUEST_TIMEOUT', { detail })
      : new Problem('OVERLOADED', { detail, retryAfterSeconds: RETRY_AFTER_SECONDS });
  const { code, details, metadata } = statusOf(problem);
  return {
    ':status': 200,
    'content-type': 'application/grpc+proto',
    'grpc-status': String(code),
    'grpc-message': encodeURI(details),
    ...metadata.toHttp2Headers(),
  };
}

function isLongLived(path: string | string[] | undefined): boolean {
  return typeof path === 'string' && /\/(StreamDeduct|ServerReflectionInfo)$/.test(path);
}
