import { promisesSettled } from '../../test/models/turns';
import { SharedRuns } from './shared-runs';

describe('shared runs', () => {
  test('answer nobody by a run that began before he asked, and a crowd by one', async () => {
    const { runs, begun, end } = setUp();
    const first = runs.ask('acme', 1);
    const crowd = [2, 3, 2].map((asked) => runs.ask('acme', asked));
    expect(begun).toEqual([1]);
    end('seen first');
    expect(await first).toBe('seen first');
    await promisesSettled();
    // For the newest of what the crowd asked for.
    expect(begun).toEqual([1, 3]);
    const late = runs.ask('acme', 4);
    end('seen second');
    expect(await Promise.all(crowd)).toEqual(['seen second', 'seen second', 'seen second']);
    await promisesSettled();
    end('seen third');
    expect(await late).toBe('seen third');
    expect(begun).toEqual([1, 3, 4]);
  });

  test('go on after one that failed, which only those learn who shared it', async () => {
    const { runs, begun, end } = setUp();
    const first = runs.ask('acme', 1);
    const next = runs.ask('acme', 2);
    end(new Error('away'));
    await expect(first).rejects.toThrow('away');
    await promisesSettled();
    end('seen');
    expect(await next).toBe('seen');
    void runs.ask('acme', 3);
    expect(begun).toEqual([1, 2, 3]);
  });

  test('of one key do not wait for those of another', () => {
    const { runs, begun } = setUp();
    void runs.ask('acme', 1);
    void runs.ask('other', 2);
    expect(begun).toEqual([1, 2]);
  });
});

/** Runs that end when they are told to, the oldest first. */
function setUp() {
  const begun: number[] = [];
  const open: PromiseWithResolvers<string>[] = [];
  const runs = new SharedRuns<number, string>((asked) => {
    begun.push(asked);
    const run = Promise.withResolvers<string>();
    open.push(run);
    return run.promise;
  }, Math.max);
  const end = (what: string | Error): void => {
    const run = open.shift();
    if (what instanceof Error) run?.reject(what);
    else run?.resolve(what);
  };
  return { runs, begun, end };
}
