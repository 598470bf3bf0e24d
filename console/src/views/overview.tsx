import { useRef } from 'preact/hooks';
import { get } from '../api/client';
import type { Operation, Page } from '../api/shapes';
import { countText, msText } from '../format';
import { type Load, LoadWatch, type Point } from '../live/load';
import { hrefOf } from '../live/router';
import { useMay } from '../live/session';
import { usePolled } from '../live/use-polled';
import { Empty, Panel, Shown, Status, ViewHead } from '../parts/basics';
import { Chart } from '../parts/chart';
import { Table } from '../parts/table';
import { HotAccounts } from './hot-accounts';
import { ProgressBar } from './progress-bar';

/** Kept while views change, so that the charts go on. */
const watch = new LoadWatch();

const LOOK_MS = 2_000;
/** Of what seldom changes. */
const LOOK_AT_REST_MS = 5_000;

export function useLoad() {
  return usePolled<Load>('load', (signal) => watch.look(signal), LOOK_MS);
}

export function OverviewView() {
  const isAdmin = useMay('admin');
  const polled = useLoad();
  const known = useRef(watch.known);
  const value = polled.value ?? known.current;
  return (
    <>
      <ViewHead title="Overview" />
      <Shown polled={{ ...polled, value }} what="Gathering the first figures">
        {(load) => (
          <>
            <Alarms load={load} />
            <Figures load={load} />
            <div class="grid">
              <Panel title="Commands a second">
                <Rates points={load.points} />
              </Panel>
              <Panel title="Latency">
                <Latency points={load.points} />
              </Panel>
              <Panel title="Shards" aside={<a href={hrefOf('shards')}>All about them</a>}>
                <ShardTable load={load} />
              </Panel>
              {isAdmin && <HotAccounts />}
              {isAdmin && <RunningOperations />}
            </div>
          </>
        )}
      </Shown>
    </>
  );
}

function Alarms({ load: { alarms } }: { readonly load: Load }) {
  if (alarms.length === 0) return null;
  return (
    <ul class="alarms" role="alert">
      {alarms.map(({ what, view }) => (
        <li key={what}>{view === undefined ? what : <a href={hrefOf(view)}>{what}</a>}</li>
      ))}
    </ul>
  );
}

function Figures({ load: { points, instances } }: { readonly load: Load }) {
  const last = points.at(-1);
  const shareFailed =
    last && last.applied + last.refused + last.failed > 0
      ? last.failed / (last.applied + last.refused + last.failed)
      : 0;
  return (
    <dl class="figures">
      <Figure name="Succeeded" value={last && countText(last.applied)} unit="/s" />
      <Figure
        name="Refused"
        value={last && countText(last.refused)}
        unit="/s"
        hint="for want of funds, frozen, closed, a key reused"
      />
      <Figure
        name="Failed"
        value={last && countText(last.failed)}
        unit="/s"
        isBad={shareFailed > 0.0001}
        hint={
          shareFailed > 0.0001
            ? `${(shareFailed * 100).toFixed(2)} % of all; 0.01 % is the budget`
            : 'within the budget of 0.01 %'
        }
      />
      <Figure name="Half within" value={last && msText(last.p50Ms)} />
      <Figure name="99 % within" value={last && msText(last.p99Ms)} />
      <Figure name="Instances" value={String(instances)} hint="that answered in the last 30 s" />
    </dl>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: string | undefined;
  readonly unit?: string;
  readonly hint?: string;
  readonly isBad?: boolean;
}

function Figure({ name, value, unit, hint, isBad }: FigureProps) {
  return (
    <div class={`figure ${isBad ? 'figure-bad' : ''}`}>
      <dt>{name}</dt>
      <dd>
        {value ?? '–'}
        {value !== undefined && unit !== undefined && <span class="unit">{unit}</span>}
        {hint !== undefined && <small>{hint}</small>}
      </dd>
    </div>
  );
}

function Rates({ points }: { readonly points: readonly Point[] }) {
  const last = points.at(-1);
  return (
    <Chart
      title="per second"
      summary={
        last
          ? `${countText(last.applied)} succeeded, ${countText(last.refused)} refused, ${countText(last.failed)} failed a second`
          : 'nothing yet'
      }
      unit="count"
      lines={[
        { name: 'succeeded', colour: 'chart-1' },
        { name: 'refused', colour: 'chart-2' },
        { name: 'failed', colour: 'chart-3' },
      ]}
      data={[
        points.map(({ at }) => at),
        points.map(({ applied }) => applied),
        points.map(({ refused }) => refused),
        points.map(({ failed }) => failed),
      ]}
    />
  );
}

function Latency({ points }: { readonly points: readonly Point[] }) {
  const last = points.at(-1);
  return (
    <Chart
      title="from arrival to durable"
      summary={last ? `half within ${msText(last.p50Ms)}, 99 % within ${msText(last.p99Ms)}` : 'nothing yet'}
      unit="ms"
      lines={[
        { name: '99 %', colour: 'chart-1' },
        { name: 'half', colour: 'chart-2' },
      ]}
      data={[points.map(({ at }) => at), points.map(({ p99Ms }) => p99Ms), points.map(({ p50Ms }) => p50Ms)]}
    />
  );
}

function ShardTable({ load: { shards } }: { readonly load: Load }) {
  return (
    <Table
      caption="Shards and their load"
      rows={[...shards]}
      keyOf={([name]) => name}
      columns={[
        { name: 'shard', show: ([name]) => name },
        { name: 'health', show: ([, { isUp }]) => <Status is={isUp ? 'up' : 'down'} /> },
        { name: 'waiting', isNumber: true, show: ([, { depth }]) => countText(depth) },
        {
          name: 'a batch',
          isNumber: true,
          show: ([, { batchCommands }]) => (batchCommands === undefined ? '–' : countText(batchCommands)),
        },
        { name: 'takes', isNumber: true, show: ([, { batchMs }]) => msText(batchMs) },
      ]}
    />
  );
}

function RunningOperations() {
  const operations = usePolled<Page<Operation>>(
    'running',
    (signal) => get('/v1/admin/operations?limit=20', signal),
    (latest) => (latest?.items.some(isRunning) ? LOOK_MS : LOOK_AT_REST_MS),
  );
  return (
    <Panel title="Operations" aside={<a href={hrefOf('operations')}>All of them</a>}>
      <Shown polled={operations}>
        {({ items }) => {
          const running = items.filter(isRunning);
          const shown = running.length > 0 ? running : items.slice(0, 5);
          if (shown.length === 0) return <Empty>None so far.</Empty>;
          return (
            <ul class="operations">
              {shown.map((each) => (
                <li key={each.operationId}>
                  <span>
                    {each.kind}
                    {each.accountId !== undefined && (
                      <>
                        {' '}
                        of <a href={hrefOf('accounts', each.accountId)}>{each.accountId}</a>
                      </>
                    )}
                  </span>
                  {each.status === 'running' ? <ProgressBar operation={each} /> : <Status is={each.status} />}
                </li>
              ))}
            </ul>
          );
        }}
      </Shown>
    </Panel>
  );
}

function isRunning({ status }: Operation): boolean {
  return status === 'running';
}
