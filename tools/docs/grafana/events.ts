import { chosen, type Dashboard, perSecond, quantile } from './dashboard';

/** The feed of events and its readers. */
export const events: Dashboard = {
  name: 'events',
  title: 'events',
  rows: [
    {
      title: 'The feed',
      panels: [
        {
          title: 'Rows published',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (database) (${perSecond('hotsplit_feed_rows_published_total')})`,
              legend: '{{database}}',
            },
          ],
        },
        {
          title: 'How late events are published, p99',
          unit: 's',
          queries: [
            { expr: quantile(0.99, 'hotsplit_feed_publish_seconds', ['database']), legend: '{{database}}' },
          ],
        },
        {
          title: 'Background work put off',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (instance) (${perSecond('hotsplit_deferred_work_total')})`,
              legend: '{{instance}}',
            },
          ],
        },
      ],
    },
    {
      title: 'On a Kafka topic',
      panels: [
        {
          title: 'Events that the brokers acknowledged',
          unit: 'ops',
          queries: [{ expr: perSecond('hotsplit_kafka_events_published_total'), legend: '{{instance}}' }],
        },
        {
          title: 'The last one had waited for',
          unit: 's',
          queries: [{ expr: chosen('hotsplit_kafka_events_behind_seconds'), legend: '{{instance}}' }],
        },
      ],
    },
    {
      title: 'Its readers',
      panels: [
        {
          title: 'Streams that are open',
          unit: 'short',
          queries: [{ expr: chosen('hotsplit_event_streams'), legend: '{{instance}}' }],
        },
        {
          title: 'Lists that wait to be read',
          unit: 'short',
          queries: [{ expr: chosen('hotsplit_lists_waiting'), legend: '{{instance}}' }],
        },
        {
          title: 'Items of batches that wait to be begun',
          unit: 'short',
          queries: [{ expr: chosen('hotsplit_batch_items_waiting'), legend: '{{instance}}' }],
        },
        {
          title: 'Items of batches that were not begun in time',
          unit: 'reqps',
          queries: [
            { expr: `sum by (key) (${perSecond('hotsplit_batch_items_refused_total')})`, legend: '{{key}}' },
          ],
        },
        {
          title: 'Lists that were refused',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (reason, key) (${perSecond('hotsplit_lists_refused_total')})`,
              legend: '{{reason}} {{key}}',
            },
          ],
        },
      ],
    },
  ],
};
