import type { OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { EngineObserver } from '../engine/observer';
import type { LockService } from '../strategies/lock-service';

const COMMAND_MS_MAX = 500;
const RECONNECT_MS_MAX = 2_000;

/** Deletes the lock only where the token is still the caller's: compare and delete are one step on the server. */
const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end`;

/** Locks on a Redis server. While it is away nobody can say who has a lock, and everything goes on without. */
export class RedisLocks implements LockService, OnApplicationShutdown {
  readonly #redis: Redis;

  constructor(
    url: string,
    private readonly observer: Pick<EngineObserver, 'deferred'>,
  ) {
    this.#redis = new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      connectTimeout: COMMAND_MS_MAX,
      commandTimeout: COMMAND_MS_MAX,
      retryStrategy: (tries) => Math.min(100 * tries, RECONNECT_MS_MAX),
    });
    // ioredis reconnects by itself; one line for each outage is enough.
    this.#redis.on('error', (error: unknown) => {
      if (this.#redis.status !== 'reconnecting')
        this.observer.deferred('the connection to Redis for locks', error);
    });
  }

  async take(name: string, token: string, ttlMs: number): Promise<boolean | undefined> {
    try {
      if (this.#redis.status === 'wait') await this.#redis.connect();
      return (await this.#redis.set(name, token, 'PX', ttlMs, 'NX')) === 'OK';
    } catch {
      return undefined;
    }
  }

  /** One that cannot be let go of expires. */
  async release(name: string, token: string): Promise<void> {
    await this.#redis.eval(RELEASE, 1, name, token).catch(() => undefined);
  }

  /** Called by NestJS once the listeners have ended: nobody wants a lock any more. */
  onApplicationShutdown(): void {
    this.#redis.disconnect();
  }
}
