import { chosen, type Dashboard, perSecond } from './dashboard';

const each = (title: string, unit: 'short' | 's' | 'bytes', metric: string, ...matchers: string[]) => ({
  title,
  unit,
  queries: [{ expr: chosen(metric, ...matchers), legend: '{{instance}}' }],
});

/** The processes themselves. */
export const instance: Dashboard = {
  name: 'instance',
  title: 'instances',
  rows: [
    {
      title: 'Processes',
      panels: [
        {
          title: 'Builds',
          unit: 'short',
          queries: [
            {
              expr: `count by (version, node) (${chosen('hotsplit_build_info')})`,
              legend: '{{version}} on {{node}}',
            },
          ],
        },
        each('Processes that answer', 'short', 'hotsplit_processes'),
        {
          title: 'Up for',
          unit: 's',
          queries: [
            {
              expr: `time() - ${chosen('process_start_time_seconds', 'job="hotsplit"')}`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Processor time',
          unit: 'percentunit',
          queries: [
            { expr: perSecond('process_cpu_seconds_total', 'job="hotsplit"'), legend: '{{instance}}' },
          ],
        },
        each('Memory', 'bytes', 'process_resident_memory_bytes', 'job="hotsplit"'),
        each('Event loop late by, p99', 's', 'nodejs_eventloop_lag_p99_seconds', 'job="hotsplit"'),
        {
          title: 'Garbage collection',
          unit: 'percentunit',
          queries: [
            {
              expr: `sum by (instance, kind) (${perSecond('nodejs_gc_duration_seconds_sum', 'job="hotsplit"')})`,
              legend: '{{instance}} {{kind}}',
            },
          ],
        },
        each('File descriptors', 'short', 'process_open_fds', 'job="hotsplit"'),
        {
          title: 'Workers replaced',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (instance, reason) (${perSecond('hotsplit_workers_replaced_total')})`,
              legend: '{{instance}} {{reason}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Doors',
      panels: [
        {
          title: 'Connections refused',
          unit: 'ops',
          queries: [
            { expr: perSecond('hotsplit_http_connections_refused_total'), legend: '{{instance}} HTTP' },
            { expr: perSecond('hotsplit_grpc_connections_refused_total'), legend: '{{instance}} gRPC' },
          ],
        },
        each('Bytes of bodies under way', 'bytes', 'hotsplit_http_body_bytes'),
        {
          title: 'Bodies refused',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (reason, key) (${perSecond('hotsplit_http_bodies_refused_total')})`,
              legend: '{{reason}} {{key}}',
            },
          ],
        },
        each('Streams of deductions', 'short', 'hotsplit_grpc_streams'),
        {
          title: 'Streams that ended, by status',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (status) (${perSecond('hotsplit_grpc_streams_total')})`,
              legend: '{{status}}',
            },
          ],
        },
        each('Deductions of streams in flight', 'short', 'hotsplit_grpc_stream_in_flight'),
        each('Callers without a key that are held', 'short', 'hotsplit_anonymous_held'),
      ],
    },
    {
      title: 'What they stand on',
      panels: [
        {
          title: 'Redis answers',
          unit: 'short',
          queries: [{ expr: chosen('hotsplit_redis_up'), legend: '{{instance}} {{use}}' }],
        },
        {
          title: 'Defects',
          unit: 'ops',
          queries: [{ expr: perSecond('hotsplit_defects_total'), legend: '{{instance}}' }],
        },
        {
          title: 'Background work put off',
          unit: 'ops',
          queries: [{ expr: perSecond('hotsplit_deferred_work_total'), legend: '{{instance}}' }],
        },
      ],
    },
  ],
};
