import { useContext } from 'preact/hooks';
import { countText, msText } from '../format';
import type { Load } from '../live/load';
import { SessionContext } from '../live/session';
import { Empty, Panel, Shown, Status, ViewHead } from '../parts/basics';
import { Table } from '../parts/table';
import { useLoad } from './overview';

type Sample = Load['samples'][number];

/** What was received to be charged later, and what comes in from Kafka. */
export function IntakeView() {
  const polled = useLoad();
  return (
    <>
      <ViewHead title="Intake" />
      <Shown polled={polled} what="Gathering the first figures">
        {({ samples }) => (
          <div class="grid">
            <Panel title="Received, to be charged">
              <Waiting samples={samples} />
            </Panel>
            <Panel title="Kafka">
              <Kafka samples={samples} />
            </Panel>
          </div>
        )}
      </Shown>
    </>
  );
}

function Waiting({ samples }: { readonly samples: readonly Sample[] }) {
  const oldest = new Map(
    named(samples, 'hotsplit_intake_oldest_seconds').map(({ labels, value }) => [
      labels['shard'] ?? '',
      value,
    ]),
  );
  const rows = named(samples, 'hotsplit_intake_waiting').map(({ labels, value }) => ({
    shard: labels['shard'] ?? '',
    value,
  }));
  if (rows.length === 0)
    return (
      <Empty>
        Nothing has been received to be charged later. Requests with “Prefer: respond-async”, and accounts
        with the strategy queued, come here.
      </Empty>
    );
  return (
    <Table
      caption="What waits to be charged, by shard"
      rows={rows}
      keyOf={({ shard }) => shard}
      columns={[
        { name: 'shard', show: ({ shard }) => shard },
        { name: 'waiting', isNumber: true, show: ({ value }) => countText(value) },
        { name: 'the oldest', isNumber: true, show: ({ shard }) => msText((oldest.get(shard) ?? 0) * 1_000) },
      ]}
    />
  );
}

function Kafka({ samples }: { readonly samples: readonly Sample[] }) {
  const connected = named(samples, 'hotsplit_kafka_connected')[0];
  const lag = named(samples, 'hotsplit_kafka_lag');
  const dead = named(samples, 'hotsplit_kafka_dead_letters_total').reduce((sum, { value }) => sum + value, 0);
  if (!useContext(SessionContext).kafka)
    return (
      <Empty>No brokers are set. With HOTSPLIT_KAFKA_BROKERS, messages of your topics are charged.</Empty>
    );
  return (
    <>
      <p>
        Brokers: <Status is={connected?.value === 0 ? 'down' : 'up'} />
      </p>
      {lag.length === 0 ? (
        <Empty>No partition is read by the instance that answered.</Empty>
      ) : (
        <Table
          caption="Messages that wait, by topic and partition"
          rows={lag}
          keyOf={({ labels }) => JSON.stringify(labels)}
          columns={[
            { name: 'topic', show: ({ labels }) => labels['topic'] },
            { name: 'partition', isNumber: true, show: ({ labels }) => labels['partition'] },
            { name: 'waiting', isNumber: true, show: ({ value }) => countText(value) },
          ]}
        />
      )}
      <p class="note">
        {countText(dead)} dead letters since the instance started. <code>npx hotsplit dead-letters list</code>{' '}
        shows them, and <code>replay</code> charges them.
      </p>
    </>
  );
}

function named(samples: readonly Sample[], wanted: string): readonly Sample[] {
  return samples.filter(({ name }) => name === wanted);
}
