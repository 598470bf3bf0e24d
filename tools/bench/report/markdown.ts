import { judge, type Goal } from './goals';
import type { RunRecord } from './run-record';

/** Columns of numbers are aligned to the right. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => {
    const cells = rows.map((row) => row[column] ?? '').filter((cell) => cell !== '');
    return cells.length > 0 && cells.every((cell) => NUMBERS.test(cell)) ? '--:' : '---';
  });
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** One number or a range, with or without a bound's sign. */
const NUMBERS = /^[<≥] ?[\d.,]+$|^[\d.,]+(?:–[\d.,]+)?$/;

/** Every goal with what was wanted, what came of it, and by how much that is better or worse. */
export function goalsTable(goals: readonly Goal[]): string {
  const rows = goals
    .map(judge)
    .map((goal) => [
      goal.name,
      goal.atLeast === undefined ? `< ${figureText(goal.below ?? 0)}` : `≥ ${figureText(goal.atLeast)}`,
      figureText(goal.measured),
      `${goal.reached ? 'met' : '**missed**'} by ${goal.marginPercent.toFixed(0)} %`,
    ]);
  return markdownTable(['what', 'goal', 'measured', ''], rows);
}

/** The lowest and the highest rate of a run's rounds. */
export function roundsText({ rounds }: RunRecord): string {
  return `${grouped(Math.min(...rounds))}–${grouped(Math.max(...rounds))}`;
}

export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function millisText(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}

export function figureText(value: number): string {
  return value >= 100 ? grouped(value) : String(Number(value.toFixed(2)));
}
