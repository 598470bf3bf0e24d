import { useEffect, useState } from 'preact/hooks';
import { get } from '../api/client';
import { countText } from '../format';
import { hrefOf } from '../live/router';
import { usePolled } from '../live/use-polled';
import { Empty, Panel, Shown } from '../parts/basics';
import { Table } from '../parts/table';

interface HotAccount {
  readonly accountId: string;
  readonly deductionsPerSecond?: number;
  readonly rate?: number;
  readonly subAccounts?: number;
}

/** Accounts by heat, from a service that measures it; an older one has no such list, and nothing is shown. */
export function HotAccounts() {
  const [isMeasured, setMeasured] = useState(true);
  const hot = usePolled<{ readonly items: readonly HotAccount[] }>(
    isMeasured ? 'hot accounts' : undefined,
    (signal) => get('/v1/admin/hot-accounts', signal),
    3_000,
  );
  const isMissing = hot.refusal?.problem.status === 404;
  useEffect(() => {
    if (isMissing) setMeasured(false);
  }, [isMissing]);
  if (!isMeasured || isMissing) return null;
  return (
    <Panel title="Hot accounts">
      <Shown polled={hot}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>No account is hot.</Empty>
          ) : (
            <Table
              caption="Accounts by heat"
              rows={items.slice(0, 10)}
              keyOf={({ accountId }) => accountId}
              columns={[
                {
                  name: 'account',
                  show: ({ accountId }) => <a href={hrefOf('accounts', accountId)}>{accountId}</a>,
                },
                {
                  name: 'a second',
                  isNumber: true,
                  show: ({ deductionsPerSecond, rate }) => countText(deductionsPerSecond ?? rate ?? 0),
                },
                { name: 'sub-accounts', isNumber: true, show: ({ subAccounts }) => subAccounts ?? '–' },
              ]}
            />
          )
        }
      </Shown>
    </Panel>
  );
}
