import type { Cell } from './strategies-goals';

const BAR = { height: 11, gap: 2, groupGap: 8 };
const PANEL = { width: 430, label: 96, value: 60, head: 34, foot: 26 };
const AXIS = { from: 10, to: 100_000 };
const IN_FLIGHT = 64;

interface Panel {
  readonly title: string;
  readonly cells: readonly Cell[];
}

/**
 * Deductions a second as bars on a logarithmic axis: a panel for each store and contention, a group for each strategy, a
 * bar for each split. At 64 in flight, or at what was measured next to it. Readable on light and on dark.
 */
export function plotOf(cells: readonly Cell[]): string {
  const inFlight = nearest(cells.map(({ run }) => run.inFlight));
  const shown = cells.filter(({ run }) => run.inFlight === inFlight);
  const panels = panelsOf(shown);
  const strategies = [...new Set(shown.map(({ strategy }) => strategy))];
  const splits = [...new Set(shown.map(({ run }) => run.subAccounts))].sort((a, b) => a - b);
  const groupHeight = splits.length * (BAR.height + BAR.gap) + BAR.groupGap;
  const panelHeight = PANEL.head + strategies.length * groupHeight + PANEL.foot;
  const columns = Math.min(2, Math.max(1, panels.length));
  const rows = Math.ceil(panels.length / columns);
  const width = columns * PANEL.width;
  const height = rows * panelHeight + 30;
  const drawn = panels.map((panel, position) => {
    const x = (position % columns) * PANEL.width;
    const y = 30 + Math.floor(position / columns) * panelHeight;
    return `<g transform="translate(${x} ${y})">${panelOf(panel, { strategies, splits, groupHeight })}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Deductions a second by strategy, store and split">`,
    STYLE,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    `<text class="head" x="10" y="19">Deductions a second, ${inFlight} in flight, by strategy; ${splits
      .map(
        (split, place) =>
          `<tspan class="key${place}">■</tspan> ${split} sub-account${split === 1 ? '' : 's'}`,
      )
      .join('  ')}</text>`,
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

const STYLE = `<style>
  text { font: 11px system-ui, sans-serif; fill: #24292f; }
  .head, .title { font-size: 12px; font-weight: 600; }
  .ground { fill: #ffffff; }
  .grid { stroke: #d0d7de; stroke-width: 1; }
  .split0, .key0 { fill: #0969da; }
  .split1, .key1 { fill: #bf8700; }
  .split2, .key2 { fill: #8250df; }
  .tick { fill: #57606a; text-anchor: middle; }
  .name { text-anchor: end; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .ground { fill: #0d1117; }
    .grid { stroke: #30363d; }
    .split0, .key0 { fill: #58a6ff; }
    .split1, .key1 { fill: #d29922; }
    .split2, .key2 { fill: #bc8cff; }
    .tick { fill: #8b949e; }
  }
</style>`;

function panelOf(
  { title, cells }: Panel,
  grid: {
    readonly strategies: readonly string[];
    readonly splits: readonly number[];
    readonly groupHeight: number;
  },
): string {
  const { strategies, splits, groupHeight } = grid;
  const bottom = PANEL.head + strategies.length * groupHeight;
  const groups = strategies.map((strategy, place) => {
    const top = PANEL.head + place * groupHeight;
    const bars = splits.map((split, number) => {
      const cell = cells.find((each) => each.strategy === strategy && each.run.subAccounts === split);
      return cell ? barOf(cell.run.opsPerSecond, number, top + number * (BAR.height + BAR.gap)) : '';
    });
    const middle = top + (groupHeight - BAR.groupGap) / 2 + 3;
    return `<text class="name" x="${PANEL.label - 6}" y="${middle}">${strategy}</text>${bars.join('')}`;
  });
  return [`<text class="title" x="10" y="20">${title}</text>`, ...ticks(bottom), ...groups].join('\n');
}

function barOf(opsPerSecond: number, split: number, top: number): string {
  const width = Math.max(1, scale(opsPerSecond));
  const value = Math.round(opsPerSecond).toLocaleString('en-US');
  return (
    `<rect class="split${split}" x="${PANEL.label}" y="${top}" width="${width.toFixed(1)}" height="${BAR.height}"/>` +
    `<text x="${(PANEL.label + width + 4).toFixed(1)}" y="${top + BAR.height - 1}">${value}</text>`
  );
}

function ticks(bottom: number): string[] {
  const lines = [];
  for (let value = AXIS.from; value <= AXIS.to; value *= 10) {
    const x = (PANEL.label + scale(value)).toFixed(1);
    lines.push(`<line class="grid" x1="${x}" y1="${PANEL.head - 6}" x2="${x}" y2="${bottom}"/>`);
    lines.push(`<text class="tick" x="${x}" y="${bottom + 13}">${value.toLocaleString('en-US')}</text>`);
  }
  return lines;
}

function scale(value: number): number {
  const width = PANEL.width - PANEL.label - PANEL.value;
  const share = Math.log10(Math.max(value, AXIS.from) / AXIS.from) / Math.log10(AXIS.to / AXIS.from);
  return Math.min(1, share) * width;
}

function panelsOf(cells: readonly Cell[]): Panel[] {
  const panels = new Map<string, Cell[]>();
  for (const cell of cells) {
    const where = cell.contention === 'hot' ? 'one hot account' : '1,000 accounts';
    const title = `${cell.run.store}, ${where}`;
    panels.set(title, [...(panels.get(title) ?? []), cell]);
  }
  return [...panels].map(([title, own]) => ({ title, cells: own }));
}

function nearest(inFlight: readonly number[]): number {
  return inFlight.reduce(
    (best, each) => (Math.abs(each - IN_FLIGHT) < Math.abs(best - IN_FLIGHT) ? each : best),
    Infinity,
  );
}
