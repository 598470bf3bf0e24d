import type { Goal } from '../report/goals';
import type { RunRecord } from '../report/run-record';

const AHEAD_AT = [64, 256];

/** On a database server, beside what these ways are without a split: one row. On SQLite nobody conflicts with anybody. */
const MERGED_OVER_ONE_ROW: Readonly<Record<string, number>> = {
  atomic: 12,
  pessimistic: 30,
  optimistic: 200,
};
const MERGED_OVER_ATOMIC_COLD = 0.9;

/** A run's strategy, contention and place in the grid. */
export interface Cell {
  readonly strategy: string;
  readonly contention: string;
  readonly run: RunRecord;
}

export function cellsOf(runs: readonly RunRecord[]): Cell[] {
  return runs.map((run) => {
    const [strategy = '', contention = ''] = run.name.split(' ');
    return { strategy, contention, run };
  });
}

/** `merged` beside every other strategy in the same place of the grid, by name. */
export function ratiosOf(runs: readonly RunRecord[]): Record<string, number> {
  const cells = cellsOf(runs);
  const ratios: Record<string, number> = {};
  for (const merged of cells.filter(({ strategy }) => strategy === 'merged')) {
    const { store, subAccounts, inFlight, opsPerSecond } = merged.run;
    for (const other of cells) {
      const isNeighbour =
        other !== merged &&
        other.contention === merged.contention &&
        other.run.store === store &&
        other.run.subAccounts === subAccounts &&
        other.run.inFlight === inFlight;
      if (!isNeighbour) continue;
      const name = `${store} ${merged.contention} ×${subAccounts} @${inFlight} merged / ${other.strategy}`;
      ratios[name] = opsPerSecond / other.run.opsPerSecond;
    }
  }
  return ratios;
}

/** The goals that these ratios can say something about. */
export function goalsOf(ratios: Readonly<Record<string, number>>): Goal[] {
  return Object.entries(ratios).flatMap(([name, measured]) => {
    const [store = '', contention, split, at = '', , , other = ''] = name.split(' ');
    if (contention === 'cold')
      return other === 'atomic' ? [{ name, measured, atLeast: MERGED_OVER_ATOMIC_COLD }] : [];
    if (!AHEAD_AT.includes(Number(at.slice(1)))) return [];
    // What is answered before it is on disk is measured, and is no rival.
    if (other === 'leased') return [];
    const isOneRow = split === '×1' && !store.startsWith('sqlite');
    return [{ name, measured, atLeast: (isOneRow ? MERGED_OVER_ONE_ROW[other] : undefined) ?? 1 }];
  });
}
