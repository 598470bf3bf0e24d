import { useState } from 'preact/hooks';
import { part } from '../api/client';
import type { Entry } from '../api/shapes';
import { amountText } from '../format';
import { Button, Code, Empty, Time } from '../parts/basics';
import { Field, SelectField } from '../parts/fields';
import { List } from '../parts/paged';
import { EntryDialog } from './entry-dialog';

const KINDS = [
  ['', 'all kinds'],
  ['deduction', 'deductions'],
  ['credit', 'credits'],
  ['reversal', 'reversals'],
  ['hold-confirmation', 'confirmed holds'],
  ['transfer-out', 'transfers to others'],
  ['transfer-in', 'transfers from others'],
  ['transfer-return', 'returned transfers'],
  ['credit-reversal', 'reversed credits'],
] as const;

/** Whose money went out. */
const DEBITS = new Set(['deduction', 'hold-confirmation', 'transfer-out', 'credit-reversal']);

export function AccountEntries({
  id,
  asset,
  turn,
}: {
  readonly id: string;
  readonly asset: string;
  readonly turn: number;
}) {
  const [kind, setKind] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [reference, setReference] = useState('');
  const [wanted, setWanted] = useState('');
  const [shown, setShown] = useState<{ readonly requestId: string; readonly entry?: Entry }>();
  return (
    <>
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted.trim() !== '') setShown({ requestId: wanted.trim() });
        }}
      >
        <SelectField label="Kind" name="kind" value={kind} set={setKind} options={KINDS} />
        <TimeField label="From" name="from" value={from} set={setFrom} />
        <TimeField label="To" name="to" value={to} set={setTo} />
        <Field label="Reference">
          <input
            name="reference"
            value={reference}
            autocomplete="off"
            spellcheck={false}
            onChange={(event) => {
              setReference(event.currentTarget.value);
            }}
          />
        </Field>
        <Field label="Request or hold id">
          <input
            name="requestId"
            value={wanted}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => {
              setWanted(event.currentTarget.value);
            }}
          />
        </Field>
        <Button type="submit">Look it up</Button>
      </form>
      <List<Entry>
        caption={`Entries of ${id}, the newest first`}
        path={`/v1/accounts/${part(id)}/entries`}
        filters={{ kind, from: isoOf(from), to: isoOf(to), reference: reference.trim() }}
        turn={turn}
        everyMs={2_000}
        keyOf={({ kind: each, requestId, reverses }) => `${each} ${reverses ?? ''} ${requestId}`}
        empty={
          <Empty>
            {[kind, from, to, reference.trim()].every((each) => each === '')
              ? 'Nothing has come in or gone out yet.'
              : 'No entry fits.'}
          </Empty>
        }
        columns={[
          { name: 'time', show: ({ createdAt }) => (createdAt === undefined ? '' : <Time at={createdAt} />) },
          { name: 'kind', show: (each) => each.kind.replaceAll('-', ' ') },
          {
            name: 'amount',
            isNumber: true,
            show: ({ amount, kind: each }) => (
              <span class={DEBITS.has(each) ? 'debit' : 'credit'}>
                {DEBITS.has(each) ? '−' : '+'}
                {amountText(amount, asset)}
              </span>
            ),
          },
          {
            name: 'request',
            show: (entry) => (
              <button
                type="button"
                class="link"
                onClick={() => {
                  setShown({ requestId: entry.reverses ?? entry.requestId, entry });
                }}
              >
                <Code>{entry.requestId}</Code>
              </button>
            ),
          },
          {
            name: 'reference',
            isExtra: true,
            show: ({ reference }) => <span class="said">{reference}</span>,
          },
          {
            name: 'where',
            isExtra: true,
            show: ({ shard, subAccount }) => `${shard ?? ''} #${subAccount ?? ''}`,
          },
        ]}
      />
      {shown && (
        <EntryDialog
          account={id}
          asset={asset}
          {...shown}
          close={() => {
            setShown(undefined);
          }}
        />
      )}
    </>
  );
}

interface TimeFieldProps {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly set: (value: string) => void;
}

function TimeField({ label, name, value, set }: TimeFieldProps) {
  return (
    <Field label={label}>
      <input
        type="datetime-local"
        name={name}
        value={value}
        onChange={(event) => {
          set(event.currentTarget.value);
        }}
      />
    </Field>
  );
}

/** What the browser's clock calls a time, as the API takes it. */
function isoOf(local: string): string | undefined {
  const time = new Date(local);
  return local === '' || Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
