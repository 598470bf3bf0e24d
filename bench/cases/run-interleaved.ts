import { median } from '../measure/median';
import type { Case, MeasuredCase, Round } from './case';

/**
 * Measures cases in turn, round after round (A B C, A B C, …), so that what the machine does meanwhile falls on all of
 * them alike and a ratio compares neighbours.
 */
export async function runInterleaved(
  cases: readonly Case[],
  options: { readonly rounds: number; readonly report: (line: string) => void },
): Promise<MeasuredCase[]> {
  const measured = cases.map((each) => ({ case: each, rounds: [] as Round[] }));
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const { case: each, rounds } of measured) {
      const result = await each.measure();
      rounds.push(result);
      options.report(
        `round ${round}/${options.rounds}  ${each.store} ${each.name} @${each.inFlight}: ` +
          `${Math.round(result.opsPerSecond).toLocaleString('en-US')}/s, ${result.audit}`,
      );
    }
  }
  return measured;
}

/** How much faster one case is than another: the median over the rounds, each compared with its neighbour. */
export function ratioOf(one: MeasuredCase, other: MeasuredCase): number {
  return median(
    one.rounds.map(
      (round, position) => round.opsPerSecond / (other.rounds[position]?.opsPerSecond ?? Number.NaN),
    ),
  );
}

export function findMeasured(
  measured: readonly MeasuredCase[],
  wanted: Partial<Pick<Case, 'name' | 'store' | 'inFlight'>>,
): MeasuredCase | undefined {
  return measured.find(
    ({ case: each }) =>
      (wanted.name === undefined || each.name === wanted.name) &&
      (wanted.store === undefined || each.store === wanted.store) &&
      (wanted.inFlight === undefined || each.inFlight === wanted.inFlight),
  );
}
