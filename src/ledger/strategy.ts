/**
 * How the deductions of an account are carried out at their home. Any of them may be at work on the same rows at once:
 * they write the same tables under the same guards, so an account may change its strategy at any time.
 */
export const STRATEGIES = [
  'merged',
  'atomic',
  'pessimistic',
  'optimistic',
  'cas',
  'table-lock',
  'redis-lock',
  'leased',
  'queued',
] as const;

export type Strategy = (typeof STRATEGIES)[number];

export const DEFAULT_STRATEGY: Strategy = 'merged';

export function isStrategy(name: string): name is Strategy {
  return (STRATEGIES as readonly string[]).includes(name);
}
