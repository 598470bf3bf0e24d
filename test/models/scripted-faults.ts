import type { FaultVerdict } from '../../src/shards/faults';
import type { Interference, MemoryStep } from '../../src/shards/memory/interference';

/**
 * Faults by plan: what goes wrong the first, second, … time that a step is passed; `undefined` lets one through, and so
 * does a plan that has run out. Every step passed is noted.
 */
export class ScriptedFaults {
  readonly steps: MemoryStep[] = [];
  readonly #plans = new Map<MemoryStep, (FaultVerdict | undefined)[]>();

  constructor(plans: Partial<Record<MemoryStep, readonly (FaultVerdict | undefined)[]>> = {}) {
    for (const step of Object.keys(plans) as MemoryStep[]) this.plan(step, plans[step] ?? []);
  }

  /** What goes wrong at a step from now on. */
  plan(step: MemoryStep, verdicts: readonly (FaultVerdict | undefined)[]): void {
    this.#plans.set(step, [...verdicts]);
  }

  readonly interfere: Interference = (step) => {
    this.steps.push(step);
    return this.#plans.get(step)?.shift();
  };
}

/** The same fault at a step, again and again. */
export function always(verdict: FaultVerdict): FaultVerdict[] {
  return new Array<FaultVerdict>(1_000).fill(verdict);
}
