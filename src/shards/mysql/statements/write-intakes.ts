import type { IntakeRecord } from '../../../ledger/intake';
import type { Changes } from '../../../ledger/shard-state';
import { INTAKE_COLUMNS } from '../../statements/intake-row';
import { type Guard, guardFirst, UNGUARDED } from './guard';
import { literal, literalList } from './literal';

const LIST_LENGTH_MAX = 900;

type Written = Pick<Changes, 'newIntakes' | 'changedIntakes' | 'forgottenIntakes'>;

/**
 * Writes records of the intake. New ones by one plain INSERT in the order of the primary key: a key that exists is an error
 * (1062), and the batch is decided again. The others are changed and deleted by the primary key, X on these rows only: their
 * sub-accounts are locked, so nobody else changes them.
 */
export function writeIntakes(
  { newIntakes, changedIntakes, forgottenIntakes }: Written,
  guard = UNGUARDED,
): string[] {
  const ended = changedIntakes.filter(({ state }) => state !== 'received');
  const reopened = changedIntakes.filter(({ state }) => state === 'received');
  return [
    ...(newIntakes.length > 0 ? [insert(newIntakes, guard)] : []),
    ...end(ended, guard),
    ...reopened.map((record) => reopen(record, guard)),
    ...forget(forgottenIntakes, guard),
  ];
}

function insert(records: readonly IntakeRecord[], guard: Guard): string {
  const rows = [...records].sort(byKey).map((record, at) => valuesOf(record, guardFirst(guard, at)));
  return `INSERT INTO intake (${INTAKE_COLUMNS})\n    VALUES ${rows.join(',')}`;
}

function byKey(a: IntakeRecord, b: IntakeRecord): number {
  if (a.accountId !== b.accountId) return a.accountId < b.accountId ? -1 : 1;
  return a.requestId < b.requestId ? -1 : 1;
}

function valuesOf(record: IntakeRecord, guard: Guard): string {
  return (
    `(${guard(literal(record.accountId))},${literal(record.requestId)},${record.attempt},'${record.state}',` +
    `${record.amountMinor},${record.subAccount},X'${record.fingerprint}',${literal(record.reference)},` +
    `${literal(record.metadata)},${record.receivedAtUs},${record.sinceUs},${literal(record.reason)})`
  );
}

/** Records of one account that ended alike are written together: mostly all of a batch succeeded. */
function end(records: readonly IntakeRecord[], guard: Guard): string[] {
  const alike = Map.groupBy(records, ({ accountId, state, reason, sinceUs }) =>
    [accountId, state, reason ?? '', sinceUs].join(' '),
  );
  return [...alike.values()].flatMap((some) => {
    const { accountId, state, reason, sinceUs } = some[0] as IntakeRecord;
    return inLists(some).map(
      (keys) =>
        `UPDATE intake SET state = ${guard(`'${state}'`)}, since_us = ${sinceUs}, reason = ${literal(reason)}
         WHERE account_id = ${literal(accountId)} AND request_id IN (${keys})`,
    );
  });
}

/** Another attempt under the key. */
function reopen(record: IntakeRecord, guard: Guard): string {
  const { accountId, requestId } = record;
  return `UPDATE intake SET state = ${guard(`'${record.state}'`)}, attempt = ${record.attempt}, amount = ${record.amountMinor},
      sub_account = ${record.subAccount}, fingerprint = X'${record.fingerprint}', reference = ${literal(record.reference)},
      metadata = ${literal(record.metadata)}, received_at_us = ${record.receivedAtUs}, since_us = ${record.sinceUs}, reason = NULL
    WHERE account_id = ${literal(accountId)} AND request_id = ${literal(requestId)}`;
}

/** A DELETE has no value to guard, so the first record of each statement is marked by a guarded UPDATE before. */
function forget(records: Written['forgottenIntakes'], guard: Guard): string[] {
  return [...Map.groupBy(records, ({ accountId }) => accountId)].flatMap(([accountId, some]) =>
    inLists(some).flatMap((keys) => {
      const where = `WHERE account_id = ${literal(accountId)} AND request_id IN (${keys})`;
      const marked = guard === UNGUARDED ? [] : [`UPDATE intake SET state = ${guard(`'moved'`)} ${where}`];
      return [...marked, `DELETE FROM intake ${where}`];
    }),
  );
}

function inLists(records: readonly Pick<IntakeRecord, 'requestId'>[]): string[] {
  const lists: string[] = [];
  for (let from = 0; from < records.length; from += LIST_LENGTH_MAX)
    lists.push(literalList(records.slice(from, from + LIST_LENGTH_MAX).map(({ requestId }) => requestId)));
  return lists;
}
