import { connect } from 'node:net';
import { Redis } from 'ioredis';
import { at, broken, type Check, ok, warning } from './check';

const MS_MAX = 3_000;

/** Redis carries notices between instances. What is in it need not last, so nothing is asked but whether it answers. */
export async function examineRedis(url: string): Promise<Check[]> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: MS_MAX,
    commandTimeout: MS_MAX,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    await redis.ping();
    return at('redis', [ok('reachable', 'answers')]);
  } catch (error) {
    return at('redis', [
      broken(
        'reachable',
        (error as Error).message,
        'instances do not tell each other what to forget, and each keeps rates by itself; money is not affected',
        'start it, or correct HOTSPLIT_REDIS_URL',
      ),
    ]);
  } finally {
    redis.disconnect();
  }
}

/** Whether brokers take connections. One that answers is enough to find the others. */
export async function examineKafka(
  brokers: readonly { readonly host: string; readonly port: number }[],
): Promise<Check[]> {
  const reached = await Promise.all(brokers.map(isListening));
  const away = brokers.filter((_, position) => reached[position] !== true);
  const names = away.map(({ host, port }) => `${host}:${port}`).join(', ');
  if (away.length === 0) return at('kafka', [ok('reachable', `${brokers.length} brokers`)]);
  const remedy = 'start them, or correct HOTSPLIT_KAFKA_BROKERS';
  const isNone = away.length === brokers.length;
  return at('kafka', [
    isNone
      ? broken(
          'reachable',
          `no broker: ${names}`,
          'no message is charged and no event published until one is back',
          remedy,
        )
      : warning('reachable', `not ${names}`, 'fewer brokers may fail before none is left', remedy),
  ]);
}

function isListening({ host, port }: { readonly host: string; readonly port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: MS_MAX });
    const end = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', () => {
      end(true);
    });
    socket.once('error', () => {
      end(false);
    });
    socket.once('timeout', () => {
      end(false);
    });
  });
}
