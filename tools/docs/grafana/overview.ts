import { chosen, type Dashboard, perSecond, quantile } from './dashboard';

/** Whether users are served, and how well. */
export const overview: Dashboard = {
  name: 'overview',
  title: 'overview',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Valid requests answered, 1 h',
          unit: 'percentunit',
          isStat: true,
          queries: [{ expr: '1 - hotsplit:slo_bad:ratio_rate1h{slo="calls"}', legend: 'answered' }],
        },
        {
          title: 'Money requests within 100 ms, 1 h',
          unit: 'percentunit',
          isStat: true,
          queries: [{ expr: '1 - hotsplit:slo_bad:ratio_rate1h{slo="latency"}', legend: 'in time' }],
        },
        {
          title: 'Instances',
          unit: 'short',
          isStat: true,
          queries: [{ expr: 'sum(up{job="hotsplit"})', legend: 'up' }],
        },
        {
          title: 'Shards that do not answer',
          unit: 'short',
          isStat: true,
          queries: [{ expr: 'sum(min by (shard) (hotsplit_shard_up) == bool 0)', legend: 'down' }],
        },
        {
          title: 'Audit findings',
          unit: 'short',
          isStat: true,
          queries: [{ expr: 'max(hotsplit_audit_findings)', legend: 'findings' }],
        },
        {
          title: 'Alerts',
          unit: 'short',
          isStat: true,
          queries: [
            {
              expr: 'count(ALERTS{alertname=~"Hotsplit.*",alertstate="firing"}) or vector(0)',
              legend: 'firing',
            },
          ],
        },
      ],
    },
    {
      title: 'Requests',
      panels: [
        {
          title: 'HTTP requests by status',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (status) (${perSecond('hotsplit_http_request_seconds_count')})`,
              legend: '{{status}}',
            },
          ],
        },
        {
          title: 'HTTP requests by route',
          unit: 'reqps',
          queries: [
            {
              expr: `topk(10, sum by (method, route) (${perSecond('hotsplit_http_request_seconds_count')}))`,
              legend: '{{method}} {{route}}',
            },
          ],
        },
        {
          title: 'gRPC calls by method and status',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (method, status) (${perSecond('hotsplit_grpc_call_seconds_count')})`,
              legend: '{{method}} {{status}}',
            },
          ],
        },
        {
          title: 'Commands by outcome',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (kind, outcome) (${perSecond('hotsplit_commands_total')})`,
              legend: '{{kind}} {{outcome}}',
            },
          ],
        },
        {
          title: 'Refused for their key',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (reason) (${perSecond('hotsplit_access_refused_total')})`,
              legend: '{{reason}}',
            },
          ],
        },
        {
          title: 'Callers without a key that were slowed',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (result) (${perSecond('hotsplit_anonymous_slowed_total')})`,
              legend: '{{result}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Latency',
      panels: [
        {
          title: 'Commands: p50 and p99',
          unit: 's',
          queries: [0.5, 0.99].map((share) => ({
            expr: quantile(share, 'hotsplit_command_seconds', ['kind']),
            legend: `{{kind}} p${share * 100}`,
          })),
        },
        {
          title: 'HTTP: p99 by route',
          unit: 's',
          queries: [
            {
              expr: `topk(10, ${quantile(0.99, 'hotsplit_http_request_seconds', ['method', 'route'], 'route=~"/v1/.*"')})`,
              legend: '{{method}} {{route}}',
            },
          ],
        },
        {
          title: 'gRPC: p99 by method',
          unit: 's',
          queries: [{ expr: quantile(0.99, 'hotsplit_grpc_call_seconds', ['method']), legend: '{{method}}' }],
        },
      ],
    },
    {
      title: 'Error budget of 30 days: how many times too fast it burns',
      panels: [
        {
          title: 'Availability',
          unit: 'short',
          queries: ['1h', '6h', '3d'].map((window) => ({
            expr: `hotsplit:slo_bad:ratio_rate${window}{slo=~"calls|commands"} / 0.0001`,
            legend: `{{slo}} ${window}`,
          })),
        },
        {
          title: 'Latency',
          unit: 'short',
          queries: ['1h', '6h', '3d'].map((window) => ({
            expr: `hotsplit:slo_bad:ratio_rate${window}{slo="latency"} / 0.01`,
            legend: window,
          })),
        },
        {
          title: 'Since the last audit',
          unit: 's',
          queries: [{ expr: 'time() - max(hotsplit_audit_timestamp_seconds > 0)', legend: 'since its end' }],
        },
      ],
    },
    {
      title: 'Leases (strategy leased)',
      panels: [
        {
          title: 'Deductions answered and not written',
          unit: 'short',
          queries: [{ expr: chosen('hotsplit_lease_unwritten_deductions'), legend: '{{instance}}' }],
        },
        {
          title: 'Deductions decided',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (result) (${perSecond('hotsplit_leased_deductions_total')})`,
              legend: '{{result}}',
            },
            {
              expr: `sum(${perSecond('hotsplit_lease_shortfall_deductions_total')})`,
              legend: 'lost',
            },
          ],
        },
        {
          title: 'Other strategies: deductions by result',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (strategy, result) (${perSecond('hotsplit_strategy_deductions_total')})`,
              legend: '{{strategy}} {{result}}',
            },
            {
              expr: `sum by (strategy) (${perSecond('hotsplit_strategy_retries_total')})`,
              legend: '{{strategy}} further tries',
            },
          ],
        },
      ],
    },
  ],
};
