import * as fc from 'fast-check';
import type { Request } from '../../src/engine/router';
import { creditOf, deduction } from './engine-requests';
import { chanceOf } from './engine-time';

/** How much is asked of one account, over how many shards. What exactly, and when, follows from the seed. */
export interface Load {
  readonly seed: number;
  readonly subAccounts: number;
  readonly shards: readonly string[];
  /** The most that a sub-account starts out with. */
  readonly fundsMaxMinor: number;
}

/** A request at a moment of the run, through one of some instances. */
export interface LoadedCall {
  readonly atMs: number;
  readonly instance: number;
  readonly request: Request;
}

export function loads(): fc.Arbitrary<Load> {
  return fc
    .record({
      seed: fc.nat(),
      subAccounts: fc.integer({ min: 1, max: 24 }),
      shards: fc.integer({ min: 1, max: 5 }),
      fundsMaxMinor: fc.constantFrom(6, 30, 100),
    })
    .map(({ shards, ...rest }) => ({
      ...rest,
      shards: ['s0', 's1', 's2', 's3', 's4'].slice(0, Math.min(shards, rest.subAccounts)),
    }));
}

/** Lopsided on purpose: some have nothing. */
export function fundsOf({ seed, fundsMaxMinor, subAccounts }: Load): bigint[] {
  const chance = chanceOf(seed);
  return Array.from({ length: subAccounts }, () =>
    chance() < 0.3 ? 0n : BigInt(Math.floor(chance() * fundsMaxMinor)),
  );
}

/**
 * Calls over a span of time. Mostly small deductions, some of three times what a sub-account may have, a few credits;
 * fewer requests than calls, so that keys come again, at once and later, at the same instance and at another.
 */
export function callsOf(
  { seed, fundsMaxMinor }: Load,
  given: { readonly calls: number; readonly spanMs: number },
): LoadedCall[] {
  const chance = chanceOf(seed + 1);
  const upTo = (max: number): number => Math.floor(chance() * max);
  const requests = Array.from({ length: Math.ceil(given.calls * 0.7) }, (_, number) => {
    const amountMinor = BigInt(chance() < 0.15 ? upTo(3 * fundsMaxMinor) + 1 : upTo(9) + 1);
    return chance() < 0.08 ? creditOf(`c${number}`, amountMinor) : deduction(`d${number}`, amountMinor);
  });
  return Array.from({ length: given.calls }, () => ({
    atMs: upTo(given.spanMs),
    instance: upTo(8),
    request: requests[upTo(requests.length)] as Request,
  }));
}
