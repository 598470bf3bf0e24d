import { useState } from 'preact/hooks';
import { ask, get, part, post } from '../api/client';
import type { Page, Shard } from '../api/shapes';
import { countText, msText } from '../format';
import { useMay } from '../live/session';
import { usePolled } from '../live/use-polled';
import { Button, Code, Shown, Status, ViewHead } from '../parts/basics';
import { FormDialog } from '../parts/dialog';
import { TextField } from '../parts/fields';
import { Table } from '../parts/table';
import { toast } from '../parts/toasts';
import { useLoad } from './overview';

export function ShardsView() {
  const isAdmin = useMay('admin');
  const [isAdding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<string>();
  const polled = usePolled<Page<Shard>>('shards', (signal) => get('/v1/admin/shards', signal), 3_000);
  const load = useLoad().value;
  return (
    <>
      <ViewHead title="Shards">
        <Button
          tone="main"
          disabled={!isAdmin}
          onClick={() => {
            setAdding(true);
          }}
        >
          Add a shard
        </Button>
      </ViewHead>
      <section class="panel">
        <Shown polled={polled}>
          {({ items }) => (
            <Table
              caption="Shards"
              rows={items}
              keyOf={({ name }) => name}
              columns={[
                { name: 'shard', show: ({ name }) => name },
                { name: 'health', show: ({ status }) => <Status is={status} /> },
                {
                  name: 'address',
                  isExtra: true,
                  show: ({ address }) => (address === undefined ? '' : <Code>{address}</Code>),
                },
                {
                  name: 'waiting',
                  isNumber: true,
                  show: ({ name }) => countOr(load?.shards.get(name)?.depth),
                },
                {
                  name: 'a batch',
                  isNumber: true,
                  isExtra: true,
                  show: ({ name }) => countOr(load?.shards.get(name)?.batchCommands),
                },
                {
                  name: 'takes',
                  isNumber: true,
                  show: ({ name }) => msText(load?.shards.get(name)?.batchMs),
                },
                {
                  name: 'remove',
                  show: ({ name }) => (
                    <Button
                      tone="quiet"
                      aria-label={`Remove ${name}`}
                      disabled={!isAdmin}
                      onClick={() => {
                        setLeaving(name);
                      }}
                    >
                      Remove
                    </Button>
                  ),
                },
              ]}
            />
          )}
        </Shown>
        <p class="note">
          “A batch” is how many commands one transaction merged on average, and “takes” how long it lasted,
          since the instance started. To move an account off a shard, resize it onto the others: its page has
          that.
        </p>
      </section>
      {isAdding && (
        <AddDialog
          again={polled.again}
          close={() => {
            setAdding(false);
          }}
        />
      )}
      {leaving !== undefined && (
        <FormDialog
          title={`Remove ${leaving}`}
          confirm={`Remove ${leaving}`}
          tone="danger"
          typed={leaving}
          close={() => {
            setLeaving(undefined);
          }}
          submit={async () => {
            await ask('DELETE', `/v1/admin/shards/${part(leaving)}`);
            toast(`${leaving} is removed.`);
            polled.again();
          }}
        >
          <p>
            Only a shard that was registered while the service ran, and that no account was ever placed on,
            can be removed. Every instance lets go of it; its database stays as it is.
          </p>
        </FormDialog>
      )}
    </>
  );
}

function countOr(value: number | undefined): string {
  return value === undefined ? '–' : countText(value);
}

function AddDialog({ again, close }: { readonly again: () => void; readonly close: () => void }) {
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  return (
    <FormDialog
      title="Add a shard"
      confirm={name === '' ? 'Add it' : `Add ${name}`}
      isReady={name !== '' && url !== ''}
      close={close}
      submit={async () => {
        await post('/v1/admin/shards', { name, url });
        toast(`${name} is ready for accounts.`);
        again();
      }}
    >
      <p>
        The database is migrated and usable at once, by every instance. No account moves by itself: resize an
        account onto the shard to use it.
      </p>
      <TextField label="Name" name="name" value={name} set={setName} hint="Letters, digits, - and _." />
      <TextField
        label="Address"
        name="url"
        value={url}
        set={setUrl}
        hint="mysql://user:password@host:3306/database, or sqlite: and a file in the data folder. It is never shown again."
      />
    </FormDialog>
  );
}
