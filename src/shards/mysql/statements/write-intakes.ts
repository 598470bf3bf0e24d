import type { IntakeRecord } from '../../../ledger/intake';
import type { Screened } from '../../../ledger/screened';
import type { Changes } from '../../../ledger/shard-state';
import { INTAKE_COLUMNS, namedBudgets } from '../../statements/intake-row';
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
  // Only screening leaves a verdict with what goes on waiting; another attempt begins without one.
  const reopened = changedIntakes.filter(
    ({ state, screening }) => state === 'received' && screening === null,
  );
  const ended = changedIntakes.filter((record) => !reopened.includes(record));
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
    `${literal(record.metadata)},${record.receivedAtUs},${record.sinceUs},${literal(record.reason)},` +
    `${literals(record.screening)},${literal(namedBudgets(record))})`
  );
}

/** Records of one account that ended alike are written together: mostly all of a batch succeeded. */
function end(records: readonly IntakeRecord[], guard: Guard): string[] {
  const alike = Map.groupBy(records, ({ accountId, state, reason, screening }) =>
    [accountId, state, reason ?? '', screening?.verdict ?? '', screening?.by ?? ''].join(' '),
  );
  return [...alike.values()].flatMap((some) => {
    const { accountId, state, reason, screening } = some[0] as IntakeRecord;
    const { verdict = null, by = null } = screening ?? {};
    return inLists(some).map(
      (keys, at) =>
        `UPDATE intake SET state = ${guard(`'${state}'`)}, since_us = ${each(pageOf(some, at), ({ sinceUs }) => `${sinceUs}`)},
           reason = ${literal(reason)}, screening_verdict = ${literal(verdict)}, screened_by = ${literal(by)},
           screening_reason = ${each(pageOf(some, at), (record) => literal(record.screening?.reason ?? null))}
         WHERE account_id = ${literal(accountId)} AND request_id IN (${keys})`,
    );
  });
}

/** Another attempt under the key. */
function reopen(record: IntakeRecord, guard: Guard): string {
  const { accountId, requestId } = record;
  return `UPDATE intake SET state = ${guard(`'${record.state}'`)}, attempt = ${record.attempt}, amount = ${record.amountMinor},
      sub_account = ${record.subAccount}, fingerprint = X'${record.fingerprint}', reference = ${literal(record.reference)},
      metadata = ${literal(record.metadata)}, received_at_us = ${record.receivedAtUs}, since_us = ${record.sinceUs}, reason = NULL,
      screening_verdict = NULL, screened_by = NULL, screening_reason = NULL, budgets = ${literal(namedBudgets(record))}
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

function literals(screening: Screened | null): string {
  return [screening?.verdict, screening?.by, screening?.reason]
    .map((each) => literal(each ?? null))
    .join(',');
}

/** A value of its own for each record of a statement; mostly they are all the same. */
function each(records: readonly IntakeRecord[], valueOf: (record: IntakeRecord) => string): string {
  const values = records.map(valueOf);
  const [first = 'NULL'] = values;
  if (values.every((value) => value === first)) return first;
  const cases = records.map(({ requestId }, at) => `WHEN ${literal(requestId)} THEN ${values[at]}`);
  return `CASE request_id ${cases.join(' ')} END`;
}

function pageOf(records: readonly IntakeRecord[], at: number): readonly IntakeRecord[] {
  return records.slice(at * LIST_LENGTH_MAX, (at + 1) * LIST_LENGTH_MAX);
}

function inLists(records: readonly Pick<IntakeRecord, 'requestId'>[]): string[] {
  const lists: string[] = [];
  for (let from = 0; from < records.length; from += LIST_LENGTH_MAX)
    lists.push(literalList(records.slice(from, from + LIST_LENGTH_MAX).map(({ requestId }) => requestId)));
  return lists;
}
