import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

const REPOSITORY = resolve(__dirname, '../..');
const RULES = join(REPOSITORY, 'deploy/prometheus/rules');
const DASHBOARDS = join(REPOSITORY, 'deploy/grafana/dashboards');

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function rules(): readonly Rule[] {
  return readdirSync(RULES).flatMap((file) => {
    const { groups } = parse(readFileSync(join(RULES, file), 'utf8')) as {
      readonly groups: readonly { readonly rules: readonly Rule[] }[];
    };
    return groups.flatMap((group) => group.rules);
  });
}

export interface DashboardQuery {
  readonly where: string;
  readonly expr: string;
}

/** Every query of every dashboard, with Grafana's variables set as for "all". */
export function dashboardQueries(): readonly DashboardQuery[] {
  return readdirSync(DASHBOARDS).flatMap((file) => {
    const { panels } = JSON.parse(readFileSync(join(DASHBOARDS, file), 'utf8')) as {
      readonly panels: readonly {
        readonly title: string;
        readonly targets?: readonly { readonly expr: string }[];
      }[];
    };
    return panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({
        where: `${file}: ${title}`,
        expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'),
      })),
    );
  });
}

/** What an expression names: metrics, and with each the labels that it is chosen by; and the labels that are grouped by. */
export function namesIn(expr: string): {
  readonly metrics: readonly { readonly name: string; readonly labels: readonly string[] }[];
  readonly groupedBy: readonly string[];
} {
  const metrics = [...expr.matchAll(/\b((?:hotsplit|nodejs|process)_\w+)\b(\{[^}]*\})?/g)].map(
    ([, name = '', chosen = '']) => ({
      name,
      labels: [...chosen.replace(/"[^"]*"/g, '').matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(
        ([, label = '']) => label,
      ),
    }),
  );
  const groupedBy = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = '']) =>
    labels.split(',').map((label) => label.trim()),
  );
  return { metrics, groupedBy };
}

/** The metrics that docs/metrics.md lists, with their labels. */
export function documentedMetrics(): ReadonlyMap<string, ReadonlySet<string>> {
  const page = readFileSync(join(REPOSITORY, 'docs/metrics.md'), 'utf8');
  const found = new Map<string, ReadonlySet<string>>();
  for (const [, name = '', type = '', labels = ''] of page.matchAll(
    /^\| `(hotsplit_\w+)` *\| (\w+) *\| ([^|]*)\|/gm,
  )) {
    const own = new Set([...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label));
    if (type !== 'histogram') found.set(name, own);
    else {
      found.set(`${name}_bucket`, new Set([...own, 'le']));
      for (const part of ['sum', 'count']) found.set(`${name}_${part}`, own);
    }
  }
  return found;
}
