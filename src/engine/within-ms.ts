import { ShardUnavailableError } from '../shards/faults';

/** What a shard answers, or `ShardUnavailableError` once a time is over; the late answer is dropped. */
export async function withinMs<T>(msMax: number, shard: string, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new ShardUnavailableError(shard, `it did not answer within ${msMax} ms`));
    }, msMax);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
