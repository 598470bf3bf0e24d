import * as fc from 'fast-check';
import { deduction, reversalOf } from '../../../test/models/engine-requests';
import { EngineSite, type ResizeWish } from '../../../test/models/engine-site';
import { chanceOf } from '../../../test/models/engine-time';
import { WatchedBudgets } from '../../../test/models/watched-budgets';
import type { PlainRequest } from '../router';

const SHARDS = ['s0', 's1', 's2', 's3'];

interface Run {
  readonly seed: number;
  readonly from: ResizeWish & { readonly shards: readonly string[] };
  readonly limits: readonly number[];
  readonly resizes: readonly { readonly atMs: number; readonly wish: ResizeWish }[];
  readonly changes: readonly { readonly atMs: number; readonly budget: number; readonly limit: number }[];
}

const TREE = ['org', 'team', 'key', 'other'] as const;
const PARENTS = { org: null, team: 'org', key: 'team', other: 'org' } as const;

/**
 * Deductions with budgets in a tree, through two instances that learn of each change when they do, while limits rise and fall,
 * deductions are reversed, and the account is resized and moved:
 *
 * - Account and budgets are charged alike, in one transaction or not at all.
 * - No budget goes beyond its limit; from the answer to a change on, not beyond the new one.
 * - Nothing is refused that account and budgets could pay at every instant of the call.
 */
test('budgets under load, while limits change and the account is resized', async () => {
  await fc.assert(fc.asyncProperty(runs(), spent), { numRuns: 40 });
});

function runs(): fc.Arbitrary<Run> {
  const shards = fc.shuffledSubarray(SHARDS, { minLength: 1 });
  const wish = fc
    .record({ shards, more: fc.nat({ max: 6 }) })
    .map(({ shards: chosen, more }) => ({ shards: chosen, subAccounts: chosen.length + more }));
  return fc.record({
    seed: fc.nat(),
    from: wish,
    limits: fc.array(fc.integer({ min: 0, max: 250 }), { minLength: 4, maxLength: 4 }),
    resizes: fc.array(fc.record({ atMs: fc.nat({ max: 2_500 }), wish }), { maxLength: 3 }),
    changes: fc.array(
      fc.record({
        atMs: fc.nat({ max: 2_500 }),
        budget: fc.nat({ max: 3 }),
        limit: fc.integer({ min: 0, max: 250 }),
      }),
      { maxLength: 6 },
    ),
  });
}

async function spent({ seed, from, limits, resizes, changes }: Run): Promise<void> {
  const site = await EngineSite.open(SHARDS, { seed });
  try {
    const { world } = site;
    const chance = chanceOf(seed);
    const upTo = (max: number): number => Math.floor(chance() * max);
    await site.account(from, () => BigInt(20 + upTo(60)));
    const started = world.total();
    const options = {
      interfereAt: async () => {
        await world.time.sleep(world.time.random() < 0.05 ? 30 : world.time.random() * 3);
        return undefined;
      },
    };
    const instances = [site.instance(options), site.instance(options)] as const;
    const at = (number: number) => instances[number % 2] as (typeof instances)[0];
    const watched = new WatchedBudgets(world);
    for (const [position, budgetId] of TREE.entries()) {
      const limitMinor = BigInt(limits[position] ?? 0);
      const parent = PARENTS[budgetId];
      watched.budget(budgetId, limitMinor, parent);
      const wanted = {
        accountId: 'acme',
        budgetId,
        limitMinor,
        period: 'total',
        timeZone: 'UTC',
        parent,
      } as const;
      expect(await at(position).budgets.create(wanted)).toMatchObject({ kind: 'created' });
    }

    const names = [['key'], ['team'], ['other'], ['key', 'other'], ['org']];
    const requests = Array.from({ length: 70 }, (_, number): [PlainRequest, string[]] => {
      const amountMinor = BigInt(chance() < 0.1 ? upTo(90) + 1 : upTo(8) + 1);
      const budgetIds = names[upTo(names.length)] as string[];
      const request = deduction(`d${number}`, amountMinor) as PlainRequest;
      return [{ ...request, fingerprint: `deduct ${amountMinor} ${budgetIds.join(' ')}` }, budgetIds];
    });
    let changing = Promise.resolve();
    await Promise.all([
      ...Array.from({ length: 110 }, async () => {
        const [request, budgetIds] = requests[upTo(requests.length)] as [PlainRequest, string[]];
        const [atMs, instance, isReversed] = [upTo(3_000), at(upTo(2)), chance() < 0.15];
        await world.time.sleep(atMs);
        const { outcome } = await watched.submit(instance, request, budgetIds);
        if (!isReversed || outcome.kind !== 'applied') return;
        await world.time.sleep(upTo(300));
        await instance.follow(reversalOf(request.requestId, 'r', null));
      }),
      ...changes.map(async ({ atMs, budget, limit }) => {
        await world.time.sleep(atMs);
        const budgetId = TREE[budget] as (typeof TREE)[number];
        // One after the other: what two changes at once come to is what either of them says.
        changing = changing.then(() =>
          watched.changeLimit(budgetId, BigInt(limit), () =>
            at(budget).budgets.changeLimit('acme', budgetId, BigInt(limit)),
          ),
        );
        await changing;
      }),
      ...resizes.map(async ({ atMs, wish }) => {
        await world.time.sleep(atMs);
        await site.resize(at(0), wish);
      }),
    ]);

    expect(watched.faults).toEqual([]);
    expect(watched.wronglyRefused).toEqual([]);
    const odd = watched.ended.filter(
      ({ outcome: { kind } }) =>
        ![
          'applied',
          'replayed',
          'insufficientFunds',
          'budgetExhausted',
          'overloaded',
          'shardUnavailable',
        ].includes(kind),
    );
    expect(odd).toEqual([]);
    for (const budgetId of TREE) {
      const state = await at(1).budgets.find('acme', budgetId);
      expect(state?.availableMinor).toBe(watched.leftOf(budgetId).most);
    }
    expect(world.total()).toBeLessThanOrEqual(started);
  } finally {
    await site.close();
  }
}
