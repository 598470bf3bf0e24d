import { useState } from 'preact/hooks';
import { type Answer, ask, get, part } from '../api/client';
import type { Account, Balance, Operation, Page } from '../api/shapes';
import { hrefOf } from '../live/router';
import { useMay } from '../live/session';
import { usePolled } from '../live/use-polled';
import { Amount, Empty, Fact, Facts, Panel, Shown, Status, Time, ViewHead } from '../parts/basics';
import { AccountActions } from './account-actions';
import { AccountEntries } from './account-entries';
import { AccountSplit } from './account-split';
import { ProgressBar } from './progress-bar';

const LOOK_MS = 2_000;
const LOOK_WHILE_MOVING_MS = 500;

/** One account: what it has, where that lies, what happens to it. */
export function AccountView({ id }: { readonly id: string }) {
  const path = `/v1/accounts/${part(id)}`;
  const isAdmin = useMay('admin');
  const operations = usePolled<Page<Operation>>(
    isAdmin ? `operations of ${id}` : undefined,
    (signal) => get('/v1/admin/operations?limit=100', signal),
    LOOK_MS,
  );
  const own = operations.value?.items.filter(({ accountId }) => accountId === id) ?? [];
  const isMoving = own.some(({ status }) => status === 'running');
  const everyMs = isMoving ? LOOK_WHILE_MOVING_MS : LOOK_MS;
  const account = usePolled<Answer<Account>>(path, (signal) => ask('GET', path, { signal }), everyMs);
  const balance = usePolled<Balance>(`${path}/balance`, (signal) => get(`${path}/balance`, signal), everyMs);
  const [turn, setTurn] = useState(0);
  const again = (): void => {
    account.again();
    balance.again();
    operations.again();
    setTurn((last) => last + 1);
  };
  return (
    <Shown polled={account}>
      {({ body, etag }) => (
        <>
          <ViewHead title={id}>
            <AccountActions account={body} etag={etag} balance={balance.value} again={again} />
          </ViewHead>
          <p class="crumbs">
            <a href={hrefOf('accounts')}>Accounts</a> <span aria-hidden="true">›</span> {id}{' '}
            <Status is={body.status} />
          </p>
          <BalanceFigures asset={body.asset} polled={balance} />
          <div class="grid">
            <Panel title="Sub-accounts" class="wide">
              <AccountSplit id={id} asset={body.asset} everyMs={everyMs} turn={turn} />
            </Panel>
            <Panel title="About it">
              <AccountFacts account={body} />
            </Panel>
            {isAdmin && (
              <Panel title="Operations">
                <OwnOperations operations={own} />
              </Panel>
            )}
            <Panel title="Entries" class="wide">
              <AccountEntries id={id} asset={body.asset} turn={turn} />
            </Panel>
          </div>
        </>
      )}
    </Shown>
  );
}

function BalanceFigures({
  asset,
  polled,
}: {
  readonly asset: string;
  readonly polled: ReturnType<typeof usePolled<Balance>>;
}) {
  return (
    <Shown polled={polled} what="Adding up the balance">
      {({ available, held, total, inTransit }) => (
        <dl class="figures">
          <div class="figure figure-main">
            <dt>Available</dt>
            <dd>
              <Amount minor={available} asset={asset} />
            </dd>
          </div>
          <div class="figure">
            <dt>Held</dt>
            <dd>
              <Amount minor={held} asset={asset} />
              <small>set aside, not yet taken</small>
            </dd>
          </div>
          <div class="figure">
            <dt>Total</dt>
            <dd>
              <Amount minor={total} asset={asset} />
            </dd>
          </div>
          <div class="figure">
            <dt>In transit</dt>
            <dd>
              <Amount minor={inTransit} asset={asset} />
              <small>between shards; in the total</small>
            </dd>
          </div>
        </dl>
      )}
    </Shown>
  );
}

function AccountFacts({ account }: { readonly account: Account }) {
  const { asset, strategy, subAccounts, epoch, lowBalance, metadata, createdAt } = account;
  return (
    <Facts>
      <Fact name="Asset">{asset}</Fact>
      <Fact name="Strategy">{strategy}</Fact>
      <Fact name="Sub-accounts">{subAccounts}</Fact>
      <Fact name="Epoch">{epoch}</Fact>
      <Fact name="Low balance">
        {lowBalance === undefined ? 'not watched' : <Amount minor={lowBalance} asset={asset} />}
      </Fact>
      <Fact name="Created">
        <Time at={createdAt} />
      </Fact>
      {Object.entries(metadata ?? {}).map(([name, value]) => (
        <Fact key={name} name={name}>
          {value}
        </Fact>
      ))}
    </Facts>
  );
}

function OwnOperations({ operations }: { readonly operations: readonly Operation[] }) {
  if (operations.length === 0) return <Empty>None among the last hundred.</Empty>;
  return (
    <ul class="operations">
      {operations.slice(0, 6).map((each) => (
        <li key={each.operationId}>
          <span>
            {each.kind} <span class="muted">{<Time at={each.createdAt} />}</span>
          </span>
          {each.status === 'running' ? <ProgressBar operation={each} /> : <Status is={each.status} />}
        </li>
      ))}
    </ul>
  );
}
