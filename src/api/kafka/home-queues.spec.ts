import { HomeQueues } from './home-queues';

describe('charges by their home shards', () => {
  test('are bounded for each shard by itself, in the order of coming', async () => {
    const queues = new HomeQueues(2);
    const begun: string[] = [];
    const ends = new Map<string, () => void>();
    const charge = (shard: string, name: string): Promise<void> =>
      queues.run(shard, () => {
        begun.push(name);
        return new Promise((resolve) => ends.set(name, resolve));
      });
    const all = ['a1', 'a2', 'a3', 'a4', 'b1'].map((name) => charge(name.slice(0, 1), name));
    await Promise.resolve();
    expect(begun).toEqual(['a1', 'a2', 'b1']);
    ends.get('a2')?.();
    await all[1];
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3']);
    for (const name of ['a1', 'a3', 'b1']) ends.get(name)?.();
    await Promise.all([all[0], all[2]]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun.at(-1)).toBe('a4');
    ends.get('a4')?.();
    await Promise.all(all);
  });

  test('let the next one through after one that failed', async () => {
    const queues = new HomeQueues(1);
    const failed = queues.run('a', () => Promise.reject(new Error('away')));
    const next = queues.run('a', () => Promise.resolve('charged'));
    await expect(failed).rejects.toThrow('away');
    await expect(next).resolves.toBe('charged');
  });
});
