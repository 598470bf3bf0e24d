import { type FaultVerdict, ShardFault } from '../faults';

/** The moments of a call at which a simulation may pass time or let something break. */
export type MemoryStep = 'begin' | 'lock' | 'lockAhead' | 'lookUp' | 'beforeCommit' | 'afterCommit' | 'read';

/** The connection is given up while the request is still on its way: it takes effect later, holding its locks until then. */
export interface LateArrival {
  readonly arrives: Promise<void>;
}

/** What goes wrong at a step; a late arrival only where something is written, at `beforeCommit`. */
export type Broken = FaultVerdict | LateArrival;

/**
 * Asked at every step, and waited for; answers with what goes wrong there, if anything. `outcomeUnknown` at
 * `beforeCommit` is a request that was lost, at `afterCommit` an answer that was.
 */
export type Interference = (step: MemoryStep) => Broken | undefined | Promise<Broken | undefined>;

export const NO_INTERFERENCE: Interference = () => undefined;

/**
 * Goes through a step; throws `ShardFault` when something breaks there.
 *
 * @param arriveLate takes over what is still on its way, when the one who sent it does not wait for it any more
 */
export async function pass(
  step: MemoryStep,
  { shard, interfere }: { readonly shard: string; readonly interfere: Interference },
  arriveLate?: (arrives: Promise<void>) => void,
): Promise<void> {
  const broken = await interfere(step);
  if (!broken) return;
  if (typeof broken !== 'string') arriveLate?.(broken.arrives);
  const verdict = typeof broken === 'string' ? broken : 'outcomeUnknown';
  throw new ShardFault(shard, verdict, new Error(`broken at ${step}`));
}
