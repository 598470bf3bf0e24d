import type { Strategy } from '../ledger/strategy';
import type { DeductionWay } from '../shards/deduction-way';
import { atomic } from './atomic';
import { cas } from './cas';
import { optimistic } from './optimistic';
import { pessimistic } from './pessimistic';
import { RedisLock, type RedisLockParts } from './redis-lock';
import { TableLock } from './table-lock';

/** The ways that carry deductions out one by one, by the strategy that chooses them; `merged` is not one: it has lanes. */
export function waysOfDeducting(redisLock: RedisLockParts): ReadonlyMap<string, DeductionWay> {
  const ways: Readonly<Record<Exclude<Strategy, 'merged'>, DeductionWay>> = {
    atomic,
    pessimistic,
    optimistic,
    cas,
    'table-lock': new TableLock(redisLock.settings),
    'redis-lock': new RedisLock(redisLock),
  };
  return new Map(Object.entries(ways));
}
