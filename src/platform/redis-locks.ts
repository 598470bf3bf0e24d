import type { OnApplicationShutdown } from '@nestjs/common';
import type { EngineObserver } from '../engine/observer';
import { RedisLink } from './redis-link';
import type { LockService } from '../strategies/lock-service';

const COMMAND_MS_MAX = 500;

/** Deletes the lock only where the token is still the caller's: compare and delete are one step on the server. */
const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end`;

/** Locks on a Redis server. While it is away nobody can say who has a lock, and everything goes on without. */
export class RedisLocks implements LockService, OnApplicationShutdown {
  readonly #link: RedisLink;

  constructor(url: string, observer: Pick<EngineObserver, 'deferred'>, commandMsMax = COMMAND_MS_MAX) {
    this.#link = new RedisLink(url, { purpose: 'locks', commandMsMax, observer });
  }

  get isUp(): boolean {
    return this.#link.isUp;
  }

  async take(name: string, token: string, ttlMs: number): Promise<boolean | undefined> {
    const taken = await this.#link.ask(async (redis) => [await redis.set(name, token, 'PX', ttlMs, 'NX')]);
    return taken && taken[0] === 'OK';
  }

  /** One that cannot be let go of expires. */
  async release(name: string, token: string): Promise<void> {
    await this.#link.ask((redis) => redis.eval(RELEASE, 1, name, token));
  }

  /** Called by NestJS once the listeners have ended: nobody wants a lock any more. */
  onApplicationShutdown(): void {
    this.#link.close();
  }
}
