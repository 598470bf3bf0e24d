import * as fc from 'fast-check';
import { WatchedCalls } from '../../test/models/engine-calls';
import { callsOf, fundsOf } from '../../test/models/engine-load';
import { deduction } from '../../test/models/engine-requests';
import { EngineSite, type ResizeWish } from '../../test/models/engine-site';

const SHARDS = ['s0', 's1', 's2', 's3'];

interface Change {
  readonly atMs: number;
  readonly wish: ResizeWish;
  /** A shard that is away for a while from the moment on, so that a fence may have to be given up. */
  readonly away: string | undefined;
}

interface Run {
  readonly seed: number;
  readonly from: ResizeWish & { readonly shards: readonly string[] };
  readonly changes: readonly Change[];
}

/**
 * An account that is resized again and again under load, through two instances that learn of it when they do, with
 * shards that go away now and then:
 *
 * - Every key takes effect at most once, and whoever was told so is right.
 * - Nothing is refused for funds that the account could pay at every instant of the call.
 * - Σ net is what the entries say; when all has settled, every unit of it is in an open row, and the rows out of use are
 *   closed and empty.
 */
test('an account that is resized under load', async () => {
  await fc.assert(fc.asyncProperty(runs(), resized), { numRuns: 40 });
});

function runs(): fc.Arbitrary<Run> {
  const shards = fc.shuffledSubarray(SHARDS, { minLength: 1 });
  const wish = fc
    .record({ shards, more: fc.nat({ max: 8 }) })
    .map(({ shards: chosen, more }) => ({ shards: chosen, subAccounts: chosen.length + more }));
  return fc.record({
    seed: fc.nat(),
    from: wish,
    changes: fc.array(
      fc.record({
        atMs: fc.nat({ max: 3_000 }),
        wish: fc.oneof(
          wish,
          wish.map(({ subAccounts }) => ({ subAccounts })),
        ),
        away: fc.oneof(
          { weight: 3, arbitrary: fc.constant(undefined) },
          { weight: 1, arbitrary: fc.constantFrom(...SHARDS) },
        ),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  });
}

async function resized({ seed, from, changes }: Run): Promise<void> {
  const site = await EngineSite.open(SHARDS, { seed });
  try {
    const { world } = site;
    const load = { seed, subAccounts: from.subAccounts, shards: from.shards, fundsMaxMinor: 60 };
    const funds = fundsOf(load);
    await site.account(from, (index) => funds[index] ?? 0n);
    const started = world.total();
    const options = {
      interfereAt: async () => {
        await world.time.sleep(world.time.random() < 0.05 ? 30 : world.time.random() * 3);
        return undefined;
      },
    };
    const instances = [site.instance(options), site.instance(options)] as const;
    const at = (number: number) => instances[number % 2] as (typeof instances)[0];
    const calls = new WatchedCalls(world);
    const operations: string[] = [];

    await Promise.all([
      ...callsOf(load, { calls: 120, spanMs: 3_500 }).map(async ({ atMs, instance, request }) => {
        await world.time.sleep(atMs);
        await calls.submit(at(instance), request);
      }),
      ...changes.map(async ({ atMs, wish, away }, number) => {
        await world.time.sleep(atMs);
        if (away !== undefined) void takeAway(away);
        const { operationId, run } = await site.start(at(number), 'resize', { ...wish });
        operations.push(operationId);
        await run;
      }),
    ]);
    async function takeAway(name: string): Promise<void> {
      for (const instance of instances) instance.shard(name).isDown = true;
      await world.time.sleep(2_500);
      for (const instance of instances) instance.shard(name).isDown = false;
    }

    await world.time.sleep(5_000);
    for (const operationId of operations) await site.end(instances[0], operationId);
    for (let sweeps = 0; sweeps < 4; sweeps += 1) {
      await world.time.sleep(5_000);
      await instances[0].recovery.recover();
      await instances[0].sweeper.sweep('acme');
    }

    expect(calls.wronglyRefused).toEqual([]);
    const effects = world.effects();
    expect([...effects.values()].every((times) => times === 1)).toBe(true);
    const told = calls.ended.filter(({ outcome }) => ['applied', 'replayed'].includes(outcome.kind));
    for (const { request } of told) expect(effects.has(request.requestId)).toBe(true);
    const change = [...new Map(calls.ended.map(({ request }) => [request.requestId, request])).values()]
      .filter(({ requestId }) => effects.has(requestId))
      .reduce((sum, { kind, amountMinor }) => sum + (kind === 'credit' ? amountMinor : -amountMinor), 0n);
    expect(world.total()).toBe(started + change);
    expect(world.inRows()).toBe(world.total());
    const out = world.rows().filter(({ row }) => row.state !== 'open');
    expect(out.filter(({ row }) => row.state !== 'closed' || row.availableMinor !== 0n)).toEqual([]);

    const account = await site.read();
    const open = world.rows().filter(({ row }) => row.state === 'open');
    expect(open).toHaveLength(account.subAccounts);
    expect(new Set(open.map(({ row }) => row.epoch))).toEqual(new Set([account.placement.epoch]));
    for (const { request } of told)
      expect((await calls.submit(at(1), request)).outcome.kind).toBe('replayed');
    if (world.total() > 0n)
      expect((await calls.submit(at(0), deduction('last', world.total()))).outcome.kind).toBe('applied');
    expect(world.inRows()).toBe(0n);
  } finally {
    await site.close();
  }
}
