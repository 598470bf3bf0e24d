import { useState } from 'preact/hooks';
import { ask, get, part, post } from '../api/client';
import type { Budget } from '../api/shapes';
import { amountText, codeOf, limitMinorOf, typedText } from '../format';
import { useMay } from '../live/session';
import { usePolled } from '../live/use-polled';
import { Amount, Button, Code, Empty, Fact, Facts, Shown, Time } from '../parts/basics';
import { Dialog, FormDialog } from '../parts/dialog';
import { AmountField, SelectField, TextField } from '../parts/fields';
import { List } from '../parts/paged';
import { toast } from '../parts/toasts';
import { Preview } from './account-changes';

/** What is spent is read budget by budget, so it is asked for less often than a list. */
const LOOK_MS = 10_000;
const LOOK_AT_ONE_MS = 2_000;

const PERIODS = [
  ['day', 'a day'],
  ['month', 'a month'],
  ['hour', 'an hour'],
  ['total', 'for good'],
] as const;

interface BudgetsProps {
  readonly id: string;
  readonly asset: string;
  readonly turn: number;
}

/** The limits on what is spent from an account. */
export function AccountBudgets({ id, asset, turn }: BudgetsProps) {
  const mayChange = useMay('accounts');
  const [isCreating, setCreating] = useState(false);
  const [shown, setShown] = useState<Budget>();
  const [change, setChange] = useState<{ readonly of: Budget; readonly to: 'limit' | 'nothing' }>();
  const [changes, setChanges] = useState(0);
  const changed = (said: string): void => {
    toast(said);
    setChanges((last) => last + 1);
  };
  return (
    <>
      <List<Budget>
        caption={`Budgets of ${id}`}
        path={budgetsPath(id)}
        filters={{ limit: '20' }}
        turn={turn + changes}
        keyOf={({ budgetId }) => budgetId}
        empty={<Empty>Nothing limits what is spent but what there is.</Empty>}
        columns={[
          {
            name: 'budget',
            show: (budget) => (
              <button
                type="button"
                class="link"
                onClick={() => {
                  setShown(budget);
                }}
              >
                <Code>{budget.budgetId}</Code>
              </button>
            ),
          },
          { name: 'limit', isNumber: true, show: ({ limit }) => amountText(limit, asset) },
          {
            name: 'spent',
            isNumber: true,
            show: (budget) => <Spent budget={budget} asset={asset} turn={turn + changes} />,
          },
          { name: 'each', isExtra: true, show: periodText },
          { name: 'below', isExtra: true, show: ({ parent }) => parent && <Code>{parent}</Code> },
        ]}
      />
      <p class="panel-foot">
        <Button
          disabled={!mayChange}
          onClick={() => {
            setCreating(true);
          }}
        >
          Make a budget
        </Button>
      </p>
      {isCreating && (
        <CreateDialog
          id={id}
          asset={asset}
          changed={changed}
          close={() => {
            setCreating(false);
          }}
        />
      )}
      {shown && (
        <BudgetDialog
          budget={shown}
          asset={asset}
          close={() => {
            setShown(undefined);
          }}
          choose={(to) => {
            setChange({ of: shown, to });
            setShown(undefined);
          }}
        />
      )}
      {change && (
        <ChangeDialog
          budget={change.of}
          to={change.to}
          asset={asset}
          changed={changed}
          close={() => {
            setChange(undefined);
          }}
        />
      )}
    </>
  );
}

function Spent({
  budget,
  asset,
  turn,
}: {
  readonly budget: Budget;
  readonly asset: string;
  readonly turn: number;
}) {
  const path = budgetPath(budget);
  const { value } = usePolled<Budget>(`${path} ${turn}`, (signal) => get(path, signal), LOOK_MS);
  if (value?.spent === undefined) return <>…</>;
  return (
    <span class="spent">
      <Meter budget={value} />
      {amountText(value.spent, asset)}
    </span>
  );
}

function Meter({ budget: { budgetId, limit, spent = '0' } }: { readonly budget: Budget }) {
  // For the eye alone: the amounts beside it are exact.
  const share = BigInt(limit) === 0n ? 1 : Math.min(1, Number(spent) / Number(limit));
  return <meter min={0} max={1} high={0.8} optimum={0} value={share} aria-label={`Spent of ${budgetId}`} />;
}

interface BudgetDialogProps {
  readonly budget: Budget;
  readonly asset: string;
  readonly close: () => void;
  readonly choose: (to: 'limit' | 'nothing') => void;
}

function BudgetDialog({ budget, asset, close, choose }: BudgetDialogProps) {
  const mayChange = useMay('accounts');
  const path = budgetPath(budget);
  const polled = usePolled<Budget>(path, (signal) => get(path, signal), LOOK_AT_ONE_MS);
  return (
    <Dialog title={`Budget ${budget.budgetId}`} close={close}>
      <Shown polled={polled} what="Adding up what is spent">
        {(state) => (
          <>
            <Meter budget={state} />
            <Facts>
              <Fact name="Limit">
                <Amount minor={state.limit} asset={asset} /> {periodText(state)}
              </Fact>
              {state.spent !== undefined && (
                <Fact name="Spent">
                  <Amount minor={state.spent} asset={asset} />
                </Fact>
              )}
              {state.available !== undefined && (
                <Fact name="Left">
                  <Amount minor={state.available} asset={asset} />
                </Fact>
              )}
              {state.periodStart !== undefined && (
                <Fact name="Since">
                  <Time at={state.periodStart} />
                </Fact>
              )}
              {state.renewsAt !== undefined && (
                <Fact name="Begins anew">
                  <Time at={state.renewsAt} />
                </Fact>
              )}
              {state.parent !== undefined && (
                <Fact name="Charged as well">
                  <Code>{state.parent}</Code>
                </Fact>
              )}
              <Fact name="Made">
                <Time at={state.createdAt} />
              </Fact>
            </Facts>
          </>
        )}
      </Shown>
      <footer class="dialog-foot">
        <Button
          tone="danger"
          disabled={!mayChange}
          onClick={() => {
            choose('nothing');
          }}
        >
          Delete
        </Button>
        <Button
          tone="main"
          disabled={!mayChange}
          onClick={() => {
            choose('limit');
          }}
        >
          Change the limit
        </Button>
      </footer>
    </Dialog>
  );
}

interface ChangeDialogProps {
  readonly budget: Budget;
  readonly to: 'limit' | 'nothing';
  readonly asset: string;
  readonly changed: (said: string) => void;
  readonly close: () => void;
}

function ChangeDialog({ budget, to, asset, changed, close }: ChangeDialogProps) {
  const { budgetId } = budget;
  const [limit, setLimit] = useState(typedText(budget.limit, asset));
  const minor = limitMinorOf(limit, asset);
  const text = minor === undefined ? '…' : `${amountText(minor, asset)} ${codeOf(asset)}`;
  if (to === 'nothing')
    return (
      <FormDialog
        title={`Delete ${budgetId}`}
        confirm={`Delete ${budgetId}`}
        tone="danger"
        typed={budgetId}
        close={close}
        submit={async () => {
          await ask('DELETE', budgetPath(budget));
          changed(`${budgetId} is deleted.`);
        }}
      >
        <p>
          Requests that name it are refused from then on. Budgets below it are charged to those above it. Its
          id is not used again.
        </p>
      </FormDialog>
    );
  return (
    <FormDialog
      title={`Limit of ${budgetId}`}
      confirm={`Limit ${budgetId} to ${text}`}
      isReady={minor !== undefined && minor !== budget.limit}
      close={close}
      submit={async () => {
        await ask('PATCH', budgetPath(budget), { json: { limit: minor } });
        changed(`${budgetId} is limited to ${text}.`);
      }}
    >
      <LimitField asset={asset} value={limit} set={setLimit} />
      <Preview>
        {`Nothing is charged beyond ${text} ${periodText(budget)} as soon as this is answered. Below what is spent by now, deductions are refused until the next period begins, or until enough is given back.`}
      </Preview>
    </FormDialog>
  );
}

interface CreateDialogProps {
  readonly id: string;
  readonly asset: string;
  readonly changed: (said: string) => void;
  readonly close: () => void;
}

function CreateDialog({ id, asset, changed, close }: CreateDialogProps) {
  const [budgetId, setBudgetId] = useState('');
  const [limit, setLimit] = useState('');
  const [period, setPeriod] = useState('day');
  const [timeZone, setTimeZone] = useState('UTC');
  const [parent, setParent] = useState('');
  const minor = limitMinorOf(limit, asset);
  return (
    <FormDialog
      title={`Make a budget of ${id}`}
      confirm={budgetId === '' ? 'Make it' : `Make ${budgetId}`}
      isReady={budgetId !== '' && minor !== undefined}
      close={close}
      submit={async () => {
        const json = {
          budgetId,
          limit: minor,
          period,
          ...(period !== 'total' && { timeZone }),
          ...(parent !== '' && { parent }),
        };
        await post(budgetsPath(id), json);
        changed(`${budgetId} limits what is charged to it.`);
      }}
    >
      <TextField
        label="Budget id"
        name="budgetId"
        value={budgetId}
        set={setBudgetId}
        hint="What deductions name. It cannot be changed later."
      />
      <LimitField asset={asset} value={limit} set={setLimit} />
      <SelectField label="Each" name="period" value={period} set={setPeriod} options={PERIODS} />
      {period !== 'total' && (
        <TextField
          label="Time zone"
          name="timeZone"
          value={timeZone}
          set={setTimeZone}
          hint="Where its periods begin: Europe/Berlin, America/New_York, UTC."
        />
      )}
      <TextField
        label="Below the budget"
        name="parent"
        value={parent}
        set={setParent}
        hint="The one that is charged as well; empty for none."
      />
      <Preview>
        {`A deduction from ${id} that names it takes effect in the account and in it, or nowhere. Deductions that do not name it are not limited by it.`}
      </Preview>
    </FormDialog>
  );
}

interface LimitFieldProps {
  readonly asset: string;
  readonly value: string;
  readonly set: (value: string) => void;
}

function LimitField({ asset, value, set }: LimitFieldProps) {
  return (
    <AmountField
      label="Limit"
      asset={asset}
      name="limit"
      value={value}
      set={set}
      hint="0 is a limit too: nothing can be charged."
    />
  );
}

function periodText({ period, timeZone }: Budget): string {
  return period === 'total' ? 'for good' : `each ${period} in ${timeZone}`;
}

function budgetsPath(id: string): string {
  return `/v1/accounts/${part(id)}/budgets`;
}

function budgetPath({ accountId, budgetId }: Budget): string {
  return `${budgetsPath(accountId)}/${part(budgetId)}`;
}
