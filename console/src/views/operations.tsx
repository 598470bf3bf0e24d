import { useState } from 'preact/hooks';
import type { Operation } from '../api/shapes';
import { hrefOf } from '../live/router';
import { Button, Code, Fact, Facts, Json, Status, Time, ViewHead } from '../parts/basics';
import { Dialog } from '../parts/dialog';
import { List } from '../parts/paged';
import { ProgressBar } from './progress-bar';

export function OperationsView() {
  const [shown, setShown] = useState<Operation>();
  return (
    <>
      <ViewHead title="Operations" />
      <section class="panel">
        <List<Operation>
          caption="Operations, the newest first"
          path="/v1/admin/operations"
          everyMs={2_000}
          keyOf={({ operationId }) => operationId}
          empty="Nothing has been asked for in the last 90 days: no resize, no rebalance, no audit."
          columns={[
            { name: 'asked for', show: ({ createdAt }) => <Time at={createdAt} /> },
            { name: 'kind', show: ({ kind }) => kind },
            {
              name: 'account',
              show: ({ accountId }) =>
                accountId === undefined ? 'all' : <a href={hrefOf('accounts', accountId)}>{accountId}</a>,
            },
            {
              name: 'status',
              show: (each) =>
                each.status === 'running' ? <ProgressBar operation={each} /> : <Status is={each.status} />,
            },
            {
              name: 'details',
              show: (each) => (
                <Button
                  tone="quiet"
                  aria-label={`Details of ${each.kind} ${each.operationId}`}
                  onClick={() => {
                    setShown(each);
                  }}
                >
                  Details
                </Button>
              ),
            },
          ]}
        />
      </section>
      {shown && (
        <OperationDialog
          operation={shown}
          close={() => {
            setShown(undefined);
          }}
        />
      )}
    </>
  );
}

function OperationDialog({
  operation,
  close,
}: {
  readonly operation: Operation;
  readonly close: () => void;
}) {
  const { operationId, kind, status, accountId, error, result, createdAt } = operation;
  return (
    <Dialog title={`${kind}${accountId === undefined ? '' : ` of ${accountId}`}`} close={close}>
      <Facts>
        <Fact name="Operation">
          <Code>{operationId}</Code>
        </Fact>
        <Fact name="Status">
          <Status is={status} />
        </Fact>
        <Fact name="Asked for">
          <Time at={createdAt} />
        </Fact>
        {error && (
          <Fact name="Failed">
            {error.detail} <span class="muted">({error.code})</span>
          </Fact>
        )}
      </Facts>
      {result && <Json value={result} />}
    </Dialog>
  );
}
