import { useState } from 'preact/hooks';
import { ask, part, post } from '../api/client';
import type { ApiKey } from '../api/shapes';
import { countText } from '../format';
import { useMay } from '../live/session';
import { Button, Code, Time, ViewHead } from '../parts/basics';
import { FormDialog } from '../parts/dialog';
import { Checks, Field, TextField } from '../parts/fields';
import { List } from '../parts/paged';
import { SecretDialog } from '../parts/secret-dialog';
import { toast } from '../parts/toasts';

const SCOPES = ['read', 'deduct', 'refund', 'credit', 'accounts', 'admin'];

type Dialogs =
  | { readonly kind: 'create' }
  | { readonly kind: 'delete' | 'change'; readonly of: ApiKey }
  | { readonly kind: 'secret'; readonly secret: string };

export function KeysView() {
  const isAdmin = useMay('admin');
  const [open, setOpen] = useState<Dialogs>();
  const [turn, setTurn] = useState(0);
  const close = (): void => {
    setOpen((now) => (now?.kind === 'secret' ? now : undefined));
  };
  const changed = (said: string): void => {
    toast(said);
    setTurn((last) => last + 1);
  };
  return (
    <>
      <ViewHead title="Keys">
        <Button
          tone="main"
          disabled={!isAdmin}
          onClick={() => {
            setOpen({ kind: 'create' });
          }}
        >
          Create a key
        </Button>
      </ViewHead>
      <section class="panel">
        <List<ApiKey>
          caption="API keys"
          path="/v1/admin/keys"
          turn={turn}
          keyOf={({ keyId }) => keyId}
          empty="There is no key but the bootstrap admin key, which is not kept in the directory."
          columns={[
            { name: 'name', show: ({ name }) => name },
            { name: 'key', isExtra: true, show: ({ keyId }) => <Code>{keyId}</Code> },
            { name: 'scopes', show: ({ scopes }) => scopes.join(', ') },
            { name: 'accounts', isExtra: true, show: ({ accounts }) => accounts?.join(', ') ?? 'all' },
            { name: 'limits', isExtra: true, show: limitsText },
            {
              name: 'expires',
              isExtra: true,
              show: ({ expiresAt }) => (expiresAt === undefined ? 'never' : <Time at={expiresAt} />),
            },
            {
              name: 'last used',
              show: ({ lastUsedAt }) => (lastUsedAt === undefined ? 'never' : <Time at={lastUsedAt} />),
            },
            {
              name: 'actions',
              show: (key) => (
                <span class="row-actions">
                  <Button
                    tone="quiet"
                    disabled={!isAdmin}
                    aria-label={`Change ${key.name}`}
                    onClick={() => {
                      setOpen({ kind: 'change', of: key });
                    }}
                  >
                    Change
                  </Button>
                  <Button
                    tone="quiet"
                    disabled={!isAdmin}
                    aria-label={`Delete ${key.name}`}
                    onClick={() => {
                      setOpen({ kind: 'delete', of: key });
                    }}
                  >
                    Delete
                  </Button>
                </span>
              ),
            },
          ]}
        />
      </section>
      {open?.kind === 'create' && (
        <KeyDialog
          close={close}
          done={(secret) => {
            changed('The key is made.');
            setOpen({ kind: 'secret', secret: secret ?? '' });
          }}
        />
      )}
      {open?.kind === 'change' && (
        <KeyDialog
          of={open.of}
          close={close}
          done={() => {
            changed(`${open.of.name} is changed.`);
          }}
        />
      )}
      {open?.kind === 'delete' && (
        <FormDialog
          title={`Delete ${open.of.name}`}
          confirm={`Delete ${open.of.name}`}
          tone="danger"
          typed={open.of.name}
          close={close}
          submit={async () => {
            await ask('DELETE', `/v1/admin/keys/${part(open.of.keyId)}`);
            changed(`${open.of.name} is deleted.`);
          }}
        >
          <p>
            Whoever uses <Code>{open.of.keyId}</Code> is turned away, here at once and at other instances
            within five seconds. This cannot be undone.
          </p>
        </FormDialog>
      )}
      {open?.kind === 'secret' && (
        <SecretDialog
          title="The new key"
          secret={open.secret}
          close={() => {
            setOpen(undefined);
          }}
        />
      )}
    </>
  );
}

function limitsText({ requestsPerSecond, deductionsPerSecond }: ApiKey): string {
  const limits = [
    ...(requestsPerSecond === undefined ? [] : [`${countText(requestsPerSecond)} requests/s`]),
    ...(deductionsPerSecond === undefined ? [] : [`${countText(deductionsPerSecond)} deductions/s`]),
  ];
  return limits.length === 0 ? 'none' : limits.join(', ');
}

interface KeyDialogProps {
  /** The key to change; without one, a key is made. */
  readonly of?: ApiKey;
  readonly done: (secret: string | undefined) => void;
  readonly close: () => void;
}

function KeyDialog({ of, done, close }: KeyDialogProps) {
  const [name, setName] = useState(of?.name ?? '');
  const [scopes, setScopes] = useState<ReadonlySet<string>>(new Set(of?.scopes ?? ['read']));
  const [accounts, setAccounts] = useState((of?.accounts ?? []).join(', '));
  const [requests, setRequests] = useState(String(of?.requestsPerSecond ?? ''));
  const [deductions, setDeductions] = useState(String(of?.deductionsPerSecond ?? ''));
  const [expires, setExpires] = useState(of?.expiresAt === undefined ? '' : localOf(of.expiresAt));
  const submit = async (): Promise<void> => {
    const none = of ? null : undefined;
    const prefixes = accounts.split(',').flatMap((prefix) => (prefix.trim() === '' ? [] : [prefix.trim()]));
    const limits = {
      scopes: SCOPES.filter((scope) => scopes.has(scope)),
      accounts: prefixes.length > 0 ? prefixes : none,
      requestsPerSecond: requests === '' ? none : Number(requests),
      deductionsPerSecond: deductions === '' ? none : Number(deductions),
      expiresAt: expires === '' ? none : new Date(expires).toISOString(),
    };
    if (of) {
      await ask('PUT', `/v1/admin/keys/${part(of.keyId)}`, { json: limits });
      done(undefined);
    } else {
      done((await post<{ readonly key: string }>('/v1/admin/keys', { name, ...limits })).key);
    }
  };
  return (
    <FormDialog
      title={of ? `Change ${of.name}` : 'Create a key'}
      confirm={of ? `Change ${of.name}` : name === '' ? 'Create it' : `Create ${name}`}
      isReady={name !== '' && scopes.size > 0}
      close={close}
      submit={submit}
    >
      {!of && <TextField label="Name" name="name" value={name} set={setName} hint="Who uses it." />}
      <Checks
        legend="Scopes"
        names={SCOPES}
        chosen={scopes}
        set={setScopes}
        hint="admin may do everything."
      />
      <TextField
        label="Only accounts beginning with"
        name="accounts"
        value={accounts}
        set={setAccounts}
        hint="With commas between; empty for all."
      />
      <TextField
        label="Requests a second"
        name="requestsPerSecond"
        type="number"
        value={requests}
        set={setRequests}
        hint="Empty for as many as it likes."
      />
      <TextField
        label="Deductions a second"
        name="deductionsPerSecond"
        type="number"
        value={deductions}
        set={setDeductions}
        hint="Empty for as many as it likes."
      />
      <Field label="Expires" hint="Empty for never.">
        <input
          type="datetime-local"
          name="expiresAt"
          value={expires}
          onChange={(event) => {
            setExpires(event.currentTarget.value);
          }}
        />
      </Field>
    </FormDialog>
  );
}

/** A time of the API, as the browser's field for times takes it. */
function localOf(iso: string): string {
  const time = new Date(iso);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
