import { ratioOf } from '../cases/run-interleaved';
import type { Goal } from '../report/goals';
import { type GrowthStage, millions } from './measure-growth';

const GROWN_OVER_EMPTY = 0.8;

/** Each size beside the empty account of the same minutes, by name. */
export function ratiosOf(stages: readonly GrowthStage[]): Record<string, number> {
  return Object.fromEntries(stages.map((stage) => [ratioName(stage), ratioOf(stage.grown, stage.empty)]));
}

export function ratioName({ ids, entries, grown }: GrowthStage): string {
  return `${grown.case.store} ${ids} ids, ${millions(entries)} entries / empty`;
}

/** Ids that rise with time are promised to stay fast. What scattered ones cost is shown. */
export function goalsOf(stages: readonly GrowthStage[]): Goal[] {
  return stages
    .filter(({ ids, entries }) => ids === 'ordered' && entries > 0)
    .map((stage) => ({
      name: ratioName(stage),
      measured: ratioOf(stage.grown, stage.empty),
      atLeast: GROWN_OVER_EMPTY,
    }));
}
