import type { MeasuredCase, Round, Subject } from './case';

export interface SubjectRound {
  readonly subject: Subject;
  readonly round: Round;
}

/** Measures, round after round, what can only be measured together: the parts of one load on one set of databases. */
export async function runTogether(
  options: { readonly rounds: number; readonly report: (line: string) => void },
  measure: () => Promise<readonly SubjectRound[]>,
): Promise<MeasuredCase[]> {
  const measured = new Map<string, { case: Subject; rounds: Round[] }>();
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const { subject, round: result } of await measure()) {
      const known = measured.get(subject.name);
      if (known) known.rounds.push(result);
      else measured.set(subject.name, { case: subject, rounds: [result] });
      options.report(roundLine(`${round}/${options.rounds}`, subject, result));
    }
  }
  return [...measured.values()];
}

export function roundLine(number: string, { store, name, inFlight }: Subject, round: Round): string {
  const rate = Math.round(round.opsPerSecond).toLocaleString('en-US');
  return `round ${number}  ${store} ${name} @${inFlight}: ${rate}/s, ${round.audit}`;
}
