import { useState } from 'preact/hooks';
import { ask, get, part } from '../api/client';
import type { Page, Shard, SubAccount } from '../api/shapes';
import { amountText, codeOf, decimalsOf, limitMinorOf, minorOf, newRequestId, typedText } from '../format';
import { usePolled } from '../live/use-polled';
import { Fact, Facts } from '../parts/basics';
import { FormDialog } from '../parts/dialog';
import { AmountField, Checks, Field, SelectField, TextField } from '../parts/fields';
import type { ChangeProps } from './account-actions';

const SUB_ACCOUNTS_MAX = 1_024;

const RATE_MAX = 1_000_000_000;

/** Brings money in. The request id stays the same while the dialog is open, so that a second try cannot credit twice. */
export function CreditDialog({ account, balance, changed, close }: ChangeProps) {
  const { id, asset } = account;
  const [requestId] = useState(newRequestId);
  const [amount, setAmount] = useState('');
  const [reference, setReference] = useState('');
  const minor = minorOf(amount, asset);
  const text = minor === undefined ? '' : `${amountText(minor, asset)} ${codeOf(asset)}`;
  return (
    <FormDialog
      title={`Credit ${id}`}
      confirm={text === '' ? `Credit ${id}` : `Credit ${text} to ${id}`}
      isReady={minor !== undefined}
      close={close}
      submit={async () => {
        const json = { amount: minor, requestId, ...(reference !== '' && { reference }) };
        await ask('POST', `/v1/accounts/${part(id)}/credits`, { json });
        changed(`${text} came to ${id}.`);
      }}
    >
      <AmountField
        label="Amount"
        asset={asset}
        name="amount"
        value={amount}
        set={setAmount}
        hint={`With up to ${decimalsOf(asset)} decimals.`}
      />
      <TextField
        label="Reference"
        name="reference"
        value={reference}
        set={setReference}
        hint="May be left out."
      />
      <Preview>
        {minor !== undefined && balance
          ? `${minor} minor units. ${id} then has ${amountText((BigInt(balance.available) + BigInt(minor)).toString(), asset)} ${codeOf(asset)} available; a large credit is spread over its sub-accounts at once.`
          : 'Type an amount to see what it comes to.'}
      </Preview>
    </FormDialog>
  );
}

export function ResizeDialog({ account, etag, changed, close }: ChangeProps) {
  const { id, subAccounts } = account;
  const shards = usePolled<Page<Shard>>(
    'shards to choose from',
    (signal) => get('/v1/admin/shards', signal),
    10_000,
  ).value?.items;
  const path = `/v1/admin/accounts/${part(id)}/sub-accounts`;
  const rows = usePolled<Page<SubAccount>>(`${path} to resize`, (signal) => get(path, signal), 10_000).value
    ?.items;
  const present = new Set((rows ?? []).filter(({ status }) => status === 'open').map(({ shard }) => shard));
  const [count, setCount] = useState(String(subAccounts));
  const [chosen, setChosen] = useState<ReadonlySet<string>>();
  const wanted = chosen ?? present;
  const isMove = wanted.size !== present.size || [...wanted].some((name) => !present.has(name));
  const number = Number(count);
  const isCount = Number.isInteger(number) && number >= 1 && number <= 1_024;
  const isReady =
    isCount && wanted.size >= 1 && (!isMove || wanted.size <= number) && (isMove || number !== subAccounts);
  return (
    <FormDialog
      title={`Resize ${id}`}
      confirm={`Resize ${id} to ${isCount ? number : '…'}`}
      isReady={isReady}
      close={close}
      submit={async () => {
        const json = { count: number, ...(isMove && { shards: [...wanted].sort() }) };
        await ask('PUT', path, { json, ifMatch: etag });
        changed(`The resize of ${id} is under way.`);
      }}
    >
      <TextField
        label="Sub-accounts"
        name="count"
        type="number"
        value={count}
        set={setCount}
        hint={`1 to 1,024; ${subAccounts} now.`}
      />
      <Checks
        legend="Shards"
        names={(shards ?? []).map(({ name }) => name)}
        chosen={wanted}
        set={setChosen}
        hint="Where they are to be. At most one shard for each sub-account."
      />
      <Preview>
        {resizePreview({
          id,
          from: subAccounts,
          to: number,
          isCount,
          isMove,
          shards: [...wanted].sort(),
          wantedMax: number,
        })}
      </Preview>
    </FormDialog>
  );
}

interface Resize {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly isCount: boolean;
  readonly isMove: boolean;
  readonly shards: readonly string[];
  readonly wantedMax: number;
}

function resizePreview({ id, from, to, isCount, isMove, shards, wantedMax }: Resize): string {
  if (!isCount) return 'Give a number from 1 to 1,024.';
  if (shards.length === 0) return 'Choose at least one shard.';
  if (isMove && shards.length > wantedMax) return `${to} sub-accounts can be on ${to} shards at most.`;
  if (isMove)
    return (
      `${id} moves to ${to} sub-accounts on ${shards.join(', ')}. Its requests wait for some milliseconds while the old places are fenced. ` +
      'Request ids stay valid; those from before the move are found for the idempotency window. Its money follows, and its balance does not change.'
    );
  if (to === from) return `${id} has ${from} sub-accounts now.`;
  return to > from
    ? `${to - from} sub-accounts are added on the same shards, and the money is leveled over all ${to}. Deductions go on, and request ids stay valid.`
    : `${from - to} sub-accounts drain into the other ${to} and are closed when they are empty. Deductions go on, and request ids stay valid.`;
}

const STRATEGIES = [
  ['merged', 'merged: batches on lanes (default)'],
  ['leased', 'leased: answered from memory, written behind'],
  ['queued', 'queued: kept durably, charged soon'],
  ['atomic', 'atomic: one guarded UPDATE each'],
  ['pessimistic', 'pessimistic: SELECT … FOR UPDATE'],
  ['optimistic', 'optimistic: version and retry'],
  ['cas', 'cas: compares the old balance'],
  ['table-lock', 'table-lock'],
  ['redis-lock', 'redis-lock'],
] as const;

export function StrategyDialog({ account, etag, changed, close }: ChangeProps) {
  const { id } = account;
  const [strategy, setStrategy] = useState(account.strategy);
  const known = STRATEGIES.some(([name]) => name === account.strategy);
  return (
    <FormDialog
      title={`Strategy of ${id}`}
      confirm={`Deduct from ${id} by ${strategy}`}
      isReady={strategy !== account.strategy}
      close={close}
      submit={async () => {
        await ask('PUT', `/v1/admin/accounts/${part(id)}/strategy`, { json: { strategy }, ifMatch: etag });
        changed(`${id} deducts by ${strategy}.`);
      }}
    >
      <SelectField
        label="Strategy"
        name="strategy"
        value={strategy}
        set={setStrategy}
        options={known ? STRATEGIES : [...STRATEGIES, [account.strategy, account.strategy]]}
      />
      <Preview>
        {strategy === 'leased'
          ? 'Deductions are answered before they are on disk: what an instance has answered and not written is lost if it dies. For hot accounts only.'
          : 'While it is in use: until every instance knows, some deductions go the old way and some the new, and all are exact.'}
      </Preview>
    </FormDialog>
  );
}

export function AutoSplitDialog({ account, etag, changed, close }: ChangeProps) {
  const { id, subAccounts, autoSplit } = account;
  const [enabled, setEnabled] = useState(autoSplit.enabled ? 'yes' : 'no');
  const [min, setMin] = useState(autoSplit.min?.toString() ?? '');
  const [max, setMax] = useState(autoSplit.max?.toString() ?? '');
  const bounds = [min, max].map((each) => (each === '' ? undefined : wholeOf(each, SUB_ACCOUNTS_MAX)));
  const [least, most] = bounds;
  const isRight =
    (min === '' || least !== undefined) &&
    (max === '' || most !== undefined) &&
    (least ?? 1) <= (most ?? SUB_ACCOUNTS_MAX);
  const isOn = enabled === 'yes';
  return (
    <FormDialog
      title={`Auto-split of ${id}`}
      confirm={isOn ? `Let ${id} be split by itself` : `Leave ${id} at ${subAccounts}`}
      isReady={!isOn || isRight}
      close={close}
      submit={async () => {
        const json = isOn ? { enabled: true, min: least, max: most } : { enabled: false };
        await ask('PUT', `/v1/admin/accounts/${part(id)}/auto-split`, { json, ifMatch: etag });
        changed(isOn ? `${id} is split by itself where that pays.` : `${id} stays as it is.`);
      }}
    >
      <SelectField
        label="Split by itself"
        name="enabled"
        value={enabled}
        set={setEnabled}
        options={[
          ['yes', 'yes, while it is hot'],
          ['no', 'no'],
        ]}
      />
      {isOn && (
        <>
          <TextField
            label="At least"
            name="min"
            inputMode="numeric"
            value={min}
            set={setMin}
            hint="Sub-accounts; 1 if it is left out."
          />
          <TextField
            label="At most"
            name="max"
            inputMode="numeric"
            value={max}
            set={setMax}
            hint="Sub-accounts; as the service is set if it is left out."
          />
        </>
      )}
      <Preview>
        {isOn
          ? 'Where the service splits accounts (HOTSPLIT_AUTO_SPLIT), it adds sub-accounts while this one is hot and gains by it, and takes them away when it has cooled. A resize by hand turns this off.'
          : `It keeps its ${subAccounts} sub-accounts until somebody resizes it.`}
      </Preview>
    </FormDialog>
  );
}

export function EditDialog({ account, etag, changed, close }: ChangeProps) {
  const { id, asset } = account;
  const [low, setLow] = useState(typedText(account.lowBalance, asset));
  const [notes, setNotes] = useState(
    Object.entries(account.metadata ?? {})
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
  );
  const [credit, setCredit] = useState(typedText(account.creditLimit, asset));
  const [requests, setRequests] = useState(account.requestsPerSecond?.toString() ?? '');
  const [deductions, setDeductions] = useState(account.deductionsPerSecond?.toString() ?? '');
  const minor = low === '' ? null : minorOf(low, asset);
  const creditLimit = credit === '' ? null : limitMinorOf(credit, asset);
  const requestsPerSecond = requests === '' ? null : wholeOf(requests, RATE_MAX);
  const deductionsPerSecond = deductions === '' ? null : wholeOf(deductions, RATE_MAX);
  const metadata = metadataOf(notes);
  return (
    <FormDialog
      title={`Edit ${id}`}
      confirm={`Change ${id}`}
      isReady={[minor, creditLimit, metadata, requestsPerSecond, deductionsPerSecond].every(
        (each) => each !== undefined,
      )}
      close={close}
      submit={async () => {
        await ask('PATCH', `/v1/accounts/${part(id)}`, {
          json: {
            lowBalance: minor,
            // A change of it is answered when every shard goes by it.
            ...(creditLimit !== (account.creditLimit ?? null) && { creditLimit }),
            metadata,
            requestsPerSecond,
            deductionsPerSecond,
          },
          ifMatch: etag,
        });
        changed(`${id} is changed.`);
      }}
    >
      <AmountField
        label="Low balance"
        asset={asset}
        name="lowBalance"
        value={low}
        set={setLow}
        hint="An event tells when what is available falls to it. Empty: not watched."
      />
      <AmountField
        label="Credit limit"
        asset={asset}
        name="creditLimit"
        value={credit}
        set={setCredit}
        hint="How far below zero what it has may go. Empty: not below zero."
      />
      <TextField
        label="Requests a second"
        name="requestsPerSecond"
        inputMode="numeric"
        value={requests}
        set={setRequests}
        hint="How often it may be used or asked about, by whomever. Empty: without a bound."
      />
      <TextField
        label="Deductions a second"
        name="deductionsPerSecond"
        inputMode="numeric"
        value={deductions}
        set={setDeductions}
        hint="Holds and those in batches count too. Empty: without a bound."
      />
      <Field label="Metadata" hint="One name=value a line; empty for none.">
        <textarea
          name="metadata"
          rows={4}
          value={notes}
          onInput={(event) => {
            setNotes(event.currentTarget.value);
          }}
        />
      </Field>
    </FormDialog>
  );
}

/** @returns `undefined` for anything but a whole number from 1 to `most` */
function wholeOf(text: string, most: number): number | undefined {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= most ? value : undefined;
}

/** @returns `undefined` for a line without a name */
function metadataOf(notes: string): Readonly<Record<string, string>> | null | undefined {
  const lines = notes.split('\n').filter((line) => line.trim() !== '');
  const pairs = lines.map(
    (line) => [line.slice(0, line.indexOf('=')).trim(), line.slice(line.indexOf('=') + 1).trim()] as const,
  );
  if (lines.some((line) => line.indexOf('=') < 1)) return undefined;
  return pairs.length === 0 ? null : Object.fromEntries(pairs);
}

/** What will happen, before anybody confirms it. */
export function Preview({ children }: { readonly children: string | false }) {
  return (
    <div class="preview" aria-live="polite">
      <Facts>
        <Fact name="What will happen">{children}</Fact>
      </Facts>
    </div>
  );
}
