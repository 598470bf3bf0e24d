import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import type { Goal } from '../report/goals';
import { judge } from '../report/goals';
import type { Machine } from '../report/machine';
import type { RunRecord } from '../report/run-record';
import { plotOf } from './plot';
import { cellsOf } from './strategies-goals';

export interface StrategiesFigures {
  readonly machine: Machine;
  readonly commit: string;
  readonly runs: readonly RunRecord[];
  readonly ratios: Readonly<Record<string, number>>;
  readonly goals: readonly Goal[];
}

const PAGE = 'strategies.md';
const BEGIN = '<!-- measured: written by npm run bench -- strategies --docs docs -->';
const END = '<!-- end of what was measured -->';
const PRINT_WIDTH = 110;

/** Writes the plot, the figures as JSON, and the tables into the page, between its two marks. */
export async function writePage(folder: string, figures: StrategiesFigures): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'strategies.svg'), plotOf(cellsOf(figures.runs)));
  const json = await format(JSON.stringify(figures), { parser: 'json', printWidth: PRINT_WIDTH });
  writeFileSync(join(folder, 'strategies.json'), json);
  const path = join(folder, PAGE);
  const page = await format(between(readFileSync(path, 'utf8'), measuredOf(figures)), {
    parser: 'markdown',
    printWidth: PRINT_WIDTH,
  });
  writeFileSync(path, page);
}

function between(page: string, measured: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${PAGE} has no place for what was measured`);
  return `${page.slice(0, from + BEGIN.length)}\n\n${measured}\n\n${page.slice(to)}`;
}

function measuredOf({ machine, commit, runs, goals }: StrategiesFigures): string {
  const { cpu, cores, node, databases } = machine;
  const balanced = runs.filter(({ audit }) => audit === 'balanced').length;
  return [
    `${cpu}, ${cores} cores for client, engine and databases together; Node ${node}; ${databases.join('; ')}. Commit ${commit}.`,
    `${runs.length} runs, ${balanced} of them balanced in their audit.`,
    '![Deductions a second by strategy, store and split](strategies.svg)',
    ...placesOf(runs).map(({ store, contention }) => summaryOf(runs, store, contention)),
    goalsTable(goals),
    detailsOf(runs),
  ].join('\n\n');
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
  return `**${store}, ${where}**: deductions a second\n\n${table(['strategy', ...columns], rows)}`;
}

function goalsTable(goals: readonly Goal[]): string {
  const rows = goals
    .map(judge)
    .map(({ name, measured, atLeast = 0, reached }) => [
      name,
      `≥ ${atLeast}`,
      measured.toFixed(1),
      reached ? 'met' : 'missed',
    ]);
  return `How many times as fast \`merged\` is:\n\n${table(['where, and beside what', 'goal', 'measured', ''], rows)}`;
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
  return `<details><summary>Every run</summary>\n\n${table(head, rows)}\n\n</details>`;
}

/** The one that answers before it is on disk is marked. */
function labelOf(strategy: string): string {
  return strategy === 'leased' ? '`leased` (not durable)' : `\`${strategy}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
