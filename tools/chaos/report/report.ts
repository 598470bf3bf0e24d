import { type Breach, RULES } from '../check/breach';
import type { RoundDone } from '../faults/run-rounds';
import type { Resolution } from '../load/resolve';
import type { Recovered } from './recovery';
import type { Beside, QuietFailure } from './watchers';

const RECOVERY_MS_GOAL = 5_000;
const BREACHES_SHOWN = 20;
const FAILURES_SHOWN = 10;

/** What a run came to, as it is written to a file. Times are milliseconds. */
export interface Report {
  readonly seed: number;
  readonly commit: string;
  readonly database: string;
  readonly seconds: number;
  readonly verdict: 'clean' | 'broken';
  readonly skipped: readonly string[];
  /** How often each kind of fault came. */
  readonly faults: Readonly<Record<string, number>>;
  readonly rounds: readonly RoundDone[];
  readonly calls: number;
  readonly acknowledged: number;
  readonly keys: number;
  readonly operator: Readonly<Record<string, { readonly asked: number; readonly accepted: number }>>;
  readonly resolution: Resolution;
  /** Breaches by rule; rules that held are there with 0. */
  readonly broken: Readonly<Record<string, number>>;
  readonly breaches: readonly Breach[];
  readonly audit: { readonly balanced: boolean; readonly findings: unknown; readonly error?: string };
  readonly disorderlyStops: readonly string[];
  readonly recovery: {
    readonly msMax: number;
    readonly msGoal: number;
    readonly slowest: readonly Recovered[];
    /** The longest of each kind of thing. */
    readonly byWhat: Readonly<Record<string, number>>;
  };
  readonly quiet: {
    readonly calls: number;
    readonly failed: number;
    readonly failures: readonly QuietFailure[];
    readonly p50Ms: number;
    readonly p99Ms: number;
  };
  /** Deductions through sound parts while something else was broken. */
  readonly beside: {
    readonly calls: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
    readonly slowest?: Beside;
  };
  /** Kept when something is broken. */
  readonly history?: string;
}

export function recoveryReport(recovered: readonly Recovered[]): Report['recovery'] {
  // One that was cut short before the goal says nothing.
  const telling = recovered.filter(({ isCutShort, ms }) => !isCutShort || ms >= RECOVERY_MS_GOAL);
  const slowest = [...telling].sort((a, b) => b.ms - a.ms);
  const byWhat: Record<string, number> = {};
  for (const { what, ms } of telling) byWhat[what] = Math.max(byWhat[what] ?? 0, Math.round(ms));
  return {
    msMax: Math.round(slowest[0]?.ms ?? 0),
    msGoal: RECOVERY_MS_GOAL,
    slowest: slowest.slice(0, 10),
    byWhat,
  };
}

export function breachCounts(breaches: readonly Breach[]): Record<string, number> {
  const counts: Record<string, number> = Object.fromEntries(Object.keys(RULES).map((rule) => [rule, 0]));
  for (const { rule } of breaches) counts[rule] = (counts[rule] ?? 0) + 1;
  return counts;
}

/** The q-quantile, 0 < q ≤ 1. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round((sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? 0) * 10) / 10;
}

export function describeReport(report: Report): string {
  const { recovery, quiet, resolution, broken } = report;
  const lines = [
    '',
    `Chaos: ${Math.round(report.seconds)} s, seed ${report.seed}, commit ${report.commit}, ${report.database}`,
    ...report.skipped.map((what) => `SKIPPED  ${what}`),
    '',
    'Broken on purpose',
    ...table(Object.entries(report.faults).map(([kind, count]) => [kind, String(count)])),
    '',
    'The operator meanwhile (asked, accepted)',
    ...table(
      Object.entries(report.operator).map(([kind, { asked, accepted }]) => [kind, `${asked}, ${accepted}`]),
    ),
    '',
    'Load',
    ...table([
      ['calls', String(report.calls)],
      ['acknowledged', String(report.acknowledged)],
      ['keys', String(report.keys)],
      ['keys with an unknown outcome', String(resolution.indefinite)],
      ['… that had taken effect or did', String(resolution.tookEffect)],
      ['… that had not', String(resolution.refused)],
      ['… unresolved', String(resolution.unresolved)],
    ]),
    '',
    'Checked',
    ...table(
      Object.entries(RULES).map(([rule, words]) => [
        words,
        broken[rule] === 0 ? 'holds' : `BROKEN ${broken[rule]}`,
      ]),
    ),
    '',
    'Goals',
    ...table([
      [
        'longest from a return to the first success behind it',
        `${(recovery.msMax / 1_000).toFixed(1)} s, goal < ${recovery.msGoal / 1_000} s${recovery.msMax < recovery.msGoal ? '' : '  MISSED'}`,
      ],
      ...Object.entries(recovery.byWhat).map(([what, ms]) => [`  ${what}`, `${(ms / 1_000).toFixed(1)} s`]),
      [
        'failed while nothing was broken',
        `${quiet.failed} of ${quiet.calls}, goal 0${quiet.failed === 0 ? '' : '  MISSED'}`,
      ],
      ['latency while nothing was broken', `p50 ${quiet.p50Ms} ms, p99 ${quiet.p99Ms} ms`],
      ['latency beside what was broken', besideWords(report.beside)],
    ]),
    ...recovery.slowest
      .filter(({ ms }) => ms >= recovery.msGoal)
      .map(
        ({ what, after, wholeMs, ms, isCutShort }) =>
          `SLOW     ${what}: ${isCutShort ? 'at least ' : ''}${(ms / 1_000).toFixed(1)} s, whole at ${Math.round(wholeMs)} ms, after ${after}`,
      ),
    ...quiet.failures
      .slice(0, FAILURES_SHOWN)
      .map(
        ({ said, fromMs, toMs, service, account }) =>
          `FAILED   ${said}: ${account} through service ${service}, ${Math.round(fromMs)} to ${Math.round(toMs)} ms`,
      ),
    ...report.disorderlyStops.map((what) => `STOP     ${what}`),
    ...report.breaches
      .slice(0, BREACHES_SHOWN)
      .map(({ rule, account, key, detail }) => `BROKEN   ${rule}: ${account ?? ''} ${key ?? ''}  ${detail}`),
    '',
    report.verdict === 'clean' ? 'Nothing is broken.' : `BROKEN: ${report.breaches.length} breaches.`,
    ...(report.history === undefined ? [] : [`History and logs: ${report.history}`]),
    ...(report.verdict === 'clean' ? [] : [`Again: npm run chaos -- --seed ${report.seed}`]),
  ];
  return lines.join('\n');
}

function besideWords({ p50Ms, p99Ms, slowest }: Report['beside']): string {
  const most = slowest
    ? `, longest ${(slowest.ms / 1_000).toFixed(1)} s (${slowest.way} during ${slowest.during})`
    : '';
  return `p50 ${p50Ms} ms, p99 ${p99Ms} ms${most}`;
}

function table(rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(0, ...rows.map(([name = '']) => name.length));
  return rows.map(([name = '', value = '']) => `  ${name.padEnd(width)}  ${value}`);
}
