import type { EndIntakeCommand, ReceiveCommand, TakeOverCommand } from './command';
import type { Draft } from './draft';
import { type IntakeRecord, PUT_OFF_US_MAX, PUT_OFF_US_MIN, type PutOff } from './intake';
import type { Outcome } from './outcome';

/**
 * Keeps a deduction to be charged later. Entries and records under its key were looked up with the batch: whatever has the
 * key already is answered as it is.
 *
 * The first attempt under a key takes no lock. Another one changes a record that others may be looking at, so all of the
 * account's rows here are locked for it.
 */
export function receive(draft: Draft, command: ReceiveCommand): Outcome {
  const { accountId, requestId, attemptMin } = command;
  const earlier = earlierUse(draft, command);
  if (earlier) return earlier;
  const known = draft.intake(accountId, requestId);
  if (!known) return keep(draft, command, attemptMin);
  const stands = command.isMessage && known.state === 'rejected' && known.fingerprint === command.fingerprint;
  if (stands || !draft.wholeAccount(accountId)) return { kind: 'received', record: known, replayed: true };
  return keep(draft, command, Math.max(attemptMin, known.attempt + 1));
}

/**
 * Takes an attempt over from a past home. Only a placement that no row here is ahead of may do so: two that move an attempt
 * to and fro would otherwise each take the other's record for the one that stays.
 */
export function takeOver(draft: Draft, command: TakeOverCommand): Outcome {
  const { accountId, requestId, subAccount, attempt, receivedAtUs, epoch } = command;
  const row = draft.row(accountId, subAccount);
  if (!row) {
    draft.askForRow(accountId, subAccount);
    return { kind: 'fenced', epoch };
  }
  if (row.epoch > epoch) return { kind: 'fenced', epoch: row.epoch };
  const earlier = earlierUse(draft, command);
  if (earlier) return earlier;
  const known = draft.intake(accountId, requestId);
  if (!known) return keep(draft, command, attempt);
  const isRejected = known.state === 'rejected';
  // Brought here before, and ended; but one that was received later, by somebody who did not know of this, is another attempt.
  if (isRejected && attempt <= known.attempt && receivedAtUs <= known.receivedAtUs)
    return found(known, command);
  if (!draft.wholeAccount(accountId)) return { kind: 'received', record: known, replayed: true };
  return keep(draft, command, Math.max(attempt, isRejected ? known.attempt + 1 : known.attempt));
}

/** What has the key: an entry, an attempt that waits, or one that was charged. */
function earlierUse(draft: Draft, command: ReceiveCommand | TakeOverCommand): Outcome | undefined {
  const { accountId, requestId, fingerprint } = command;
  const entry = draft.entry(accountId, requestId);
  if (entry) return entry.fingerprint === fingerprint ? { kind: 'replayed', entry } : { kind: 'keyReused' };
  const known = draft.intake(accountId, requestId);
  return known?.state === 'received' || known?.state === 'succeeded' ? found(known, command) : undefined;
}

function found(record: IntakeRecord, { fingerprint }: { readonly fingerprint: string }): Outcome {
  return record.fingerprint === fingerprint
    ? { kind: 'received', record, replayed: true }
    : { kind: 'keyReused' };
}

function keep(draft: Draft, command: ReceiveCommand | TakeOverCommand, attempt: number): Outcome {
  const { accountId, requestId, amountMinor, subAccount, fingerprint, reference, metadata, budgets } =
    command;
  const { nowUs } = draft;
  const record: IntakeRecord = {
    accountId,
    requestId,
    attempt,
    state: 'received',
    amountMinor,
    subAccount,
    fingerprint,
    reference,
    metadata,
    receivedAtUs: command.kind === 'takeOver' ? command.receivedAtUs : nowUs,
    sinceUs: nowUs,
    reason: null,
    screening: null,
    ...(budgets && { budgets }),
  };
  draft.putIntake(record);
  return { kind: 'received', record, replayed: false };
}

/** One attempt, and the row that its record is pinned to. */
export type Attempt = Pick<IntakeRecord, 'accountId' | 'requestId' | 'attempt' | 'subAccount'>;

/**
 * The record by which an attempt may still be charged or ended, read under the lock of its row. An attempt that has ended, has
 * been followed by another or was never received here is over.
 */
export function openIntake(draft: Draft, { accountId, requestId, attempt, subAccount }: Attempt) {
  const record = draft.intake(accountId, requestId);
  return record?.state === 'received' && record.attempt === attempt && record.subAccount === subAccount
    ? record
    : undefined;
}

/** Writes what became of an attempt, under the lock of its row: an entry under its key outranks every reason to reject it. */
export function endIntake(draft: Draft, command: EndIntakeCommand): Outcome {
  const { accountId, requestId, attempt, subAccount, epoch, end } = command;
  const row = draft.row(accountId, subAccount);
  if (!row) {
    draft.askForRow(accountId, subAccount);
    return { kind: 'attemptOver' };
  }
  if (end.kind === 'forgotten') {
    const ended = draft.intake(accountId, requestId);
    if (ended?.attempt !== attempt || ended.state === 'received') return { kind: 'attemptOver' };
    draft.forgetIntake(ended);
    return { kind: 'intakeEnded', record: ended };
  }
  if (row.epoch > epoch) return { kind: 'fenced', epoch: row.epoch };
  const record = openIntake(draft, command);
  if (!record) return { kind: 'attemptOver' };
  const entry = draft.entry(accountId, requestId);
  const ended: IntakeRecord = {
    ...record,
    sinceUs: draft.nowUs,
    ...endOf(record, end, { entry, nowUs: draft.nowUs }),
  };
  draft.putIntake(ended);
  return { kind: 'intakeEnded', record: ended };
}

interface Known {
  readonly entry: { readonly fingerprint: string } | undefined;
  readonly nowUs: number;
}

function endOf(
  record: IntakeRecord,
  end: EndIntakeCommand['end'],
  { entry, nowUs }: Known,
): Pick<IntakeRecord, 'state' | 'reason'> & Partial<IntakeRecord> {
  if (entry)
    return entry.fingerprint === record.fingerprint
      ? { state: 'succeeded', reason: null }
      : { state: 'rejected', reason: 'IDEMPOTENCY_KEY_REUSED' };
  switch (end.kind) {
    case 'rejected':
      return { state: 'rejected', reason: end.reason, screening: end.screening ?? record.screening };
    case 'putOff':
      return putOff(record, end, nowUs);
    case 'moved':
      return { state: 'moved', reason: null };
    default:
      return { state: 'succeeded', reason: null };
  }
}

/** The pause grows with the record's age by this shard's clock, so nobody has to count tries. */
function putOff(
  { receivedAtUs }: IntakeRecord,
  { screening, waitUsMax, jitter }: PutOff,
  nowUs: number,
): Pick<IntakeRecord, 'state' | 'reason' | 'screening'> & Partial<IntakeRecord> {
  const ageUs = nowUs - receivedAtUs;
  if (ageUs >= waitUsMax) return { state: 'rejected', reason: 'SCREENED_OUT', screening };
  const longestUs = Math.min(Math.max(ageUs, PUT_OFF_US_MIN), PUT_OFF_US_MAX);
  return {
    state: 'received',
    reason: null,
    screening,
    sinceUs: nowUs + Math.ceil(longestUs * (0.5 + jitter / 2)),
  };
}
