import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineObserver } from '../engine/observer';
import type { Notice, Notices } from './notices';

const CHANNEL = 'hotsplit:notices';
const RECONNECT_MS_MAX = 2_000;
const COMMAND_MS_MAX = 2_000;
const START_MS_MAX = 1_000;

/**
 * Notices over Redis publish/subscribe. While Redis is away notices are dropped, and everything goes on: what they would
 * have made fresh becomes so by its own age.
 */
export class RedisNotices implements Notices {
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #listeners: ((notice: Notice) => void)[] = [];

  constructor(
    url: string,
    private readonly observer: Pick<EngineObserver, 'deferred'>,
  ) {
    this.#publisher = this.#connection(url);
    this.#subscriber = this.#connection(url);
    this.#subscriber.on('message', (_channel: string, text: string) => this.#receive(text));
  }

  get isUp(): boolean {
    return this.#publisher.status === 'ready' && this.#subscriber.status === 'ready';
  }

  publish(notice: Notice): void {
    for (const listener of this.#listeners) listener(notice);
    this.#publisher.publish(CHANNEL, JSON.stringify(notice)).catch((error: unknown) => {
      this.observer.deferred('telling other instances over Redis', error);
    });
  }

  subscribe(listener: (notice: Notice) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Resolves once subscribed, at once when Redis is away, and soon when it does not answer: nothing that serves money
   * waits for it. The connections are then tried again in the background.
   */
  async start(): Promise<void> {
    // Whenever the connection stands, also after an outage: subscribing twice is as good as once.
    const subscribed = new Promise<void>((resolve) => {
      this.#subscriber.on('ready', () => {
        this.#subscriber.subscribe(CHANNEL).then(
          () => {
            resolve();
          },
          (error: unknown) => {
            this.observer.deferred('subscribing to Redis', error);
          },
        );
      });
    });
    const connected = Promise.all([this.#publisher.connect(), this.#subscriber.connect()]).then(
      () => subscribed,
      (error: unknown) => {
        this.observer.deferred('connecting to Redis', error);
      },
    );
    const waited = new AbortController();
    const late = sleep(START_MS_MAX, undefined, { signal: waited.signal }).catch(() => undefined);
    await Promise.race([connected, late]);
    waited.abort();
  }

  stop(): Promise<void> {
    this.#publisher.disconnect();
    this.#subscriber.disconnect();
    return Promise.resolve();
  }

  #receive(text: string): void {
    const notice = parseNotice(text);
    if (notice) for (const listener of this.#listeners) listener(notice);
  }

  #connection(url: string): Redis {
    const redis = new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      connectTimeout: COMMAND_MS_MAX,
      commandTimeout: COMMAND_MS_MAX,
      retryStrategy: (tries) => Math.min(100 * tries, RECONNECT_MS_MAX),
    });
    // ioredis reconnects by itself and reports every try; one line for each outage is enough.
    let isAway = false;
    redis.on('ready', () => (isAway = false));
    redis.on('error', (error: unknown) => {
      if (!isAway) this.observer.deferred('the connection to Redis', error);
      isAway = true;
    });
    return redis;
  }
}

/** Anything but a notice of this version is somebody else's. */
function parseNotice(text: string): Notice | undefined {
  try {
    const { kind, accountId, keyId } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (kind === 'apiKeyDeleted') return { kind, ...(typeof keyId === 'string' && { keyId }) };
    if (kind === 'accountChanged' && typeof accountId === 'string') return { kind, accountId };
    return undefined;
  } catch {
    return undefined;
  }
}
