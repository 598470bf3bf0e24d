import type { Strategy } from '../ledger/strategy';
import type { DeductionWay } from '../shards/deduction-way';
import { atomic } from './atomic';
import { cas } from './cas';
import { optimistic } from './optimistic';
import { pessimistic } from './pessimistic';
import { RedisLock, type RedisLockParts } from './redis-lock';
import { TableLock } from './table-lock';

/**
 * The ways that carry deductions out one by one, by the strategy that chooses them. `merged` is not one: it has lanes; nor is
 * `leased`, which carries nothing out before it is answered, nor `queued`, which is carried out by the lanes later.
 */
export function waysOfDeducting(parts: RedisLockParts): ReadonlyMap<string, DeductionWay> {
  const { settings, surroundings } = parts;
  const ways: Readonly<Record<Exclude<Strategy, 'merged' | 'leased' | 'queued'>, DeductionWay>> = {
    atomic,
    pessimistic,
    optimistic,
    cas,
    'table-lock': new TableLock(settings, (ms, run) => surroundings.later(ms, run)),
    'redis-lock': new RedisLock(parts),
  };
  return new Map(Object.entries(ways));
}
