import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { type FindAddresses, nameFinder } from './find-addresses';
import { isPrivate, PrivateAddressError, receiverLookup } from './private-addresses';

export interface Message {
  readonly url: string;
  /** The event's id: the same each time. */
  readonly id: string;
  readonly body: string;
  /** The newest first; each signs. */
  readonly secrets: readonly string[];
  /** By this instance's clock, as receivers compare it with theirs. */
  readonly now: Date;
}

export type Answered =
  /** 2xx. */
  | { readonly kind: 'taken'; readonly answer: string }
  /** 410: the receiver wants nothing more. */
  | { readonly kind: 'gone'; readonly answer: string }
  | { readonly kind: 'refused'; readonly answer: string };

export interface SenderSettings {
  /** From the connection to the end of the answer. */
  readonly timeoutMs: number;
  /** More of an answer is not read. */
  readonly answerBytesMax: number;
  readonly allowsPrivate: boolean;
  readonly connectionsMax: number;
}

export const SENDER_SETTINGS: SenderSettings = {
  timeoutMs: 15_000,
  answerBytesMax: 16_384,
  allowsPrivate: false,
  connectionsMax: 8,
};

/** Sends events to one receiver, signed as Standard Webhooks has it. Redirects are not followed: they are refusals. */
export class WebhookSender {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;

  readonly #lookup: LookupFunction;

  constructor(
    private readonly settings: SenderSettings,
    find: FindAddresses = nameFinder(),
  ) {
    this.#lookup = receiverLookup(find, settings.allowsPrivate);
    const options = { keepAlive: true, maxSockets: settings.connectionsMax };
    this.#http = new HttpAgent(options);
    this.#https = new HttpsAgent(options);
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  /** Never rejects. */
  async send(message: Message, signal?: AbortSignal): Promise<Answered> {
    const timeout = AbortSignal.timeout(this.settings.timeoutMs);
    try {
      const status = await this.#post(message, signal ? AbortSignal.any([signal, timeout]) : timeout);
      const answer = `HTTP ${status}`;
      if (status >= 200 && status < 300) return { kind: 'taken', answer };
      return { kind: status === 410 ? 'gone' : 'refused', answer };
    } catch (error) {
      return { kind: 'refused', answer: timeout.aborted ? 'no answer in time' : wordsOf(error) };
    }
  }

  /** @returns the status; the rest of the answer is read, up to a bound, so that the connection can be used again */
  #post({ url, id, body, secrets, now }: Message, signal: AbortSignal): Promise<number> {
    const at = new URL(url);
    const { allowsPrivate, answerBytesMax } = this.settings;
    const host = at.hostname.replace(/^\[|\]$/g, '');
    if (!allowsPrivate && isIP(host) !== 0 && isPrivate(host))
      return Promise.reject(new PrivateAddressError(host));
    const payload = Buffer.from(body);
    const isTls = at.protocol === 'https:';
    const options: RequestOptions = {
      method: 'POST',
      signal,
      agent: isTls ? this.#https : this.#http,
      lookup: this.#lookup,
      headers: {
        'content-type': 'application/json',
        'content-length': payload.length,
        'user-agent': 'hotsplit-webhooks',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
        'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
      },
    };
    return new Promise((resolve, reject) => {
      const request = (isTls ? httpsRequest : httpRequest)(at, options, (response) => {
        let bytes = 0;
        response.on('data', (part: Buffer) => {
          bytes += part.length;
          if (bytes <= answerBytesMax) return;
          resolve(response.statusCode ?? 0);
          response.destroy();
        });
        response.on('end', () => {
          resolve(response.statusCode ?? 0);
        });
        response.on('error', reject);
      });
      request.on('error', reject);
      request.end(payload);
    });
  }
}

/** Without what the receiver could put into it. */
function wordsOf(error: unknown): string {
  if (error instanceof PrivateAddressError) return error.message;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? `no answer: ${code}` : 'no answer';
}
