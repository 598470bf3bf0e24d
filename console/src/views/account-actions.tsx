import { useState } from 'preact/hooks';
import { ask, part, post } from '../api/client';
import type { Account, Balance } from '../api/shapes';
import { useMay } from '../live/session';
import { Button } from '../parts/basics';
import { FormDialog } from '../parts/dialog';
import { toast } from '../parts/toasts';
import { AutoSplitDialog, CreditDialog, EditDialog, ResizeDialog, StrategyDialog } from './account-changes';

type Action =
  | 'credit'
  | 'resize'
  | 'auto-split'
  | 'strategy'
  | 'rebalance'
  | 'edit'
  | 'freeze'
  | 'unfreeze'
  | 'close'
  | 'repair';

interface ActionsProps {
  readonly account: Account;
  readonly etag: string | undefined;
  readonly balance: Balance | undefined;
  /** Asks for everything again, after a change. */
  readonly again: () => void;
}

export interface ChangeProps extends Omit<ActionsProps, 'again'> {
  readonly changed: (said: string) => void;
  readonly close: () => void;
}

/** What can be done with an account. What the key may not is in sight, and off. */
export function AccountActions(props: ActionsProps) {
  const { account, again } = props;
  const [chosen, setChosen] = useState<Action>();
  const may = { credit: useMay('credit'), accounts: useMay('accounts'), admin: useMay('admin') };
  const isClosed = account.status === 'closed';
  const isFrozen = account.status === 'frozen';
  const offered: readonly (readonly [Action, string, boolean])[] = [
    ['credit', 'Credit', may.credit && !isClosed],
    ['resize', 'Resize', may.admin && !isClosed],
    ['auto-split', 'Auto-split', may.admin && !isClosed],
    ['rebalance', 'Rebalance', may.admin && !isClosed],
    ['strategy', 'Strategy', may.admin && !isClosed],
    ['edit', 'Edit', may.accounts && !isClosed],
    isFrozen ? ['unfreeze', 'Unfreeze', may.accounts] : ['freeze', 'Freeze', may.accounts && !isClosed],
    ['close', 'Close', may.accounts && !isClosed],
    ['repair', 'Repair', may.admin],
  ];
  const close = (): void => {
    setChosen(undefined);
  };
  const changed = (said: string): void => {
    toast(said);
    again();
  };
  return (
    <>
      {offered.map(([action, text, isOn]) => (
        <Button
          key={action}
          disabled={!isOn}
          tone={action === 'credit' ? 'main' : action === 'close' ? 'danger' : 'quiet'}
          onClick={() => {
            setChosen(action);
          }}
        >
          {text}
        </Button>
      ))}
      {chosen && <ChosenDialog action={chosen} {...props} changed={changed} close={close} />}
    </>
  );
}

function ChosenDialog({ action, ...props }: ChangeProps & { readonly action: Action }) {
  switch (action) {
    case 'credit':
      return <CreditDialog {...props} />;
    case 'resize':
      return <ResizeDialog {...props} />;
    case 'auto-split':
      return <AutoSplitDialog {...props} />;
    case 'strategy':
      return <StrategyDialog {...props} />;
    case 'edit':
      return <EditDialog {...props} />;
    case 'rebalance':
    case 'repair':
      return <OperationDialog action={action} {...props} />;
    case 'freeze':
    case 'unfreeze':
    case 'close':
      return <StatusDialog action={action} {...props} />;
  }
}

const STATUS = {
  freeze: {
    verb: 'Freeze',
    done: 'is frozen',
    what: 'Deductions and new holds are refused from then on, and credits still come in. Holds that stand can be confirmed and cancelled. It can be undone.',
  },
  unfreeze: {
    verb: 'Unfreeze',
    done: 'takes debits again',
    what: 'It takes debits again, on every instance.',
  },
  close: {
    verb: 'Close',
    done: 'is closed',
    what: 'It refuses everything but reads from then on. This cannot be undone. Only an account that holds nothing can be closed.',
  },
} as const;

function StatusDialog({
  action,
  account,
  close,
  changed,
}: ChangeProps & { readonly action: keyof typeof STATUS }) {
  const { verb, done, what } = STATUS[action];
  const { id } = account;
  return (
    <FormDialog
      title={`${verb} ${id}`}
      confirm={`${verb} ${id}`}
      tone={action === 'unfreeze' ? 'main' : 'danger'}
      {...(action === 'close' && { typed: id })}
      close={close}
      submit={async () => {
        await post(`/v1/accounts/${part(id)}/${action}`);
        changed(`${id} ${done}.`);
      }}
    >
      <p>{what}</p>
    </FormDialog>
  );
}

const OPERATIONS = {
  rebalance: {
    verb: 'Rebalance',
    what: 'Levels its sub-accounts now, and exactly. Busy accounts are kept level anyway. Deductions go on meanwhile, and the balance does not change.',
  },
  repair: {
    verb: 'Repair',
    what: 'For an account whose rows have gone on without the directory, after that was restored from a backup. Changes nothing of an account that needs no repair.',
  },
} as const;

function OperationDialog({
  action,
  account,
  close,
  changed,
}: ChangeProps & { readonly action: keyof typeof OPERATIONS }) {
  const { verb, what } = OPERATIONS[action];
  const { id } = account;
  return (
    <FormDialog
      title={`${verb} ${id}`}
      confirm={`${verb} ${id}`}
      close={close}
      submit={async () => {
        await ask('POST', `/v1/admin/accounts/${part(id)}/${action}`);
        changed(`The ${action} of ${id} is under way.`);
      }}
    >
      <p>{what}</p>
    </FormDialog>
  );
}
