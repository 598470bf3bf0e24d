/** What a dashboard shows, as it is written down here. `dashboardJson` makes of it what Grafana reads. */
export interface Dashboard {
  /** Its file's name, and the end of its address in Grafana. */
  readonly name: string;
  readonly title: string;
  readonly rows: readonly Row[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Panel {
  readonly title: string;
  /** Grafana's word for a unit. */
  readonly unit: Unit;
  /** A figure of now instead of a graph. */
  readonly isStat?: true;
  readonly queries: readonly Query[];
}

export type Unit = 'short' | 'reqps' | 's' | 'bytes' | 'percentunit' | 'ops';

export interface Query {
  readonly expr: string;
  /** Names a series by its labels: `{{shard}}`. */
  readonly legend: string;
}

const WIDTH = 24;
const STAT = { h: 4, w: 4 };
const GRAPH = { h: 8, w: 8 };
const SOURCE = { type: 'prometheus', uid: '${datasource}' };

/** A query about the instances that were chosen. */
export function chosen(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${['instance=~"$instance"', ...matchers].join(',')}}`;
}

/** A counter's growth a second. */
export function perSecond(metric: string, ...matchers: readonly string[]): string {
  return `rate(${chosen(metric, ...matchers)}[$__rate_interval])`;
}

/** A quantile of a histogram over all chosen instances. */
export function quantile(
  share: number,
  histogram: string,
  by: readonly string[],
  ...matchers: readonly string[]
): string {
  const buckets = perSecond(`${histogram}_bucket`, ...matchers);
  return `histogram_quantile(${share}, sum by (${[...by, 'le'].join(', ')}) (${buckets}))`;
}

export function dashboardJson({ name, title, rows }: Dashboard): string {
  const panels: object[] = [];
  let y = 0;
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: { h: 1, w: WIDTH, x: 0, y },
    });
    y += 1;
    let [x, height] = [0, 0];
    for (const panel of row.panels) {
      const { h, w } = panel.isStat ? STAT : GRAPH;
      if (x + w > WIDTH) [x, y] = [0, y + height];
      panels.push({ id: panels.length + 1, ...panelJson(panel), gridPos: { h, w, x, y } });
      [x, height] = [x + w, h];
    }
    y += height;
  }
  const dashboard = {
    uid: `hotsplit-${name}`,
    title: `hotsplit: ${title}`,
    description: 'Made by npm run docs:generate from tools/docs/grafana.',
    tags: ['hotsplit'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    timezone: 'utc',
    templating: { list: VARIABLES },
    links: [
      { type: 'dashboards', title: 'hotsplit', tags: ['hotsplit'], asDropdown: false, includeVars: true },
    ],
    panels,
  };
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}

const VARIABLES = [
  { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus' },
  {
    name: 'instance',
    type: 'query',
    datasource: SOURCE,
    query: { query: 'label_values(hotsplit_build_info, instance)', refId: 'instance' },
    refresh: 2,
    includeAll: true,
    multi: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  },
];

function panelJson({ title, unit, isStat, queries }: Panel): object {
  return {
    type: isStat ? 'stat' : 'timeseries',
    title,
    datasource: SOURCE,
    targets: queries.map(({ expr, legend }, n) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + n),
      datasource: SOURCE,
      expr,
      legendFormat: legend,
      ...(isStat && { instant: true }),
    })),
    fieldConfig: { defaults: { unit, ...(!isStat && { min: 0 }) }, overrides: [] },
    options: isStat
      ? { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'value' }
      : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
  };
}
