import { type FaultVerdict, ShardFault } from '../faults';

/** The moments of a call at which a simulation may pass time or let something break. */
export type MemoryStep = 'begin' | 'lock' | 'lookUp' | 'beforeCommit' | 'afterCommit' | 'read';

/**
 * Asked at every step, and waited for; answers with what goes wrong there, if anything. `outcomeUnknown` at
 * `beforeCommit` is a request that was lost, at `afterCommit` an answer that was.
 */
export type Interference = (step: MemoryStep) => FaultVerdict | undefined | Promise<FaultVerdict | undefined>;

export const NO_INTERFERENCE: Interference = () => undefined;

/** Goes through a step; throws `ShardFault` when something breaks there. */
export async function pass(step: MemoryStep, shard: string, interfere: Interference): Promise<void> {
  const verdict = await interfere(step);
  if (verdict) throw new ShardFault(shard, verdict, new Error(`broken at ${step}`));
}
