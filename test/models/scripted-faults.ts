import type { FaultVerdict } from '../../src/shards/faults';
import type { Interference, MemoryStep } from '../../src/shards/memory/interference';

/**
 * Faults by plan: what goes wrong the first, second, … time that a step is passed; `undefined` lets one through, and so
 * does a plan that has run out. Every step passed is noted.
 */
export class ScriptedFaults {
  readonly steps: MemoryStep[] = [];
  readonly #plans = new Map<MemoryStep, (FaultVerdict | undefined)[]>();
  readonly #once = new Map<MemoryStep, () => void>();

  constructor(plans: Partial<Record<MemoryStep, readonly (FaultVerdict | undefined)[]>> = {}) {
    for (const step of Object.keys(plans) as MemoryStep[]) this.plan(step, plans[step] ?? []);
  }

  /** What goes wrong at a step from now on. */
  plan(step: MemoryStep, verdicts: readonly (FaultVerdict | undefined)[]): void {
    this.#plans.set(step, [...verdicts]);
  }

  /** What happens the next time that a step is passed. */
  once(step: MemoryStep, run: () => void): void {
    this.#once.set(step, run);
  }

  readonly interfere: Interference = (step) => {
    this.steps.push(step);
    const run = this.#once.get(step);
    this.#once.delete(step);
    run?.();
    return this.#plans.get(step)?.shift();
  };
}

/** The same fault at a step, again and again. */
export function always(verdict: FaultVerdict): FaultVerdict[] {
  return new Array<FaultVerdict>(1_000).fill(verdict);
}
