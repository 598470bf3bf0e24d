import type { Command, CreditCommand, DeductCommand, GuardRow } from './command';
import type { Draft } from './draft';
import type { Entry, EntryKind } from './entry';
import { wrap64 } from './money';
import type { Outcome } from './outcome';
import { type SubAccount, withState } from './sub-account';

/** What was done under a command's key before, if anything: the same request again, or another one under its key. */
function earlierUse(draft: Draft, command: DeductCommand | CreditCommand): Outcome | undefined {
  const entry = draft.entry(command.accountId, command.requestId);
  if (!entry) return undefined;
  return entry.fingerprint === command.fingerprint ? { kind: 'replayed', entry } : { kind: 'keyReused' };
}

/**
 * What every command from outside passes before any question of money: a known key outranks everything, a row that has
 * gone on to a newer placement turns the command back, and a closed account refuses it.
 */
export function admit(draft: Draft, command: DeductCommand | CreditCommand): Admission {
  return earlierUse(draft, command) ?? admitToRow(draft, command);
}

export type Admission = Outcome | { readonly kind: 'admitted'; readonly row: SubAccount };

/** The same for a command whose key is known to be new. */
export function admitToRow(
  draft: Draft,
  command: Command & { readonly subAccount: number; readonly epoch: number },
): Admission {
  const turnedBack = 'guard' in command && command.guard && passGuard(draft, command.guard);
  if (turnedBack) return turnedBack;
  const row = draft.row(command.accountId, command.subAccount);
  if (!row) {
    draft.askForRow(command.accountId, command.subAccount);
    return { kind: 'fenced', epoch: command.epoch };
  }
  if (row.epoch > command.epoch) return { kind: 'fenced', epoch: row.epoch };
  if (row.accountStatus === 'closed') return draft.refuse(command, { kind: 'accountClosed' });
  return { kind: 'admitted', row };
}

function passGuard(draft: Draft, { accountId, subAccount, epoch }: GuardRow): Outcome | undefined {
  const row = draft.row(accountId, subAccount);
  if (!row) draft.askForRow(accountId, subAccount);
  return row && row.epoch <= epoch ? undefined : { kind: 'fenced', epoch: row?.epoch ?? epoch };
}

/** A change of a row's balance that came from outside the account: `net` moves with `available`. */
export function changeFromOutside(row: SubAccount, signedMinor: bigint): SubAccount {
  return withState({
    ...row,
    availableMinor: row.availableMinor + signedMinor,
    netMinor: wrap64(row.netMinor + signedMinor),
    version: row.version + 1,
    outsideVersion: row.outsideVersion + 1,
  });
}

/** What an entry takes over from the request behind it. */
type EntrySource = Pick<
  Entry,
  'accountId' | 'requestId' | 'amountMinor' | 'fingerprint' | 'reference' | 'metadata'
>;

/** @param row as the entry leaves it */
export function entryOf(
  kind: EntryKind,
  command: EntrySource,
  row: Pick<SubAccount, 'index' | 'version' | 'epoch'>,
  createdAtUs: number,
): Entry {
  return {
    accountId: command.accountId,
    requestId: command.requestId,
    kind,
    amountMinor: command.amountMinor,
    subAccount: row.index,
    version: row.version,
    epoch: row.epoch,
    fingerprint: command.fingerprint,
    reference: command.reference,
    metadata: command.metadata,
    createdAtUs,
  };
}
