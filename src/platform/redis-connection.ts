import { Redis } from 'ioredis';
import type { EngineObserver } from '../engine/observer';

const RECONNECT_MS_MAX = 2_000;

export interface RedisUse {
  /** What the log calls it. */
  readonly purpose: string;
  /** How long connecting, and each command, may take. */
  readonly commandMsMax: number;
  readonly observer: Pick<EngineObserver, 'deferred'>;
  /** Told of every try to connect that fails. */
  readonly failed: (error: unknown) => void;
}

/** A connection whose commands fail at once while Redis is away: nobody who may go on without it waits. Made with its first command. */
export function redisConnection(
  url: string,
  { commandMsMax, failed }: Omit<RedisUse, 'observer' | 'purpose'>,
): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: commandMsMax,
    commandTimeout: commandMsMax,
    retryStrategy: (tries) => Math.min(100 * tries, RECONNECT_MS_MAX),
  });
  // ioredis reconnects by itself, and tells of each try.
  redis.on('error', failed);
  return redis;
}
