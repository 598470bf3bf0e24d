import { type Axis, place } from './plot-axis';

/** A bar for each series, in the order of the plot's series; `undefined` where a series has none here. */
export interface BarGroup {
  readonly name: string;
  readonly values: readonly (number | undefined)[];
}

export interface BarPanel {
  readonly title: string;
  readonly groups: readonly BarGroup[];
}

export interface BarPlot {
  readonly title: string;
  /** What the picture shows, for those who cannot see it. */
  readonly description: string;
  /** At most five; one alone needs no key and may be nameless. */
  readonly series: readonly string[];
  readonly panels: readonly BarPanel[];
  readonly axis: Axis;
}

const BAR = { height: 11, gap: 2, groupGap: 8 };
const PANEL = { width: 460, label: 140, value: 60, head: 34, foot: 26 };
const TITLE_HEIGHT = 30;
/** The key of several series stands below the title. */
const KEY_HEIGHT = 18;
const COLUMNS = 2;

/** Horizontal bars as SVG, in panels side by side. Readable on light and on dark. */
export function barPlot(plot: BarPlot): string {
  const { title, description, panels, series } = plot;
  const groupHeight = series.length * (BAR.height + BAR.gap) + BAR.groupGap;
  const groupsMax = Math.max(0, ...panels.map(({ groups }) => groups.length));
  const panelHeight = PANEL.head + groupsMax * groupHeight + PANEL.foot;
  const columns = Math.min(COLUMNS, Math.max(1, panels.length));
  const width = columns * PANEL.width;
  const head = TITLE_HEIGHT + (series.length < 2 ? 0 : KEY_HEIGHT);
  const height = Math.ceil(panels.length / columns) * panelHeight + head;
  const drawn = panels.map((panel, position) => {
    const x = (position % columns) * PANEL.width;
    const y = head + Math.floor(position / columns) * panelHeight;
    return `<g transform="translate(${x} ${y})">${panelOf(panel, groupHeight, plot.axis)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(description)}">`,
    STYLE,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    `<text class="head" x="10" y="19">${escaped(title)}</text>`,
    keyOf(series),
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

function keyOf(series: readonly string[]): string {
  if (series.length < 2) return '';
  const names = series.map((name, number) => `<tspan class="key${number}">■</tspan> ${escaped(name)}`);
  return `<text x="10" y="${TITLE_HEIGHT + 6}">${names.join('  ')}</text>`;
}

function panelOf({ title, groups }: BarPanel, groupHeight: number, axis: Axis): string {
  const bottom = PANEL.head + groups.length * groupHeight;
  const drawn = groups.map(({ name, values }, number) => {
    const top = PANEL.head + number * groupHeight;
    const bars = values.map((value, series) =>
      value === undefined ? '' : barOf(value, series, top + series * (BAR.height + BAR.gap), axis),
    );
    const middle = top + (groupHeight - BAR.groupGap) / 2 + 3;
    return `<text class="name" x="${PANEL.label - 6}" y="${middle}">${escaped(name)}</text>${bars.join('')}`;
  });
  return [
    `<text class="title" x="10" y="20">${escaped(title)}</text>`,
    ...ticks(bottom, axis),
    ...drawn,
  ].join('\n');
}

function barOf(value: number, series: number, top: number, axis: Axis): string {
  const width = Math.max(1, place(value, axis) * barsWidth());
  return (
    `<rect class="bar${series}" x="${PANEL.label}" y="${top}" width="${width.toFixed(1)}" height="${BAR.height}"/>` +
    `<text x="${(PANEL.label + width + 4).toFixed(1)}" y="${top + BAR.height - 1}">${grouped(value)}</text>`
  );
}

function ticks(bottom: number, axis: Axis): string[] {
  return axis.ticks.flatMap((value) => {
    const x = (PANEL.label + place(value, axis) * barsWidth()).toFixed(1);
    return [
      `<line class="grid" x1="${x}" y1="${PANEL.head - 6}" x2="${x}" y2="${bottom}"/>`,
      `<text class="tick" x="${x}" y="${bottom + 13}">${grouped(value)}</text>`,
    ];
  });
}

function barsWidth(): number {
  return PANEL.width - PANEL.label - PANEL.value;
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

const STYLE = `<style>
  text { font: 11px system-ui, sans-serif; fill: #24292f; }
  .head, .title { font-size: 12px; font-weight: 600; }
  .ground { fill: #ffffff; }
  .grid { stroke: #d0d7de; stroke-width: 1; }
  .bar0, .key0 { fill: #0969da; }
  .bar1, .key1 { fill: #bf8700; }
  .bar2, .key2 { fill: #8250df; }
  .bar3, .key3 { fill: #1a7f37; }
  .bar4, .key4 { fill: #cf222e; }
  .tick { fill: #57606a; text-anchor: middle; }
  .name { text-anchor: end; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .ground { fill: #0d1117; }
    .grid { stroke: #30363d; }
    .bar0, .key0 { fill: #58a6ff; }
    .bar1, .key1 { fill: #d29922; }
    .bar2, .key2 { fill: #bc8cff; }
    .bar3, .key3 { fill: #3fb950; }
    .bar4, .key4 { fill: #ff7b72; }
    .tick { fill: #8b949e; }
  }
</style>`;
