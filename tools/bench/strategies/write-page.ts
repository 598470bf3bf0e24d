import { grouped, markdownTable } from '../report/markdown';
import { type Goal, judge } from '../report/goals';
import { type MeasuredFigures, writeMeasured } from '../report/measured-page';
import type { RunRecord } from '../report/run-record';
import { plotOf } from './plot';
import { cellsOf } from './strategies-goals';

/** Writes plot, figures and the tables of docs/strategies-figures.md. */
export async function writePage(folder: string, figures: MeasuredFigures): Promise<void> {
  const { runs, goals } = figures;
  await writeMeasured({
    folder,
    page: 'strategies-figures.md',
    scenario: 'strategies',
    figures,
    plot: plotOf(cellsOf(runs)),
    markdown: [
      '![Deductions a second by strategy, store and split](strategies.svg)',
      ...placesOf(runs).map(({ store, contention }) => summaryOf(runs, store, contention)),
      goalsText(goals),
      detailsOf(runs),
    ],
  });
}

function placesOf(runs: readonly RunRecord[]): { store: string; contention: string }[] {
  const seen = new Map<string, { store: string; contention: string }>();
  for (const { contention, run } of cellsOf(runs))
    seen.set(`${run.store} ${contention}`, { store: run.store, contention });
  return [...seen.values()];
}

/** Deductions a second: a row for each strategy, a column for each split and number in flight. */
function summaryOf(runs: readonly RunRecord[], store: string, contention: string): string {
  const cells = cellsOf(runs).filter((each) => each.run.store === store && each.contention === contention);
  const columns = unique(cells.map(({ run }) => `×${run.subAccounts} @${run.inFlight}`));
  const rows = unique(cells.map(({ strategy }) => strategy)).map((strategy) => [
    labelOf(strategy),
    ...columns.map((column) => {
      const cell = cells.find(
        (each) => each.strategy === strategy && `×${each.run.subAccounts} @${each.run.inFlight}` === column,
      );
      return cell ? grouped(cell.run.opsPerSecond) : '';
    }),
  ]);
  const where = contention === 'hot' ? 'one hot account' : '1,000 accounts';
  return `**${store}, ${where}**: deductions a second\n\n${markdownTable(['strategy', ...columns], rows)}`;
}

function goalsText(goals: readonly Goal[]): string {
  const rows = goals
    .map(judge)
    .map(({ name, measured, atLeast = 0, reached }) => [
      name,
      `≥ ${atLeast}`,
      measured.toFixed(1),
      reached ? 'met' : 'missed',
    ]);
  return `How many times as fast \`merged\` is:\n\n${markdownTable(['where, and beside what', 'goal', 'measured', ''], rows)}`;
}

function detailsOf(runs: readonly RunRecord[]): string {
  const rows = cellsOf(runs).map(({ strategy, contention, run }) => [
    run.store,
    contention,
    labelOf(strategy),
    String(run.subAccounts),
    String(run.inFlight),
    grouped(run.opsPerSecond),
    run.p50Ms.toFixed(1),
    run.p99Ms.toFixed(1),
    grouped(run.figures?.['retries'] ?? 0),
    grouped(run.errors),
    run.audit,
  ]);
  const head = [
    ...['store', 'contention', 'strategy', 'split', 'in flight', 'ops/s', 'p50 ms', 'p99 ms'],
    ...['retries', 'failed', 'audit'],
  ];
  return `<details><summary>Every run</summary>\n\n${markdownTable(head, rows)}\n\n</details>`;
}

/** The one that answers before it is on disk is marked. */
function labelOf(strategy: string): string {
  return strategy === 'leased' ? '`leased` (not durable)' : `\`${strategy}\``;
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
