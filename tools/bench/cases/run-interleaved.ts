import { median } from '../measure/median';
import type { Case, MeasuredCase, Round, Subject } from './case';
import { roundLine } from './run-together';

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
      options.report(roundLine(`${round}/${options.rounds}`, each, result));
    }
  }
  return measured;
}

/** How much faster one case is than another: the median over the rounds, each compared with its neighbour. */
export function ratioOf(one: MeasuredCase, other: MeasuredCase): number {
  return ratioBy(one, other, (round) => round.opsPerSecond);
}

export function ratioBy(one: MeasuredCase, other: MeasuredCase, value: (round: Round) => number): number {
  return median(
    one.rounds.map((round, position) => {
      const neighbour = other.rounds[position];
      return neighbour ? value(round) / value(neighbour) : Number.NaN;
    }),
  );
}

export function findMeasured(
  measured: readonly MeasuredCase[],
  wanted: Partial<Pick<Subject, 'name' | 'store' | 'inFlight'>>,
): MeasuredCase | undefined {
  return measured.find(
    ({ case: each }) =>
      (wanted.name === undefined || each.name === wanted.name) &&
      (wanted.store === undefined || each.store === wanted.store) &&
      (wanted.inFlight === undefined || each.inFlight === wanted.inFlight),
  );
}
