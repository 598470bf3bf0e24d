import fc from 'fast-check';
import { goalsOf, ratiosOf } from '../../tools/bench/hot/hot-goals';
import type { MeasuredCase } from '../../tools/bench/cases/case';
import { barPlot } from '../../tools/bench/report/bar-plot';
import { markdownTable } from '../../tools/bench/report/markdown';
import { linearAxis, logarithmicAxis, place } from '../../tools/bench/report/plot-axis';

describe('a plot’s axis', () => {
  const values = fc.array(fc.double({ min: 0, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 20 });

  test('reaches from 0 beyond every value, in steps of one size', () => {
    fc.assert(
      fc.property(values, (all) => {
        const { ticks } = linearAxis(all);
        expect(ticks[0]).toBe(0);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(Math.max(...all));
        expect(new Set(ticks.slice(1).map((tick, n) => Math.round(tick - (ticks[n] ?? 0)))).size).toBe(1);
      }),
    );
  });

  test('keeps the order of values, and keeps them within itself', () => {
    fc.assert(
      fc.property(values, (all) => {
        for (const axis of [linearAxis(all), logarithmicAxis(10, 100_000)]) {
          const places = all.toSorted((a, b) => a - b).map((value) => place(value, axis));
          expect(places).toEqual(places.toSorted((a, b) => a - b));
          expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
          expect(Math.max(...places)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

describe('a plot of bars', () => {
  const plot = barPlot({
    title: 'rates <now>',
    description: 'rates & more',
    series: ['a', 'b'],
    panels: [
      {
        title: 'one',
        groups: [
          { name: 'x', values: [10, undefined] },
          { name: 'y', values: [1_000, 100] },
        ],
      },
      { title: 'two', groups: [] },
    ],
    axis: logarithmicAxis(10, 1_000),
  });

  test('has a bar for each value, as long as the axis says, and its number', () => {
    const bars = [...plot.matchAll(/<rect class="bar(\d)"[^>]* width="([\d.]+)"/g)];
    expect(bars.map(([, series, width]) => [series, width])).toEqual([
      ['0', '1.0'],
      ['0', '260.0'],
      ['1', '130.0'],
    ]);
    for (const value of ['>10<', '>1,000<', '>100<']) expect(plot).toContain(value);
  });

  test('names its panels, groups and series, whatever characters are in them', () => {
    for (const text of ['rates &lt;now>', 'rates &amp; more', '>one<', '>two<', '>x<', '>y<', '</tspan> b'])
      expect(plot).toContain(text);
  });
});

test('a table has numbers to the right and words to the left', () => {
  const rows = [
    ['a', '1,000', '1–2', ''],
    ['b', '2', '', '≥ 0.5'],
    ['3', '', '4', ''],
  ];
  expect(markdownTable(['name', 'n', 'range', 'goal'], rows).split('\n')[1]).toBe(
    '| --- | --: | --: | --: |',
  );
});

describe('what `hot` promises', () => {
  const measured = (name: string, inFlight: number, opsPerSecond: number): MeasuredCase => {
    const round = { seconds: 1, ops: opsPerSecond, opsPerSecond, p50Ms: 1, p99Ms: 40, p999Ms: 50 };
    return {
      case: { name, store: 'mariadb-2', shards: 2, subAccounts: 32, inFlight },
      rounds: [{ ...round, errors: 0, audit: 'balanced', cpuMicrosPerOp: 1 }],
    };
  };

  test('is a number of times as fast as what a run is compared with, in flight where that matters', () => {
    const runs = [
      ...[
        measured('merged', 512, 48_000),
        measured('atomic', 512, 2_000),
        measured('pessimistic', 512, 2_000),
      ],
      ...[measured('http', 256, 12_000), measured('http-noop', 256, 20_000), measured('http-noop', 64, 1)],
    ];
    expect(ratiosOf(runs)).toEqual({
      'mariadb-2 merged @512 / atomic': 24,
      'mariadb-2 merged @512 / pessimistic': 24,
      'mariadb-2 http @256 / http-noop': 0.6,
    });
    const goals = goalsOf(runs).map(({ name, measured: value, atLeast, below }) => [
      name,
      value,
      atLeast ?? below,
    ]);
    expect(goals).toEqual([
      ['mariadb-2 merged @512 / atomic', 24, 12],
      ['mariadb-2 merged @512 / pessimistic', 24, 30],
      ['mariadb-2 http @256 / http-noop', 0.6, 0.68],
      ['mariadb-2 http @256, deductions/s', 12_000, 12_000],
      ['mariadb-2 http @256, p99 ms', 40, 60],
    ]);
  });

  test('says nothing of what was not measured', () => {
    expect(goalsOf([measured('http-batch', 64, 1)])).toHaveLength(2);
    expect(goalsOf([measured('bulk-insert', 512, 1)])).toEqual([]);
  });
});
