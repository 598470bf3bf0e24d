import type { Redis } from 'ioredis';
import { redisConnection, type RedisUse } from './redis-connection';

/**
 * A connection to Redis for one use that can do without it. Whatever cannot be asked, for whatever reason (away, slow, a replica
 * that may not be written), is `undefined` to the caller; the log has one line when that begins.
 */
export class RedisLink {
  readonly #redis: Redis;
  #isUp = true;

  constructor(
    url: string,
    private readonly use: Omit<RedisUse, 'failed'>,
  ) {
    this.#redis = redisConnection(url, {
      ...use,
      failed: (error) => {
        this.#failed(error);
      },
    });
    this.#redis.on('ready', () => (this.#isUp = true));
  }

  /** Whether it answered when it was last asked; true before that. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** @returns `undefined` where the server cannot be asked, or refuses */
  async ask<Answer>(command: (redis: Redis) => Promise<Answer>): Promise<Answer | undefined> {
    try {
      if (this.#redis.status === 'wait') await this.#redis.connect();
      const answer = await command(this.#redis);
      this.#isUp = true;
      return answer;
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  close(): void {
    this.#redis.disconnect();
  }

  #failed(error: unknown): void {
    if (this.#isUp) this.use.observer.deferred(`the connection to Redis for ${this.use.purpose}`, error);
    this.#isUp = false;
  }
}
