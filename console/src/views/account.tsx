import { useState } from 'preact/hooks';
import { type Answer, ask, get, part } from '../api/client';
import type { Account, Balance, Operation, Page } from '../api/shapes';
import { countText } from '../format';
import { hrefOf } from '../live/router';
import { useMay } from '../live/session';
import { usePolled } from '../live/use-polled';
import { Amount, Empty, Fact, Facts, Panel, Shown, Status, Time, ViewHead } from '../parts/basics';
import { AccountActions } from './account-actions';
import { AccountBudgets } from './account-budgets';
import { AccountEntries } from './account-entries';
import { AccountHolds } from './account-holds';
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
    (signal) => get(`/v1/admin/operations?limit=6&accountId=${part(id)}`, signal),
    LOOK_MS,
  );
  const own = operations.value?.items ?? [];
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
    <>
      <ViewHead title={id}>
        {account.value && (
          <AccountActions
            account={account.value.body}
            etag={account.value.etag}
            balance={balance.value}
            again={again}
          />
        )}
      </ViewHead>
      <Shown polled={account}>
        {({ body }) => (
          <>
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
              <Panel title="Budgets" class="wide">
                <AccountBudgets id={id} asset={body.asset} turn={turn} />
              </Panel>
              <Panel title="Open holds" class="wide">
                <AccountHolds id={id} asset={body.asset} turn={turn} />
              </Panel>
              <Panel title="Entries" class="wide">
                <AccountEntries id={id} asset={body.asset} turn={turn} />
              </Panel>
            </div>
          </>
        )}
      </Shown>
    </>
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
      {({ available, held, total, inTransit, spendable }) => (
        <dl class="figures">
          <div class="figure figure-main">
            <dt>Available</dt>
            <dd>
              <Amount minor={available} asset={asset} />
            </dd>
          </div>
          {spendable !== undefined && (
            <div class="figure">
              <dt>Spendable</dt>
              <dd>
                <Amount minor={spendable} asset={asset} />
                <small>with its credit limit</small>
              </dd>
            </div>
          )}
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
  const { asset, strategy, subAccounts, epoch, lowBalance, creditLimit, metadata, autoSplit, createdAt } =
    account;
  return (
    <Facts>
      <Fact name="Asset">{asset}</Fact>
      <Fact name="Strategy">{strategy}</Fact>
      <Fact name="Sub-accounts">{subAccounts}</Fact>
      <Fact name="Split by itself">{autoSplit.enabled ? autoSplitText(autoSplit) : 'no'}</Fact>
      <Fact name="Epoch">{epoch}</Fact>
      <Fact name="Low balance">
        {lowBalance === undefined ? 'not watched' : <Amount minor={lowBalance} asset={asset} />}
      </Fact>
      {account.requestsPerSecond !== undefined && (
        <Fact name="Requests a second">at most {countText(account.requestsPerSecond)}</Fact>
      )}
      {account.deductionsPerSecond !== undefined && (
        <Fact name="Deductions a second">at most {countText(account.deductionsPerSecond)}</Fact>
      )}
      {creditLimit === undefined ? null : (
        <Fact name="Credit limit">
          <Amount minor={creditLimit} asset={asset} />
          {account.creditLimitStatus === 'granted' ? null : ` (${String(account.creditLimitStatus)})`}
        </Fact>
      )}
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

function autoSplitText({ min = 1, max }: Account['autoSplit']): string {
  return max === undefined ? `from ${min} sub-accounts upwards` : `from ${min} to ${max} sub-accounts`;
}

function OwnOperations({ operations }: { readonly operations: readonly Operation[] }) {
  if (operations.length === 0) return <Empty>None so far.</Empty>;
  return (
    <ul class="operations">
      {operations.map((each) => (
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
