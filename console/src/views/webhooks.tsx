import { useState } from 'preact/hooks';
import { ask, get, part, post } from '../api/client';
import type { Delivery, Page, Webhook } from '../api/shapes';
import { hrefOf } from '../live/router';
import { useMay } from '../live/session';
import { usePolled } from '../live/use-polled';
import { Button, Code, Empty, Fact, Facts, Panel, Shown, Status, Time, ViewHead } from '../parts/basics';
import { FormDialog } from '../parts/dialog';
import { TextField } from '../parts/fields';
import { List } from '../parts/paged';
import { SecretDialog } from '../parts/secret-dialog';
import { Table } from '../parts/table';
import { attempt, toast } from '../parts/toasts';

interface Created extends Webhook {
  readonly secret: string;
}

export function WebhooksView() {
  const isAdmin = useMay('admin');
  const [isAdding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string>();
  const polled = usePolled<Page<Webhook>>('webhooks', (signal) => get('/v1/admin/webhooks', signal), 5_000);
  return (
    <>
      <ViewHead title="Webhooks">
        <Button
          tone="main"
          disabled={!isAdmin}
          onClick={() => {
            setAdding(true);
          }}
        >
          Add a webhook
        </Button>
      </ViewHead>
      <section class="panel">
        <Shown polled={polled}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty>
                Nothing is sent to anybody. A webhook tells a receiver of yours what happens, signed.
              </Empty>
            ) : (
              <Table
                caption="Webhooks"
                rows={items}
                keyOf={({ webhookId }) => webhookId}
                columns={[
                  {
                    name: 'receiver',
                    show: ({ webhookId, url }) => <a href={hrefOf('webhooks', webhookId)}>{url}</a>,
                  },
                  { name: 'status', show: ({ enabled }) => <Status is={enabled ? 'enabled' : 'disabled'} /> },
                  { name: 'events', isExtra: true, show: ({ types }) => types?.join(', ') ?? 'all' },
                  { name: 'account', show: ({ accountId }) => accountId ?? 'all' },
                  { name: 'created', isExtra: true, show: ({ createdAt }) => <Time at={createdAt} /> },
                ]}
              />
            )
          }
        </Shown>
      </section>
      {isAdding && (
        <AddDialog
          made={(made) => {
            setSecret(made);
            polled.again();
          }}
          close={() => {
            setAdding(false);
          }}
        />
      )}
      {secret !== undefined && (
        <SecretDialog
          title="The webhook’s secret"
          secret={secret}
          close={() => {
            setSecret(undefined);
          }}
        />
      )}
    </>
  );
}

function AddDialog({ made, close }: { readonly made: (secret: string) => void; readonly close: () => void }) {
  const [url, setUrl] = useState('');
  const [types, setTypes] = useState('');
  const [accountId, setAccount] = useState('');
  return (
    <FormDialog
      title="Add a webhook"
      confirm="Add it"
      isReady={url !== ''}
      close={close}
      submit={async () => {
        const wanted = types.split(',').flatMap((type) => (type.trim() === '' ? [] : [type.trim()]));
        const { secret } = await post<Created>('/v1/admin/webhooks', {
          url,
          ...(wanted.length > 0 && { types: wanted }),
          ...(accountId !== '' && { accountId }),
        });
        made(secret);
      }}
    >
      <TextField
        label="Receiver"
        name="url"
        value={url}
        set={setUrl}
        placeholder="https://example.com/hooks"
        hint="What happens from now on is sent there."
      />
      <TextField
        label="Events"
        name="types"
        value={types}
        set={setTypes}
        hint="Types with commas between, such as hotsplit.balance.low; empty for all."
      />
      <TextField
        label="Account"
        name="accountId"
        value={accountId}
        set={setAccount}
        hint="Only what happens to it; empty for all."
      />
    </FormDialog>
  );
}

export function WebhookView({ id }: { readonly id: string }) {
  const isAdmin = useMay('admin');
  const path = `/v1/admin/webhooks/${part(id)}`;
  const [asked, setAsked] = useState<'delete' | 'rotate'>();
  const [secret, setSecret] = useState<string>();
  const [turn, setTurn] = useState(0);
  const polled = usePolled<Page<Webhook>>('webhooks', (signal) => get('/v1/admin/webhooks', signal), 5_000);
  const webhook = polled.value?.items.find(({ webhookId }) => webhookId === id);
  const close = (): void => {
    setAsked(undefined);
  };
  const change = async (enabled: boolean): Promise<void> => {
    await ask('PATCH', path, { json: { enabled } });
    toast(enabled ? 'It goes on where it stopped.' : 'Nothing is sent to it any more.');
    polled.again();
  };
  const redeliver = async (deliveryId: string): Promise<void> => {
    await post(`${path}/deliveries/${deliveryId}/redeliver`);
    toast(
      webhook?.enabled === false ? 'It is sent again once the webhook is enabled.' : 'It is sent again soon.',
    );
    setTurn((last) => last + 1);
  };
  return (
    <>
      <ViewHead title={webhook?.url ?? 'Webhook'}>
        {webhook && (
          <>
            <Button disabled={!isAdmin} onClick={() => void attempt(change(!webhook.enabled))}>
              {webhook.enabled ? 'Disable' : 'Enable'}
            </Button>
            <Button
              disabled={!isAdmin}
              onClick={() => {
                setAsked('rotate');
              }}
            >
              Rotate the secret
            </Button>
            <Button
              tone="danger"
              disabled={!isAdmin}
              onClick={() => {
                setAsked('delete');
              }}
            >
              Delete
            </Button>
          </>
        )}
      </ViewHead>
      <p class="crumbs">
        <a href={hrefOf('webhooks')}>Webhooks</a> <span aria-hidden="true">›</span> {id}
      </p>
      <div class="grid">
        <Panel title="About it">
          <Shown polled={polled}>
            {() =>
              webhook ? (
                <Facts>
                  <Fact name="Status">
                    <Status is={webhook.enabled ? 'enabled' : 'disabled'} /> {webhook.disabledBecause}
                  </Fact>
                  <Fact name="Events">{webhook.types?.join(', ') ?? 'all'}</Fact>
                  <Fact name="Account">{webhook.accountId ?? 'all'}</Fact>
                  <Fact name="Created">
                    <Time at={webhook.createdAt} />
                  </Fact>
                </Facts>
              ) : (
                <Empty>There is no such webhook any more.</Empty>
              )
            }
          </Shown>
        </Panel>
        <Panel title="Deliveries" class="wide">
          <List<Delivery>
            caption="Deliveries, the newest first"
            path={`${path}/deliveries`}
            turn={turn}
            everyMs={3_000}
            keyOf={({ deliveryId }) => deliveryId}
            empty="Nothing has been sent to it yet."
            columns={[
              { name: 'tried', show: ({ triedAt }) => <Time at={triedAt} /> },
              { name: 'status', show: ({ status }) => <Status is={status} /> },
              { name: 'answer', show: ({ answer }) => answer },
              { name: 'attempts', isNumber: true, show: ({ attempts }) => attempts },
              { name: 'event', isExtra: true, show: ({ eventId }) => <Code>{eventId}</Code> },
              {
                name: 'again',
                show: ({ deliveryId }) => (
                  <Button
                    tone="quiet"
                    disabled={!isAdmin}
                    aria-label={`Send delivery ${deliveryId} again`}
                    onClick={() => void attempt(redeliver(deliveryId))}
                  >
                    Send again
                  </Button>
                ),
              },
            ]}
          />
        </Panel>
      </div>
      {asked === 'delete' && (
        <FormDialog
          title="Delete the webhook"
          confirm={`Delete ${id}`}
          tone="danger"
          close={close}
          submit={async () => {
            await ask('DELETE', path);
            toast('The webhook is deleted.');
            polled.again();
          }}
        >
          <p>Nothing more is sent to {webhook?.url}, and what was sent is forgotten.</p>
        </FormDialog>
      )}
      {asked === 'rotate' && (
        <FormDialog
          title="Rotate the secret"
          confirm={`Rotate the secret of ${id}`}
          close={close}
          submit={async () => {
            setSecret((await post<Created>(`${path}/rotate-secret`)).secret);
          }}
        >
          <p>
            A new secret signs from now on. For 24 hours the one before signs as well, so that the receiver
            can change over.
          </p>
        </FormDialog>
      )}
      {secret !== undefined && (
        <SecretDialog
          title="The webhook’s new secret"
          secret={secret}
          close={() => {
            setSecret(undefined);
          }}
        />
      )}
    </>
  );
}
