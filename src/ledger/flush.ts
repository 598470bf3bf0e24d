import type { FlushCommand, LeasedDeduction, RecallCommand } from './command';
import type { Draft } from './draft';
import { type Hold, UNCHANGED } from './hold';
import { LEASE_PART, leaseMetadata, RECALLED } from './lease';
import { lesser } from './money';
import type { Outcome } from './outcome';
import { changeFromOutside, entryOf } from './outside-change';
import type { SubAccount } from './sub-account';
import { released } from './settle-hold';

const NO_FINGERPRINT = '0'.repeat(32);

/**
 * Writes deductions that were answered before, out of the lease that was taken for them, and takes the next lease: each
 * is a hold that one flush ends and the next follows, so the ledger's sums need no rule of their own for leases.
 *
 * All or nothing. A key that exists already was sent elsewhere too: it counts once, and its money stays in the lease; one
 * that stands for something else is told. The
 * account's status does not matter to what was promised before, but under any other than active, in a row out of use and
 * once the lease is recalled nothing new is lent: the next lease is what is left, until its owner gives that back.
 */
export function flush(draft: Draft, command: FlushCommand): Outcome {
  const { accountId, leaseId, next, deductions } = command;
  const earlier = earlierFlush(draft, command);
  if (earlier) return earlier;
  const lease = leaseId === null ? undefined : draft.hold(accountId, leaseId);
  const row = lease ? draft.pinnedRow(accountId, lease.subAccount) : draft.row(accountId, command.subAccount);
  if (!row) {
    if (!lease) draft.askForRow(accountId, command.subAccount);
    return { kind: 'leaseOver' };
  }
  // What only gives money back writes no key, and is never too late.
  if (row.epoch > command.epoch && (next !== null || deductions.length > 0))
    return { kind: 'fenced', epoch: row.epoch };

  const fresh = deductions.filter(({ requestId }) => !draft.entry(accountId, requestId));
  const lentMinor = lease?.amountMinor ?? 0n;
  const restMinor = lentMinor - fresh.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
  if (restMinor < 0n) return { kind: 'leaseOver' };

  let after = lease ? endLease(draft, lease, row) : row;
  for (const deduction of fresh) after = write(draft, accountId, deduction, after);
  const isUsable = row.accountStatus === 'active' && row.state === 'open' && lease?.reference !== RECALLED;
  const wantedMinor = next ? amountOf(next, { row: after, restMinor, isUsable }) : 0n;
  const taken =
    next && wantedMinor > 0n ? take(draft, command, { row: after, lease, wantedMinor }) : undefined;
  if (!taken && after !== row) draft.putRow(after);
  const reused = reusedOf(draft, command);
  const found = deductions.length - fresh.length - reused.length;
  return { kind: 'flushed', lease: taken, isUsable, found, reused };
}

/** Tells a lease's owner, who reads it with the next flush, to give it back. */
export function recall(draft: Draft, { accountId, leaseId }: RecallCommand): Outcome {
  const lease = draft.hold(accountId, leaseId);
  if (lease?.state === 'held' && lease.reference !== RECALLED)
    draft.putHold({ ...lease, reference: RECALLED });
  return { kind: 'settled' };
}

/**
 * A flush whose answer was lost is sent again as it was: the lease it took, or that it gave one back, tells. What the row
 * looked like then says nothing of now, so that lease is not to be answered from.
 */
function earlierFlush(draft: Draft, command: FlushCommand): Outcome | undefined {
  const { accountId, leaseId, next } = command;
  const again = { kind: 'flushed', isUsable: false, found: 0, reused: reusedOf(draft, command) } as const;
  const taken = next && draft.hold(accountId, next.leaseId);
  if (taken) return { ...again, lease: taken.state === 'held' ? taken : undefined };
  const lease = leaseId === null ? undefined : draft.hold(accountId, leaseId);
  if (leaseId === null || lease?.state === 'held') return undefined;
  return lease?.state === 'cancelled' ? { ...again, lease: undefined } : { kind: 'leaseOver' };
}

/** Keys that stand for something else: what was answered under them is not charged. */
function reusedOf(draft: Draft, { accountId, deductions }: FlushCommand): string[] {
  return deductions
    .filter(({ requestId, fingerprint }) => {
      const entry = draft.entry(accountId, requestId);
      return entry !== undefined && entry.fingerprint !== fingerprint;
    })
    .map(({ requestId }) => requestId);
}

function endLease(draft: Draft, lease: Hold, row: SubAccount): SubAccount {
  const after = changeFromOutside(released(row, lease), 0n);
  draft.putHold({ ...lease, state: 'cancelled', settledVersion: after.version });
  return after;
}

function write(draft: Draft, accountId: string, deduction: LeasedDeduction, row: SubAccount): SubAccount {
  const after = changeFromOutside(row, -deduction.amountMinor);
  draft.addEntry(entryOf('deduction', { ...deduction, accountId }, after, draft.nextEntryUs));
  return after;
}

/** Never less than what is left: its owner may have answered from it meanwhile. */
function amountOf(
  { amountMaxMinor }: NonNullable<FlushCommand['next']>,
  at: { readonly row: SubAccount; readonly restMinor: bigint; readonly isUsable: boolean },
): bigint {
  if (!at.isUsable) return at.restMinor;
  const offeredMinor = lesser(amountMaxMinor, at.row.availableMinor / LEASE_PART);
  return offeredMinor > at.restMinor ? offeredMinor : at.restMinor;
}

function take(
  draft: Draft,
  { accountId, next }: FlushCommand,
  from: { readonly row: SubAccount; readonly lease: Hold | undefined; readonly wantedMinor: bigint },
): Hold | undefined {
  if (!next) return undefined;
  const { wantedMinor: amountMinor, row } = from;
  const after = changeFromOutside(
    { ...row, availableMinor: row.availableMinor - amountMinor, heldMinor: row.heldMinor + amountMinor },
    0n,
  );
  const createdAtUs = draft.nextEntryUs;
  const hold: Hold = {
    accountId,
    holdId: next.leaseId,
    subAccount: after.index,
    amountMinor,
    confirmedMinor: 0n,
    ...UNCHANGED,
    state: 'held',
    expiresAtUs: draft.nowUs + next.expiresInUs,
    version: after.version,
    settledVersion: null,
    fingerprint: NO_FINGERPRINT,
    reference: from.lease?.reference ?? null,
    metadata: leaseMetadata(next.termMs),
    createdAtUs,
  };
  draft.putRow(after);
  draft.putHold(hold);
  draft.addEntry(
    entryOf(
      'hold',
      {
        accountId,
        requestId: next.leaseId,
        amountMinor,
        fingerprint: NO_FINGERPRINT,
        reference: null,
        metadata: null,
      },
      after,
      createdAtUs,
    ),
  );
  return hold;
}
