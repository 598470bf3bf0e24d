/** Something that was promised and can be measured. */
export interface Goal {
  readonly name: string;
  readonly measured: number;
  readonly atLeast?: number;
  readonly below?: number;
}

export interface JudgedGoal extends Goal {
  readonly reached: boolean;
  /** By how much it was exceeded or missed, as a share of the goal. */
  readonly marginPercent: number;
}

export function judge(goal: Goal): JudgedGoal {
  const wanted = goal.atLeast ?? goal.below ?? Number.NaN;
  const reached = goal.atLeast === undefined ? goal.measured < wanted : goal.measured >= wanted;
  return { ...goal, reached, marginPercent: (Math.abs(goal.measured - wanted) / wanted) * 100 };
}
