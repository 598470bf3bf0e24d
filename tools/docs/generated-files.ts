import { asyncApi } from './asyncapi';
import { dashboardJson } from './grafana/dashboard';
import { DASHBOARDS } from './grafana/dashboards';
import { sloRules } from './prometheus/slo-rules';

/** A file that is made from the code as a whole, by its path in the checkout. */
export interface GeneratedFile {
  readonly file: string;
  readonly text: string;
}

export function generatedFiles(): readonly GeneratedFile[] {
  return [
    { file: 'docs/asyncapi.yaml', text: asyncApi() },
    { file: 'deploy/prometheus/rules/slo.yml', text: sloRules() },
    ...DASHBOARDS.map((each) => ({
      file: `deploy/grafana/dashboards/${each.name}.json`,
      text: dashboardJson(each),
    })),
  ];
}
