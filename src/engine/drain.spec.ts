import * as fc from 'fast-check';
import { WatchedCalls } from '../../test/models/engine-calls';
import { callsOf, fundsOf, type Load, loads } from '../../test/models/engine-load';
import { deduction } from '../../test/models/engine-requests';
import { EngineWorld } from '../../test/models/engine-world';

/**
 * Whatever arrives when, and however long each step of a shard takes:
 *
 * - A deduction is refused for funds only if the account, taken as one balance, was too small at some instant of the
 *   call at which its key had not taken effect.
 * - A key takes effect once, and whoever sends it again is told so.
 * - What is left at the end is paid in one piece, however scattered, and then the account is at exactly 0.
 */
describe.each([1, 2])('an account drained through %i instance(s)', (instances) => {
  test('pays to the last unit, once for each key, and refuses nothing that it could pay', async () => {
    await fc.assert(
      fc.asyncProperty(loads(), (load) => drained(load, instances)),
      { numRuns: 80 },
    );
  });
});

async function drained(load: Load, instanceCount: number): Promise<void> {
  const { seed, subAccounts, shards } = load;
  const world = new EngineWorld(shards, { seed });
  const account = world.account({ subAccounts, placement: { epoch: 1, shards } });
  const funds = fundsOf(load);
  world.fund(account, (index) => funds[index] ?? 0n);
  const started = world.total();
  const instances = Array.from({ length: instanceCount }, () =>
    world.instance({
      // Every step takes its time, some of them long.
      interfereAt: async () => {
        await world.time.sleep(world.time.random() < 0.1 ? 20 : world.time.random() * 3);
        return undefined;
      },
    }),
  );
  const at = (number: number) => instances[number % instanceCount] as (typeof instances)[number];
  const calls = new WatchedCalls(world);

  await Promise.all(
    callsOf(load, { calls: 100, spanMs: 40 }).map(async ({ atMs, instance, request }) => {
      await world.time.sleep(atMs);
      await calls.submit(at(instance), request);
    }),
  );
  expect(calls.wronglyRefused).toEqual([]);
  expect(Object.keys(calls.tally).sort()).toEqual(
    ['applied', 'insufficientFunds', 'replayed'].filter((kind) => kind in calls.tally),
  );
  expectEachKeyOnce(world, calls, started);

  const left = world.total();
  if (left > 0n) {
    const last = await calls.submit(at(seed), deduction('last', left));
    expect(last.outcome.kind).toBe('applied');
  }
  expect(world.total()).toBe(0n);
  expect(world.inRows()).toBe(0n);
  const after = await Promise.all(instances.map((instance) => calls.submit(instance, deduction('more', 1n))));
  expect(after.map(({ outcome }) => outcome)).toEqual(
    instances.map(() => ({ kind: 'insufficientFunds', availableMinor: 0n })),
  );
}

/** What the entries say happened is what the callers were told, and what the balance shows. */
function expectEachKeyOnce(world: EngineWorld, calls: WatchedCalls, started: bigint): void {
  const applied = calls.ended.filter(({ outcome }) => outcome.kind === 'applied');
  const expected = new Map(applied.map(({ request }) => [request.requestId, 1]));
  expect(applied).toHaveLength(expected.size);
  expect(world.effects()).toEqual(expected);
  for (const { request, outcome } of calls.ended)
    if (outcome.kind === 'replayed') expect(expected.has(request.requestId)).toBe(true);
  const change = applied.reduce(
    (sum, { request: { kind, amountMinor } }) => sum + (kind === 'credit' ? amountMinor : -amountMinor),
    0n,
  );
  expect(world.total() - started).toBe(change);
}
