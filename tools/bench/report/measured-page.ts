import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import type { Goal } from './goals';
import type { Machine } from './machine';
import type { RunRecord } from './run-record';

/** All that a scenario came to, as its JSON beside the page has it. */
export interface MeasuredFigures {
  readonly machine: Machine;
  readonly commit: string;
  readonly runs: readonly RunRecord[];
  readonly ratios: Readonly<Record<string, number>>;
  readonly goals: readonly Goal[];
}

export interface MeasuredPage {
  readonly folder: string;
  readonly page: string;
  readonly scenario: string;
  readonly figures: MeasuredFigures;
  /** What stands between the page's marks for this scenario, after the machine. */
  readonly markdown: readonly string[];
  readonly plot: string;
}

const END = '<!-- end of what was measured -->';
const PRINT_WIDTH = 110;

/** Writes a scenario's plot, its figures as JSON, and its tables into the page, between the marks that are there for it. */
export async function writeMeasured(measured: MeasuredPage): Promise<void> {
  const { folder, page, scenario, figures, markdown, plot } = measured;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${scenario}.svg`), plot);
  const { machine, commit, runs, ratios, goals } = figures;
  const json = await format(JSON.stringify({ machine, commit, runs, ratios, goals }), {
    parser: 'json',
    printWidth: PRINT_WIDTH,
  });
  writeFileSync(join(folder, `${scenario}.json`), json);
  const path = join(folder, page);
  const text = [machineText(figures), ...markdown].join('\n\n');
  const whole = between(readFileSync(path, 'utf8'), text, { page, scenario });
  writeFileSync(path, await format(whole, { parser: 'markdown', printWidth: PRINT_WIDTH }));
}

function between(
  whole: string,
  measured: string,
  { page, scenario }: { readonly page: string; readonly scenario: string },
): string {
  const begin = `<!-- measured: written by npm run bench -- ${scenario} --docs docs -->`;
  const from = whole.indexOf(begin);
  const to = whole.indexOf(END, from);
  if (from < 0 || to < 0) throw new Error(`${page} has no place for what was measured by ${scenario}`);
  return `${whole.slice(0, from + begin.length)}\n\n${measured}\n\n${whole.slice(to)}`;
}

function machineText({ machine, commit, runs }: MeasuredFigures): string {
  const { cpu, cores, node, databases } = machine;
  const balanced = runs.filter(({ audit }) => audit === 'balanced').length;
  return [
    `${cpu}, ${cores} cores for client, engine and databases together; Node ${node}; ${unique(databases).join('; ')}. Commit ${commit}.`,
    `${runs.length} runs, ${balanced} of them balanced in their audit.`,
  ].join('\n\n');
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
