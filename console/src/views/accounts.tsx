import { useState } from 'preact/hooks';
import { post } from '../api/client';
import type { Account } from '../api/shapes';
import { minorOf, decimalsOf } from '../format';
import { go, hrefOf } from '../live/router';
import { useMay } from '../live/session';
import { Button, Status, Time, ViewHead } from '../parts/basics';
import { FormDialog } from '../parts/dialog';
import { TextField } from '../parts/fields';
import { List } from '../parts/paged';

export function AccountsView() {
  const mayCreate = useMay('accounts');
  const [isCreating, setCreating] = useState(false);
  return (
    <>
      <ViewHead title="Accounts">
        <Button
          tone="main"
          disabled={!mayCreate}
          onClick={() => {
            setCreating(true);
          }}
        >
          Create an account
        </Button>
      </ViewHead>
      <section class="panel">
        <List<Account>
          caption="Accounts by id"
          path="/v1/accounts"
          keyOf={({ id }) => id}
          empty="There are no accounts yet."
          columns={[
            { name: 'account', show: ({ id }) => <a href={hrefOf('accounts', id)}>{id}</a> },
            { name: 'asset', show: ({ asset }) => asset },
            { name: 'status', show: ({ status }) => <Status is={status} /> },
            { name: 'strategy', isExtra: true, show: ({ strategy }) => strategy },
            { name: 'sub-accounts', isNumber: true, show: ({ subAccounts }) => subAccounts },
            { name: 'created', isExtra: true, show: ({ createdAt }) => <Time at={createdAt} /> },
          ]}
        />
      </section>
      {isCreating && (
        <CreateDialog
          close={() => {
            setCreating(false);
          }}
        />
      )}
    </>
  );
}

function CreateDialog({ close }: { readonly close: () => void }) {
  const mayCredit = useMay('credit');
  const [id, setId] = useState('');
  const [asset, setAsset] = useState('USD/2');
  const [count, setCount] = useState('1');
  const [opening, setOpening] = useState('');
  const minor = opening === '' ? undefined : minorOf(opening, asset);
  const isReady = id !== '' && Number(count) >= 1 && (opening === '' || minor !== undefined);
  return (
    <FormDialog
      title="Create an account"
      confirm={id === '' ? 'Create it' : `Create ${id}`}
      isReady={isReady}
      close={close}
      submit={async () => {
        await post('/v1/accounts', {
          id,
          asset,
          subAccounts: Number(count),
          ...(minor !== undefined && { initialBalance: minor }),
        });
        go(hrefOf('accounts', id));
      }}
    >
      <TextField
        label="Account id"
        name="id"
        value={id}
        set={setId}
        hint="Letters, digits and _ . : - ; it cannot be changed later."
      />
      <TextField
        label="Asset"
        name="asset"
        value={asset}
        set={setAsset}
        hint="A code and the number of decimals: USD/2, JPY, POINTS/0."
      />
      <TextField
        label="Sub-accounts"
        name="subAccounts"
        type="number"
        value={count}
        set={setCount}
        hint="1 for a cold account. It can be changed while in use."
      />
      {mayCredit && (
        <TextField
          label="Opening balance"
          name="initialBalance"
          inputMode="decimal"
          value={opening}
          set={setOpening}
          hint={`May be left out. With ${decimalsOf(asset)} decimals.`}
        />
      )}
    </FormDialog>
  );
}
