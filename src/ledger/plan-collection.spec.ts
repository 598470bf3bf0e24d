import * as fc from 'fast-check';
import { type Claim, planCollection, planPulls, type Pull, type ShardFunds } from './plan-collection';

const SHARDS = ['east', 'north', 'south', 'west'];

describe('planCollection', () => {
  test('pays in the order of arrival, as long as there is something left', () => {
    const funds = [has('east', 10n), has('west', 20n)];
    const claims = [claim('east', 25n), claim('east', 10n), claim('west', 5n), claim('west', 31n)];
    expect(planCollection(funds, claims, 30n)).toEqual({
      pay: [0, 2],
      wait: [1],
      short: [3],
      pulls: [{ from: 'west', to: 'east', amountMinor: 15n }],
    });
  });

  test('lets a claim wait that only money in transit can pay', () => {
    expect(planCollection([has('east', 10n)], [claim('east', 20n)], 30n)).toMatchObject({
      pay: [],
      wait: [0],
      short: [],
    });
  });

  test('brings a share of the rest too, so that the next request at that home is cheap', () => {
    const funds = [has('east', 0n), has('north', 0n), has('west', 310n)];
    expect(planCollection(funds, [claim('east', 10n)], 310n).pulls).toEqual([
      { from: 'west', to: 'east', amountMinor: 110n },
    ]);
  });

  test('takes all from a shard outside the placement before anyone in use gives below its share', () => {
    const funds = [has('east', 0n), has('north', 30n), { ...has('west', 30n), inPlacement: false }];
    expect(planCollection(funds, [claim('east', 20n)], 60n).pulls).toEqual([
      { from: 'west', to: 'east', amountMinor: 30n },
      { from: 'north', to: 'east', amountMinor: 10n },
    ]);
  });

  /**
   * - Every claim is in exactly one of the three lists, each in the order of arrival.
   * - What is paid, the shards have, all of it together; what is short, the account does not have, even alone.
   * - A claim waits only if it is more than what the paid ones before it leave.
   */
  test('judges every claim once, pays no more than there is, and refuses nothing that there is', () => {
    fc.assert(
      fc.property(situations(), ({ funds, claims, inTransit }) => {
        const total = sum(funds.map(({ availableMinor }) => availableMinor));
        const { pay, short, wait } = planCollection(funds, claims, total + inTransit);
        expect([...pay, ...short, ...wait].sort((a, b) => a - b)).toEqual(claims.map((_, n) => n));
        for (const list of [pay, short, wait]) expect(list).toEqual([...list].sort((a, b) => a - b));
        const amount = (n: number): bigint => claims[n]?.amountMinor ?? 0n;
        expect(sum(pay.map(amount)) <= total).toBe(true);
        for (const n of short) expect(amount(n) > total + inTransit).toBe(true);
        for (const n of wait)
          expect(amount(n) > total - sum(pay.filter((paid) => paid < n).map(amount))).toBe(true);
      }),
    );
  });
});

describe('planPulls', () => {
  /**
   * - After the pulls every shard has what it needs.
   * - Nobody gives what it has not, and nobody in use gives below its own need and an equal share of the rest.
   * - Money only goes to shards that lack some; nobody gives and takes at once.
   * - Once done, there is nothing left to do.
   */
  test('lets every shard pay what it needs, at nobody’s expense', () => {
    fc.assert(
      fc.property(situations(), ({ funds, claims }) => {
        const total = sum(funds.map(({ availableMinor }) => availableMinor));
        const needs = needsOf(payable(claims, total));
        const pulls = planPulls(funds, needs);
        const after = applied(funds, pulls);
        expect(sum(after.map(({ availableMinor }) => availableMinor))).toBe(total);
        const inUse = BigInt(funds.filter(({ inPlacement }) => inPlacement).length || 1);
        const rest = (total - sum([...needs.values()])) / inUse;
        const donors = new Set(pulls.map(({ from }) => from));
        for (const { shard, availableMinor, inPlacement } of after) {
          const need = needs.get(shard) ?? 0n;
          expect(availableMinor >= need).toBe(true);
          if (donors.has(shard)) expect(availableMinor >= need + (inPlacement ? rest : 0n)).toBe(true);
        }
        for (const { to, amountMinor } of pulls) {
          expect(donors.has(to)).toBe(false);
          expect(amountMinor > 0n).toBe(true);
        }
        expect(planPulls(after, needs)).toEqual([]);
      }),
    );
  });
});

/** Shards with money, at least one in use, and claims at those in use. */
function situations() {
  const minor = fc.oneof(fc.constant(0n), fc.bigInt(0n, 40n), fc.bigInt(0n, 10n ** 18n));
  return fc
    .record({
      shards: fc.array(fc.record({ availableMinor: minor, inPlacement: fc.boolean() }), {
        minLength: 1,
        maxLength: SHARDS.length,
      }),
      claims: fc.array(fc.record({ home: fc.nat(), amountMinor: fc.bigInt(1n, 60n) }), { maxLength: 12 }),
      inTransit: fc.bigInt(0n, 30n),
    })
    .map(({ shards, claims, inTransit }) => {
      const funds: ShardFunds[] = shards.map((each, n) => ({
        ...each,
        shard: SHARDS[n] ?? '',
        inPlacement: each.inPlacement || n === 0,
      }));
      const homes = funds.filter(({ inPlacement }) => inPlacement).map(({ shard }) => shard);
      return {
        funds,
        inTransit,
        claims: claims.map(({ home, amountMinor }) => claim(homes[home % homes.length] ?? '', amountMinor)),
      };
    });
}

function payable(claims: readonly Claim[], total: bigint): Claim[] {
  let left = total;
  return claims.filter(({ amountMinor }) => {
    if (amountMinor > left) return false;
    left -= amountMinor;
    return true;
  });
}

function needsOf(claims: readonly Claim[]): Map<string, bigint> {
  const needs = new Map<string, bigint>();
  for (const { homeShard, amountMinor } of claims)
    needs.set(homeShard, (needs.get(homeShard) ?? 0n) + amountMinor);
  return needs;
}

function applied(funds: readonly ShardFunds[], pulls: readonly Pull[]): ShardFunds[] {
  return funds.map((each) => ({
    ...each,
    availableMinor:
      each.availableMinor -
      sum(pulls.filter(({ from }) => from === each.shard).map(({ amountMinor }) => amountMinor)) +
      sum(pulls.filter(({ to }) => to === each.shard).map(({ amountMinor }) => amountMinor)),
  }));
}

function has(shard: string, availableMinor: bigint): ShardFunds {
  return { shard, availableMinor, inPlacement: true };
}

function claim(homeShard: string, amountMinor: bigint): Claim {
  return { homeShard, amountMinor };
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
