import { textTable } from '../../kernel/text-table';
import type { CpuProfile, SelfTime } from '../measure/cpu-profile';
import type { Stage } from '../measure/stage-clock';
import { type Goal, judge } from './goals';
import type { RunRecord } from './run-record';

const FUNCTIONS_SHOWN = 30;
const MODULES_SHOWN = 25;

export function runTable(records: readonly RunRecord[]): string {
  const rows = records.map((record) => [
    record.name,
    grouped(record.inFlight),
    grouped(record.opsPerSecond),
    `${grouped(Math.min(...record.rounds))}–${grouped(Math.max(...record.rounds))}`,
    record.cpuMicrosPerOp.toFixed(1),
    millis(record.p50Ms),
    millis(record.p99Ms),
    millis(record.p999Ms),
    record.batches ? `${record.batches.commands.toFixed(0)} in ${record.batches.ms.toFixed(1)} ms` : '',
    record.rssMb ? `${record.rssMb.start}→${record.rssMb.end}, ≤ ${record.rssMb.peak}` : '',
    grouped(record.errors),
    record.audit,
  ]);
  const head = [
    'name',
    'in flight',
    'ops/s',
    'min–max',
    'CPU µs',
    'p50 ms',
    'p99 ms',
    'p999 ms',
    'batches',
    'RSS MB',
    'errors',
    'audit',
  ];
  return table(head, rows);
}

/** What the runs count besides, a column for each name that any of them has. */
export function figureTable(records: readonly RunRecord[]): string {
  const names = [...new Set(records.flatMap(({ figures = {} }) => Object.keys(figures)))];
  const counting = records.filter(({ figures }) => figures);
  return table(
    ['name', ...names],
    counting.map(({ name, figures = {} }) => [
      name,
      ...names.map((each) => (figures[each] === undefined ? '' : figure(figures[each]))),
    ]),
  );
}

export function ratioTable(ratios: Readonly<Record<string, number>>): string {
  return table(
    ['ratio', 'median'],
    Object.entries(ratios).map(([name, ratio]) => [name, ratio.toFixed(2)]),
  );
}

export function goalTable(goals: readonly Goal[]): string {
  const rows = goals
    .map(judge)
    .map((goal) => [
      goal.name,
      goal.atLeast === undefined ? `< ${figure(goal.below ?? 0)}` : `≥ ${figure(goal.atLeast)}`,
      figure(goal.measured),
      `${goal.reached ? 'reached' : 'MISSED'} by ${goal.marginPercent.toFixed(0)} %`,
    ]);
  return table(['goal', 'wanted', 'measured', ''], rows);
}

export function profileTables({ idle, functions, modules }: CpuProfile): string {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const rows = (times: readonly SelfTime[], count: number): string[][] =>
    times.slice(0, count).map(({ name, place, share }) => [name, place, percent(share)]);
  return [
    `idle ${percent(idle)}; shares of the busy time:`,
    table(['function', 'place', 'self'], rows(functions, FUNCTIONS_SHOWN)),
    table(['module', '', 'self'], rows(modules, MODULES_SHOWN)),
  ].join('\n');
}

export function stageTable(stages: readonly Stage[]): string {
  const wholeMs = stages.at(-1)?.ms ?? Number.NaN;
  return table(
    ['name', 'ms', 'share'],
    stages.map(({ name, ms }) => [name, ms.toFixed(2), `${((ms / wholeMs) * 100).toFixed(0)} %`]),
  );
}

function table(head: string[], rows: string[][]): string {
  return textTable(
    head,
    rows,
    head.map((name) => (TEXTS.has(name) ? 'left' : 'right')),
  );
}

const TEXTS = new Set(['name', 'ratio', 'goal', 'audit', 'function', 'place', 'module', '']);

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function millis(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}

function figure(value: number): string {
  return value >= 100 ? grouped(value) : String(Number(value.toFixed(2)));
}
