import type { Entry } from '../../ledger/entry';
import { feedChange } from '../../ledger/feed-change';
import type { Payment } from '../../ledger/payment';
import type { Hold } from '../../ledger/hold';
import type { IntakeRecord } from '../../ledger/intake';
import type { Changes } from '../../ledger/shard-state';
import type { Parameter } from '../database';
import { placeUs } from '../entry-place';
import { toFeedRow } from '../feed/feed-row';
import { ENTRY_COLUMNS, isWide, READ_ENTRY_COLUMNS, wideParameters } from '../statements/entry-row';
import { HOLD_COLUMNS, holdChargesText } from '../statements/hold-row';
import { INTAKE_COLUMNS, namedBudgets } from '../statements/intake-row';
import { PAYMENT_COLUMNS } from '../statements/payment-row';
import { REVERSAL_COLUMNS } from '../statements/reversal-row';
import { storedOverLimit, storedStatus } from '../statements/sub-account-row';
import type { RowStatement, RowWrite } from './file-writer-thread';

/** Entries that one statement inserts while there are as many: what a row costs falls by a third. */
const ENTRIES_TOGETHER = 16;

/** Bytes go to the writer as hex digits: as text they cost a fraction of what a buffer does, to make and to pass on. */
const ENTRY_ROW = '(?, ?, ?, ?, ?, ?, ?, ?, unhex(?), ?, ?)';

const INTAKE_ROW = '(?, ?, ?, ?, ?, ?, unhex(?), ?, ?, ?, ?, ?, ?, ?, ?, ?)';

/** What batches write. Plain INSERTs: a key that exists is an error. */
export const BATCH_WRITES = {
  insertEntry: {
    sql: `INSERT INTO entry (${ENTRY_COLUMNS}) VALUES ${ENTRY_ROW}`,
    parameters: 11,
    together: {
      rows: ENTRIES_TOGETHER,
      sql: `INSERT INTO entry (${ENTRY_COLUMNS}) VALUES ${Array(ENTRIES_TOGETHER).fill(ENTRY_ROW).join(', ')}`,
    },
  },
  /** With the other account or the budgets, which few entries have. */
  insertWideEntry: {
    sql: `INSERT INTO entry (${READ_ENTRY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, unhex(?), ?, ?, ?, ?)`,
    parameters: 13,
  },
  insertPayment: {
    sql: `INSERT INTO payment (${PAYMENT_COLUMNS}) VALUES (?, ?, ?, ?, unhex(?), ?, ?, ?, ?, ?, ?)`,
    parameters: 11,
  },
  insertHold: {
    sql: `INSERT INTO hold (${HOLD_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, unhex(?), ?, ?, ?, ?, ?, ?, ?)`,
    parameters: 17,
  },
  changeHold: {
    sql:
      'UPDATE hold SET state = ?, amount = ?, confirmed = ?, captured = ?, raised = ?, expires_at_us = ?, settled_version = ?, ' +
      'changed_version = ?, reference = ? WHERE account_id = ? AND hold_id = ?',
    parameters: 11,
  },
  insertReversal: {
    sql: `INSERT INTO reversal (${REVERSAL_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`,
    parameters: 6,
  },
  insertIntake: {
    sql: `INSERT INTO intake (${INTAKE_COLUMNS}) VALUES ${INTAKE_ROW}`,
    parameters: 16,
    together: {
      rows: ENTRIES_TOGETHER,
      sql: `INSERT INTO intake (${INTAKE_COLUMNS}) VALUES ${Array(ENTRIES_TOGETHER).fill(INTAKE_ROW).join(', ')}`,
    },
  },
  changeIntake: {
    sql: `UPDATE intake
         SET attempt = ?, state = ?, amount = ?, sub_account = ?, fingerprint = unhex(?), reference = ?, metadata = ?,
             received_at_us = ?, since_us = ?, reason = ?,
             screening_verdict = ?, screened_by = ?, screening_reason = ?, budgets = ?
       WHERE account_id = ? AND request_id = ?`,
    parameters: 16,
  },
  forgetIntake: { sql: 'DELETE FROM intake WHERE account_id = ? AND request_id = ?', parameters: 2 },
  insertTransfer: {
    sql: `INSERT INTO transfer
         (account_id, transfer_id, direction, from_sub_account, to_sub_account, peer_shard, amount, pending, created_at_us,
          from_version, to_version)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    parameters: 11,
  },
  insertFeedRow: {
    sql: 'INSERT INTO feed (created_at_us, changes) VALUES (?, ?)',
    parameters: 2,
  },
  writeRow: {
    sql: `UPDATE sub_account
         SET available = ?, held = ?, net = ?, moved = ?, epoch = ?, version = ?, outside_version = ?,
             account_status = ?, account_status_version = ?, state = ?, operation = ?,
             granted = ?, grant_version = ?, over_limit = ?
       WHERE account_id = ? AND idx = ?`,
    parameters: 16,
  },
} satisfies Readonly<Record<string, RowStatement>>;

/** The changes of a batch as rows of `BATCH_WRITES`, in the order in which they are written. */
export function batchWrites(changes: Changes, keepsFeed: boolean): RowWrite[] {
  const writes: [keyof typeof BATCH_WRITES, Parameter[]][] = [
    ...entryWrites(changes.entries),
    ['insertHold', changes.newHolds.flatMap(holdRow)],
    ['changeHold', changes.changedHolds.flatMap(changedHoldRow)],
    ['insertReversal', reversalRows(changes)],
    ['insertPayment', changes.newPayments.flatMap(paymentRow)],
    ['insertIntake', changes.newIntakes.flatMap((record) => [...keyOf(record), ...intakeRow(record)])],
    ['changeIntake', changes.changedIntakes.flatMap((record) => [...intakeRow(record), ...keyOf(record)])],
    ['forgetIntake', changes.forgottenIntakes.flatMap(keyOf)],
    ['insertTransfer', transferRows(changes)],
    ['insertFeedRow', keepsFeed ? feedRow(changes) : []],
    ['writeRow', subAccountRows(changes)],
  ];
  return writes.filter(([, parameters]) => parameters.length > 0);
}

function entryWrites(entries: readonly Entry[]): [keyof typeof BATCH_WRITES, Parameter[]][] {
  const wide = entries.filter(isWide);
  if (wide.length === 0) return [['insertEntry', entryRows(entries)]];
  const plain = entries.filter((entry) => !isWide(entry));
  return [
    ['insertEntry', entryRows(plain)],
    ['insertWideEntry', wide.flatMap((entry) => [...entryRows([entry]), ...wideParameters(entry)])],
  ];
}

function paymentRow(payment: Payment): Parameter[] {
  const { payee } = payment;
  return [
    payment.accountId,
    payment.requestId,
    payment.subAccount,
    lighter(payment.amountMinor),
    payment.fingerprint,
    payment.reference,
    payment.metadata,
    payment.createdAtUs,
    payee.accountId,
    payee.shard,
    payee.subAccount,
  ];
}

export function entryRows(entries: readonly Entry[]): Parameter[] {
  const parameters: Parameter[] = [];
  for (const entry of entries)
    parameters.push(
      entry.accountId,
      placeUs(entry),
      entry.subAccount,
      entry.version,
      entry.requestId,
      entry.kind,
      lighter(entry.amountMinor),
      entry.epoch,
      entry.fingerprint,
      entry.reference,
      entry.metadata,
    );
  return parameters;
}

function feedRow(changes: Changes): Parameter[] {
  const told = feedChange(changes);
  if (!told) return [];
  const row = toFeedRow(told, changes.nowUs);
  return [row.createdAtUs, row.changes];
}

function holdRow(hold: Hold): Parameter[] {
  return [
    hold.accountId,
    hold.holdId,
    hold.subAccount,
    lighter(hold.amountMinor),
    lighter(hold.confirmedMinor),
    hold.state,
    hold.expiresAtUs,
    hold.version,
    hold.settledVersion,
    hold.fingerprint,
    hold.reference,
    hold.metadata,
    hold.createdAtUs,
    lighter(hold.capturedMinor),
    lighter(hold.raisedMinor),
    hold.changedVersion,
    holdChargesText(hold),
  ];
}

function changedHoldRow(hold: Hold): Parameter[] {
  return [
    hold.state,
    lighter(hold.amountMinor),
    lighter(hold.confirmedMinor),
    lighter(hold.capturedMinor),
    lighter(hold.raisedMinor),
    hold.expiresAtUs,
    hold.settledVersion,
    hold.changedVersion,
    hold.reference,
    hold.accountId,
    hold.holdId,
  ];
}

function reversalRows({ reversals }: Changes): Parameter[] {
  return reversals.flatMap(({ accountId, reverses, number, reversedMinor, subAccount, version }) => [
    accountId,
    reverses,
    number,
    lighter(reversedMinor),
    subAccount,
    version,
  ]);
}

function keyOf({ accountId, requestId }: Pick<IntakeRecord, 'accountId' | 'requestId'>): Parameter[] {
  return [accountId, requestId];
}

function intakeRow(record: IntakeRecord): Parameter[] {
  return [
    record.attempt,
    record.state,
    lighter(record.amountMinor),
    record.subAccount,
    record.fingerprint,
    record.reference,
    record.metadata,
    record.receivedAtUs,
    record.sinceUs,
    record.reason,
    record.screening?.verdict ?? null,
    record.screening?.by ?? null,
    record.screening?.reason ?? null,
    namedBudgets(record),
  ];
}

function transferRows({ departures, arrivals, localMoves, nowUs }: Changes): Parameter[] {
  const outs = departures.flatMap((out) => [
    ...half(out, 'out'),
    out.toShard,
    lighter(out.amountMinor),
    1,
    nowUs,
    out.fromVersion,
    null,
  ]);
  const ins = arrivals.flatMap((arrival) => [
    ...half(arrival, 'in'),
    arrival.fromShard,
    lighter(arrival.amountMinor),
    null,
    nowUs,
    null,
    arrival.toVersion,
  ]);
  const locals = localMoves.flatMap((move) => [
    ...half(move, 'local'),
    null,
    lighter(move.amountMinor),
    null,
    nowUs,
    move.fromVersion,
    move.toVersion,
  ]);
  return [...outs, ...ins, ...locals];
}

function half(
  transfer: { accountId: string; transferId: string; fromSubAccount: number; toSubAccount: number },
  direction: 'out' | 'in' | 'local',
): Parameter[] {
  return [transfer.accountId, transfer.transferId, direction, transfer.fromSubAccount, transfer.toSubAccount];
}

function subAccountRows({ subAccounts }: Changes): Parameter[] {
  return subAccounts.flatMap((row) => [
    lighter(row.availableMinor),
    lighter(row.heldMinor),
    lighter(row.netMinor),
    lighter(row.movedMinor),
    row.epoch,
    row.version,
    row.outsideVersion,
    storedStatus(row.accountStatus),
    row.accountStatusVersion,
    row.state,
    row.operation,
    lighter(row.grantedMinor),
    row.grantVersion,
    storedOverLimit(row.accountStatus),
    row.accountId,
    row.index,
  ]);
}

/** A `number` where it is exact: SQLite keeps it as the integer it is, and it costs less to pass on. */
function lighter(amountMinor: bigint): Parameter {
  const number = Number(amountMinor);
  return Number.isSafeInteger(number) ? number : amountMinor;
}
