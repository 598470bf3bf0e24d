import { inParallel } from './in-parallel';

/** Yields 0, 1, 2 … and notes how far it was asked, and whether it was closed. */
function count(limit: number) {
  const seen = { taken: 0, closed: false };
  async function* numbers(): AsyncGenerator<number> {
    try {
      for (; seen.taken < limit;) yield await Promise.resolve(seen.taken++);
    } finally {
      seen.closed = true;
    }
  }
  return { seen, source: numbers() };
}

describe('inParallel', () => {
  it('works on everything, never on more at once than allowed', async () => {
    const { source, seen } = count(50);
    const done: number[] = [];
    let atWork = 0;
    let atWorkMax = 0;
    const fourAtWork = Promise.withResolvers<undefined>();
    await inParallel(source, {
      atOnce: 4,
      stop: new AbortController(),
      work: async (item) => {
        atWork += 1;
        atWorkMax = Math.max(atWorkMax, atWork);
        if (atWork === 4) fourAtWork.resolve(undefined);
        await fourAtWork.promise;
        expect(seen.taken - done.length).toBeLessThanOrEqual(4);
        done.push(item);
        atWork -= 1;
      },
    });
    expect(atWorkMax).toBe(4);
    expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  it('takes nothing more after a failure, lets the others end, and closes the source', async () => {
    const { source, seen } = count(1_000);
    const ended: number[] = [];
    const work = async (item: number): Promise<void> => {
      if (item === 5) throw new Error('five');
      await Promise.resolve();
      ended.push(item);
    };
    await expect(inParallel(source, { atOnce: 3, stop: new AbortController(), work })).rejects.toThrow(
      'five',
    );
    expect(seen.closed).toBe(true);
    expect(ended.length).toBe(seen.taken - 1);
    expect(seen.taken).toBeLessThan(20);
  });

  it('fails with the reason it was stopped for', async () => {
    const { source } = count(10);
    const stop = new AbortController();
    const work = (item: number): Promise<void> => {
      if (item === 3) stop.abort(new Error('enough'));
      return Promise.resolve();
    };
    await expect(inParallel(source, { atOnce: 2, stop, work })).rejects.toThrow('enough');
  });
});
