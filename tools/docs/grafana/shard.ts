import { chosen, type Dashboard, perSecond, quantile } from './dashboard';

/** Databases: shards, directory, and the money that moves between them. */
export const shard: Dashboard = {
  name: 'shard',
  title: 'shards and directory',
  rows: [
    {
      title: 'State',
      panels: [
        {
          title: 'Shards that answer',
          unit: 'short',
          queries: [{ expr: `min by (shard) (${chosen('hotsplit_shard_up')})`, legend: '{{shard}}' }],
        },
        {
          title: 'Refused or full',
          unit: 'short',
          queries: [
            { expr: `max by (shard) (${chosen('hotsplit_shard_refused')})`, legend: '{{shard}} refused' },
            { expr: `max by (database) (${chosen('hotsplit_database_full')})`, legend: '{{database}} full' },
          ],
        },
        {
          title: 'Errors by code',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (database, verdict, code) (${perSecond('hotsplit_database_errors_total')})`,
              legend: '{{database}} {{verdict}} {{code}}',
            },
          ],
        },
        {
          title: 'Directory: statements, p99',
          unit: 's',
          queries: [
            { expr: quantile(0.99, 'hotsplit_directory_seconds', ['instance']), legend: '{{instance}}' },
          ],
        },
        {
          title: 'Directory: statements a second',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (instance) (${perSecond('hotsplit_directory_seconds_count')})`,
              legend: '{{instance}}',
            },
            { expr: chosen('hotsplit_directory_up'), legend: '{{instance}} up' },
          ],
        },
        {
          title: 'Clocks: ahead by',
          unit: 's',
          queries: [
            {
              expr: `max by (database, against) (${chosen('hotsplit_clock_skew_seconds')})`,
              legend: '{{database}} against {{against}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Batches',
      panels: [
        {
          title: 'Batches a second',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (shard) (${perSecond('hotsplit_batch_seconds_count')})`,
              legend: '{{shard}}',
            },
          ],
        },
        {
          title: 'Commands in a batch',
          unit: 'short',
          queries: [
            {
              expr: `sum by (shard) (${perSecond('hotsplit_batch_commands_sum')}) / sum by (shard) (${perSecond('hotsplit_batch_commands_count')})`,
              legend: '{{shard}}',
            },
          ],
        },
        {
          title: 'Time of a batch, p99',
          unit: 's',
          queries: [{ expr: quantile(0.99, 'hotsplit_batch_seconds', ['shard']), legend: '{{shard}}' }],
        },
        {
          title: 'Commands that wait in lanes',
          unit: 'short',
          queries: [{ expr: `sum by (shard) (${chosen('hotsplit_lane_depth')})`, legend: '{{shard}}' }],
        },
        {
          title: 'Accounts set aside',
          unit: 'short',
          queries: [
            { expr: `sum by (shard) (${chosen('hotsplit_accounts_set_aside')})`, legend: '{{shard}}' },
          ],
        },
        {
          title: 'Sessions in use, and callers that wait (MySQL)',
          unit: 'short',
          queries: [
            {
              expr: `sum by (database, use) (${chosen('hotsplit_pool_in_use')})`,
              legend: '{{database}} {{use}}',
            },
            {
              expr: `sum by (database, use) (${chosen('hotsplit_pool_waiting')})`,
              legend: '{{database}} {{use}} waiting',
            },
          ],
        },
      ],
    },
    {
      title: 'Money between shards',
      panels: [
        {
          title: 'Transfers by who moved the money',
          unit: 'ops',
          queries: [{ expr: `sum by (by) (${perSecond('hotsplit_transfers_total')})`, legend: '{{by}}' }],
        },
        {
          title: 'Transfers that cannot be delivered',
          unit: 'short',
          queries: [
            {
              expr: `max by (of, from, to) (${chosen('hotsplit_transfers_undelivered')})`,
              legend: '{{from}} to {{to}} ({{of}})',
            },
          ],
        },
        {
          title: 'For how long they have been',
          unit: 's',
          queries: [
            {
              expr: `max by (of, from, to) (${chosen('hotsplit_transfers_undelivered_seconds')})`,
              legend: '{{from}} to {{to}} ({{of}})',
            },
          ],
        },
        {
          title: 'Rounds of the collector',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (locked) (${perSecond('hotsplit_collector_requests_count')})`,
              legend: 'locked: {{locked}}',
            },
          ],
        },
        {
          title: 'Deductions that wait for the collector',
          unit: 'short',
          queries: [{ expr: chosen('hotsplit_collector_waiting'), legend: '{{instance}}' }],
        },
        {
          title: 'Share of deductions that need it',
          unit: 'percentunit',
          queries: [
            {
              expr: `sum(${perSecond('hotsplit_collector_requests_sum')}) / sum(${perSecond('hotsplit_commands_total', 'kind="deduct"')})`,
              legend: 'share',
            },
          ],
        },
      ],
    },
  ],
};
