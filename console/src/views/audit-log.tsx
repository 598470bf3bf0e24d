import { useState } from 'preact/hooks';
import type { AuditLine } from '../api/shapes';
import { Button, Code, Fact, Facts, Json, Status, Time, ViewHead } from '../parts/basics';
import { Dialog } from '../parts/dialog';
import { TextField } from '../parts/fields';
import { List } from '../parts/paged';

/** Who did what to the installation. */
export function AuditLogView() {
  const [typed, setTyped] = useState({ actor: '', action: '', target: '' });
  const [filters, setFilters] = useState(typed);
  const [shown, setShown] = useState<AuditLine>();
  const field = (name: keyof typeof typed) => ({
    name,
    value: typed[name],
    set: (value: string) => {
      setTyped({ ...typed, [name]: value.trim() });
    },
  });
  return (
    <>
      <ViewHead title="Audit log" />
      <section class="panel">
        <form
          class="filters"
          onSubmit={(event) => {
            event.preventDefault();
            setFilters(typed);
          }}
        >
          <TextField label="Key" {...field('actor')} />
          <TextField label="Action" {...field('action')} />
          <TextField label="Target" {...field('target')} />
          <Button type="submit">Search</Button>
        </form>
        <List<AuditLine>
          caption="What administrators did, the newest first"
          path="/v1/admin/audit-log"
          filters={filters}
          everyMs={3_000}
          keyOf={({ sequence }) => String(sequence)}
          empty="No line fits."
          columns={[
            { name: 'time', show: ({ at }) => <Time at={at} /> },
            { name: 'key', show: ({ actor }) => <Code>{actor === '' ? 'the service' : actor}</Code> },
            { name: 'action', show: ({ action }) => action },
            { name: 'target', show: ({ target }) => target ?? '' },
            {
              name: 'outcome',
              show: ({ outcome, altered }) => <Status is={altered ? 'altered' : outcome} />,
            },
            { name: 'from', isExtra: true, show: ({ address, door }) => `${address} (${door})` },
            {
              name: 'details',
              show: (line) => (
                <Button
                  tone="quiet"
                  aria-label={`Details of line ${line.sequence}`}
                  onClick={() => {
                    setShown(line);
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
        <LineDialog
          line={shown}
          close={() => {
            setShown(undefined);
          }}
        />
      )}
    </>
  );
}

function LineDialog({ line, close }: { readonly line: AuditLine; readonly close: () => void }) {
  const {
    sequence,
    actor,
    action,
    target,
    outcome,
    at,
    address,
    door,
    requestId,
    code,
    hash,
    request,
    before,
    after,
  } = line;
  return (
    <Dialog title={`Line ${sequence}`} close={close} class="dialog-wide">
      <Facts>
        <Fact name="Action">{action}</Fact>
        {target !== undefined && <Fact name="Target">{target}</Fact>}
        <Fact name="Outcome">
          <Status is={outcome} /> {code}
        </Fact>
        <Fact name="Key">
          <Code>{actor}</Code>
        </Fact>
        <Fact name="When">
          <Time at={at} />
        </Fact>
        <Fact name="From">
          {address} ({door})
        </Fact>
        {requestId !== undefined && (
          <Fact name="Request">
            <Code>{requestId}</Code>
          </Fact>
        )}
        <Fact name="Hash">
          <Code>{hash}</Code>
        </Fact>
      </Facts>
      {(
        [
          ['Asked', request],
          ['Before', before],
          ['After', after],
        ] as const
      ).map(
        ([name, value]) =>
          value !== undefined && (
            <section class="step" key={name}>
              <h3>{name}</h3>
              <Json value={value} />
            </section>
          ),
      )}
    </Dialog>
  );
}
