import { IN_ENGINE_MS } from '../cases/service-ground';
import { barPlot } from '../report/bar-plot';
import { figureText, goalsTable, grouped, markdownTable, millisText, roundsText } from '../report/markdown';
import { type MeasuredFigures, writeMeasured } from '../report/measured-page';
import { logarithmicAxis } from '../report/plot-axis';
import type { RunRecord } from '../report/run-record';
import type { HotPlan } from './hot-plan';

/** Writes plot, figures and tables of the section `hot` in docs/benchmarks.md. */
export async function writeHot(
  folder: string,
  figures: MeasuredFigures,
  { rounds, seconds, subAccounts }: HotPlan,
): Promise<void> {
  const { runs, ratios, goals } = figures;
  // Only a service has memory that is watched.
  const [doors, process] = [runs.filter(({ rssMb }) => rssMb), runs.filter(({ rssMb }) => !rssMb)];
  await writeMeasured({
    folder,
    page: 'benchmarks.md',
    scenario: 'hot',
    figures,
    plot: hotPlot(runs),
    markdown: [
      `Medians of ${rounds} rounds of ${seconds} seconds, ${subAccounts} sub-accounts.`,
      '![Deductions a second by door and store](hot.svg)',
      `In process:\n\n${runsTable(process)}`,
      `Through the doors of the service (latencies of batches are of whole batches):\n\n${runsTable(doors)}`,
      `Where the time of one deduction goes, on average:\n\n${decompositionTable(doors)}`,
      ratiosTable(ratios),
      goalsTable(goals),
    ],
  });
}

function runsTable(runs: readonly RunRecord[]): string {
  const rows = runs.map((run) => [
    ...[run.store, `\`${run.name}\``, grouped(run.inFlight)],
    ...[grouped(run.opsPerSecond), roundsText(run)],
    ...[millisText(run.p50Ms), millisText(run.p99Ms), figureText(run.cpuMicrosPerOp)],
    run.batches ? `${run.batches.commands.toFixed(0)} in ${run.batches.ms.toFixed(1)} ms` : '',
    run.rssMb ? `${run.rssMb.start} → ${run.rssMb.end}, ≤ ${run.rssMb.peak}` : '',
    grouped(run.errors),
    run.audit,
  ]);
  const head = [
    ...['store', 'name', 'in flight', 'ops/s', 'rounds', 'p50 ms', 'p99 ms', 'CPU µs'],
    ...['batches', 'RSS MB', 'errors', 'audit'],
  ];
  return markdownTable(head, rows);
}

/**
 * The parts add up to the whole: in a closed loop the average latency is what is in flight over the rate. What the
 * service counts, it counts over the whole round, warm-up included.
 */
function decompositionTable(doors: readonly RunRecord[]): string {
  const rows = doors.flatMap((run) => {
    const { batches, figures, inFlight, opsPerSecond } = run;
    const inEngine = figures?.[IN_ENGINE_MS];
    if (!batches || inEngine === undefined) return [];
    const whole = (inFlight / opsPerSecond) * 1_000;
    const parts = [whole - inEngine, inEngine - batches.ms, batches.ms];
    return [[run.store, `\`${run.name}\``, ...parts.map(millisText), millisText(whole)]];
  });
  const head = ['store', 'name', 'door and client, ms', 'waiting in a lane', 'shard transaction', 'sum'];
  return markdownTable(head, rows);
}

/** A row for each comparison, a column for each store. */
function ratiosTable(ratios: Readonly<Record<string, number>>): string {
  const found = Object.entries(ratios).map(([name, ratio]) => {
    const [store = '', ...what] = name.split(' ');
    return { store, what: what.join(' '), ratio };
  });
  const stores = [...new Set(found.map(({ store }) => store))];
  const rows = [...Map.groupBy(found, ({ what }) => what)].map(([what, same]) => [
    what,
    ...stores.map((store) => same.find((each) => each.store === store)?.ratio.toFixed(2) ?? ''),
  ]);
  return markdownTable(['ratio', ...stores], rows);
}

/** A panel for each store, a bar for each door and yardstick; of several numbers in flight the largest. */
export function hotPlot(runs: readonly RunRecord[]): string {
  const panels = [...Map.groupBy(runs, ({ store }) => store)].map(([store, own]) => ({
    title: store,
    groups: [...Map.groupBy(own, ({ name }) => name)].map(([name, same]) => {
      const most = same.reduce((best, run) => (run.inFlight > best.inFlight ? run : best));
      return { name: `${name} @${grouped(most.inFlight)}`, values: [most.opsPerSecond] };
    }),
  }));
  return barPlot({
    title: 'Deductions a second, one hot account, by door; @ in flight',
    description: 'Deductions a second by door and store',
    series: ['deductions'],
    panels,
    axis: logarithmicAxis(100, 1_000_000),
  });
}
