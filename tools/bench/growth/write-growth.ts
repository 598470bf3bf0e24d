import { ratioOf } from '../cases/run-interleaved';
import { barPlot } from '../report/bar-plot';
import { figureText, goalsTable, grouped, markdownTable, millisText, roundsText } from '../report/markdown';
import { type MeasuredFigures, writeMeasured } from '../report/measured-page';
import { linearAxis } from '../report/plot-axis';
import { recordOf } from '../report/run-record';
import type { GrowthPlan } from './growth-plan';
import { type GrowthStage, millions } from './measure-growth';

/** Writes plot, figures and tables of the section `growth` in docs/benchmarks.md. */
export async function writeGrowth(
  folder: string,
  stages: readonly GrowthStage[],
  { figures, plan }: { readonly figures: MeasuredFigures; readonly plan: GrowthPlan },
): Promise<void> {
  const { rounds, seconds, inFlight, poolMib } = plan;
  await writeMeasured({
    folder,
    page: 'benchmarks.md',
    scenario: 'growth',
    figures,
    plot: growthPlot(stages),
    markdown: [
      `Medians of ${rounds} rounds of ${seconds} seconds, ${inFlight} in flight, a buffer pool of ${poolMib} MiB for each server.`,
      '![Deductions a second by the number of entries, ordered and random ids](growth.svg)',
      growthTable(stages),
      goalsTable(figures.goals),
    ],
  });
}

function growthTable(stages: readonly GrowthStage[]): string {
  const rows = stages.map((stage) => {
    const grown = recordOf('growth', stage.grown);
    const empty = recordOf('growth', stage.empty);
    const figure = (name: string): string => {
      const value = grown.figures?.[name];
      return value === undefined ? '' : figureText(value);
    };
    return [
      ...[grown.store, stage.ids, millions(stage.entries)],
      ...[figure('table MiB'), figure('of it unique index MiB')],
      ...[grouped(grown.opsPerSecond), roundsText(grown), grouped(empty.opsPerSecond)],
      ratioOf(stage.grown, stage.empty).toFixed(2),
      ...[millisText(grown.p50Ms), millisText(grown.p99Ms), millisText(empty.p99Ms)],
      ...[figure('pool hits %'), figure('pages read / 1,000'), figure('pages written / 1,000')],
      ...[figure('audit s'), grown.audit],
    ];
  });
  const head = [
    ...['store', 'ids', 'entries', 'table MiB', 'of it unique index'],
    ...['ops/s', 'rounds', 'empty, ops/s', 'grown / empty', 'p50 ms', 'p99 ms', 'empty, p99 ms'],
    ...['pool hits %', 'pages read / 1,000', 'written / 1,000', 'audit s', 'audit'],
  ];
  return markdownTable(head, rows);
}

/** A panel for each store, a group for each size, a bar for each kind of ids. */
export function growthPlot(stages: readonly GrowthStage[]): string {
  const kinds = [...new Set(stages.map(({ ids }) => ids))];
  const rates = stages.map(({ grown }) => recordOf('growth', grown).opsPerSecond);
  const panels = [...Map.groupBy(stages, ({ grown }) => grown.case.store)].map(([store, own]) => ({
    title: store,
    groups: [...Map.groupBy(own, ({ entries }) => entries)].map(([entries, same]) => ({
      name: `${millions(entries)} entries`,
      values: kinds.map((kind) => {
        const stage = same.find(({ ids }) => ids === kind);
        return stage && recordOf('growth', stage.grown).opsPerSecond;
      }),
    })),
  }));
  return barPlot({
    title: 'Deductions a second by the number of entries',
    description: 'Deductions a second by the number of entries, under ordered and under random ids',
    series: kinds.map((kind) => `${kind} ids`),
    panels,
    axis: linearAxis(rates),
  });
}
