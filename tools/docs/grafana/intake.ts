import { chosen, type Dashboard, perSecond, quantile } from './dashboard';

/** What is received now and charged later. */
export const intake: Dashboard = {
  name: 'intake',
  title: 'intake',
  rows: [
    {
      title: 'Received and charged',
      panels: [
        {
          title: 'Received',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (shard) (${perSecond('hotsplit_intake_received_total')})`,
              legend: '{{shard}}',
            },
          ],
        },
        {
          title: 'Worked off, by end',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (shard, end) (${perSecond('hotsplit_intake_worked_off_total')})`,
              legend: '{{shard}} {{end}}',
            },
          ],
        },
        {
          title: 'Received minus worked off',
          unit: 'ops',
          queries: [
            {
              expr: `sum(${perSecond('hotsplit_intake_received_total')}) - sum(${perSecond('hotsplit_intake_worked_off_total')})`,
              legend: 'growth',
            },
          ],
        },
      ],
    },
    {
      title: 'Waiting',
      panels: [
        {
          title: 'Records that wait',
          unit: 'short',
          queries: [{ expr: `max by (shard) (${chosen('hotsplit_intake_waiting')})`, legend: '{{shard}}' }],
        },
        {
          title: 'The first has waited for',
          unit: 's',
          queries: [
            { expr: `max by (shard) (${chosen('hotsplit_intake_oldest_seconds')})`, legend: '{{shard}}' },
          ],
        },
        {
          title: 'Time to receive one, p99',
          unit: 's',
          queries: [
            {
              expr: `histogram_quantile(0.99, sum by (le) (${perSecond('hotsplit_command_seconds_bucket', 'kind="receive"')}))`,
              legend: 'receive',
            },
          ],
        },
      ],
    },
    {
      title: 'Screening',
      panels: [
        {
          title: 'Verdicts',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (verdict, by) (${perSecond('hotsplit_screening_verdicts_total')})`,
              legend: '{{verdict}} by {{by}}',
            },
          ],
        },
        {
          title: 'Time of a call to the screening service, p99',
          unit: 's',
          queries: [
            { expr: quantile(0.99, 'hotsplit_screening_call_seconds', ['result']), legend: '{{result}}' },
          ],
        },
        {
          title: 'Failures',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (failure) (${perSecond('hotsplit_screening_failures_total')})`,
              legend: '{{failure}}',
            },
            { expr: `min(${chosen('hotsplit_screening_up')})`, legend: 'up' },
          ],
        },
      ],
    },
    {
      title: 'Kafka',
      panels: [
        {
          title: 'Messages by result',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (topic, result) (${perSecond('hotsplit_kafka_messages_total')})`,
              legend: '{{topic}} {{result}}',
            },
          ],
        },
        {
          title: 'Messages that wait in their topic',
          unit: 'short',
          queries: [{ expr: `sum by (topic) (${chosen('hotsplit_kafka_lag')})`, legend: '{{topic}}' }],
        },
        {
          title: 'Dead letters',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (topic, reason) (${perSecond('hotsplit_kafka_dead_letters_total')})`,
              legend: '{{topic}} {{reason}}',
            },
          ],
        },
      ],
    },
  ],
};
