import { useState } from 'preact/hooks';
import { get, post } from '../api/client';
import type { Finding, Operation, Page } from '../api/shapes';
import { countText } from '../format';
import { hrefOf } from '../live/router';
import { useMay } from '../live/session';
import { usePolled } from '../live/use-polled';
import { Button, Empty, Panel, Shown, Status, Time, ViewHead } from '../parts/basics';
import { FormDialog } from '../parts/dialog';
import { Table } from '../parts/table';
import { toast } from '../parts/toasts';
import { ProgressBar } from './progress-bar';

interface AuditResult {
  readonly balanced: boolean;
  readonly accounts: number;
  readonly subAccounts: number;
  readonly entries: number;
  readonly findings: readonly Finding[];
}

/** Audits are operations; their results say what was proved. */
export function AuditsView() {
  const isAdmin = useMay('admin');
  const [isAsking, setAsking] = useState(false);
  const polled = usePolled<Page<Operation>>(
    'audits',
    (signal) => get('/v1/admin/operations?limit=200', signal),
    2_000,
  );
  return (
    <>
      <ViewHead title="Audits">
        <Button
          tone="main"
          disabled={!isAdmin}
          onClick={() => {
            setAsking(true);
          }}
        >
          Start an audit
        </Button>
      </ViewHead>
      <Shown polled={polled}>
        {({ items }) => {
          const audits = items.filter(({ kind }) => kind === 'audit');
          if (audits.length === 0)
            return (
              <section class="panel">
                <Empty>
                  No audit has been run lately. An audit proves every account from the rows of all shards,
                  while they are in use.
                </Empty>
              </section>
            );
          return audits.slice(0, 20).map((audit) => <Audit key={audit.operationId} audit={audit} />);
        }}
      </Shown>
      {isAsking && (
        <FormDialog
          title="Start an audit"
          confirm="Audit all accounts"
          close={() => {
            setAsking(false);
          }}
          submit={async () => {
            await post('/v1/admin/audits');
            toast('The audit is under way.');
            polled.again();
          }}
        >
          <p>
            It reads every row of every shard once, page by page, while the service goes on. Nothing is
            changed. With many entries it takes minutes, and the shards’ disks are busier meanwhile.
          </p>
        </FormDialog>
      )}
    </>
  );
}

function Audit({ audit }: { readonly audit: Operation }) {
  const { status, createdAt, error } = audit;
  const result = audit.result as AuditResult | undefined;
  return (
    <Panel
      title={`Audit ${audit.operationId.slice(0, 8)}`}
      aside={
        <span class="muted">
          <Time at={createdAt} />
        </span>
      }
    >
      {status === 'running' && <ProgressBar operation={audit} />}
      {error && (
        <p class="refusal">
          {error.detail} <span class="muted">({error.code})</span>
        </p>
      )}
      {result && (
        <>
          <p>
            <Status is={result.balanced ? 'balanced' : 'not balanced'} /> {countText(result.accounts)}{' '}
            accounts, {countText(result.subAccounts)} sub-accounts and {countText(result.entries)} entries
            were looked at.
          </p>
          {result.findings.length > 0 && (
            <Table
              caption="Findings"
              rows={result.findings}
              keyOf={(finding) => JSON.stringify(finding)}
              columns={[
                { name: 'invariant', show: ({ invariant }) => invariant },
                {
                  name: 'account',
                  show: ({ accountId }) =>
                    accountId === undefined ? '' : <a href={hrefOf('accounts', accountId)}>{accountId}</a>,
                },
                { name: 'shard', show: ({ shard }) => shard ?? '' },
                { name: 'what', show: ({ detail }) => detail },
                { name: 'expected', isNumber: true, show: ({ expected }) => expected ?? '' },
                { name: 'found', isNumber: true, show: ({ found }) => found ?? '' },
              ]}
            />
          )}
        </>
      )}
    </Panel>
  );
}
