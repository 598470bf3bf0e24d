import { type BarPanel, barPlot } from '../report/bar-plot';
import { logarithmicAxis } from '../report/plot-axis';
import type { Cell } from './strategies-goals';

const IN_FLIGHT = 64;

/**
 * Deductions a second as bars on a logarithmic axis: a panel for each store and contention, a group for each strategy, a
 * bar for each split. At 64 in flight, or at what was measured next to it.
 */
export function plotOf(cells: readonly Cell[]): string {
  const inFlight = nearest(cells.map(({ run }) => run.inFlight));
  const shown = cells.filter(({ run }) => run.inFlight === inFlight);
  const strategies = [...new Set(shown.map(({ strategy }) => strategy))];
  const splits = [...new Set(shown.map(({ run }) => run.subAccounts))].sort((a, b) => a - b);
  return barPlot({
    title: `Deductions a second, ${inFlight} in flight, by strategy`,
    description: 'Deductions a second by strategy, store and split',
    series: splits.map((split) => `${split} sub-account${split === 1 ? '' : 's'}`),
    panels: panelsOf(shown, strategies, splits),
    axis: logarithmicAxis(10, 100_000),
  });
}

function panelsOf(
  cells: readonly Cell[],
  strategies: readonly string[],
  splits: readonly number[],
): BarPanel[] {
  const panels = Map.groupBy(cells, ({ contention, run }) => {
    const where = contention === 'hot' ? 'one hot account' : '1,000 accounts';
    return `${run.store}, ${where}`;
  });
  return [...panels].map(([title, own]) => ({
    title,
    groups: strategies.map((strategy) => ({
      name: strategy,
      values: splits.map(
        (split) =>
          own.find((cell) => cell.strategy === strategy && cell.run.subAccounts === split)?.run.opsPerSecond,
      ),
    })),
  }));
}

function nearest(inFlight: readonly number[]): number {
  return inFlight.reduce(
    (best, each) => (Math.abs(each - IN_FLIGHT) < Math.abs(best - IN_FLIGHT) ? each : best),
    Infinity,
  );
}
