import { get } from '../api/client';
import type { HotAccount, Page } from '../api/shapes';
import { countText } from '../format';
import { hrefOf } from '../live/router';
import { usePolled } from '../live/use-polled';
import { Empty, Panel, Shown, Time } from '../parts/basics';
import { Table } from '../parts/table';

const SHOWN = 10;
const LOOK_MS = 5_000;

/** The accounts that are used most, over all instances, and what is made of that. */
export function HotAccounts() {
  const hot = usePolled<Page<HotAccount>>(
    'hot accounts',
    (signal) => get(`/v1/admin/hot-accounts?limit=${SHOWN}`, signal),
    LOOK_MS,
  );
  return (
    <Panel title="Busiest accounts">
      <Shown polled={hot}>
        {({ items }) => {
          const used = items.filter(({ perSecond, hotSince }) => perSecond >= 0.5 || hotSince !== undefined);
          if (used.length === 0) return <Empty>No account is used just now.</Empty>;
          return (
            <Table
              caption="Accounts by heat"
              rows={used}
              keyOf={({ accountId }) => accountId}
              columns={[
                {
                  name: 'account',
                  show: ({ accountId }) => <a href={hrefOf('accounts', accountId)}>{accountId}</a>,
                },
                { name: 'a second', isNumber: true, show: ({ perSecond }) => countText(perSecond) },
                {
                  name: 'refused',
                  isNumber: true,
                  isExtra: true,
                  show: ({ refusedPerSecond }) => countText(refusedPerSecond),
                },
                { name: 'sub-accounts', isNumber: true, show: ({ subAccounts }) => subAccounts },
                {
                  name: 'hot since',
                  show: ({ hotSince, now }) =>
                    hotSince === undefined ? (
                      '–'
                    ) : (
                      <span title={now.reason}>
                        <Time at={hotSince} />
                      </span>
                    ),
                },
              ]}
            />
          );
        }}
      </Shown>
    </Panel>
  );
}
