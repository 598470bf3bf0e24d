import type { AccountRecord } from '../../shards/directory/account-record';
import type { Directory } from '../../shards/directory/directory';
import { ENDED } from '../../shards/directory/operation-store';
import type { AccountCache } from '../account-cache';
import { type JobRun, StepLostError } from './operation-runner';

/** What an operation needs that changes the record of its account. */
export interface RecordParts {
  readonly directory: Directory;
  readonly accounts: AccountCache;
  /** The account's record has changed: others may want to read it. */
  readonly changed: (accountId: string) => void;
}

/** Tries to change an account that keeps changing. */
const CHANGE_TRIES_MAX = 50;

/** The record past the cache, which leaves out past placements whose window is over and may remember one that was lost. */
export async function recordOf(run: JobRun, directory: Directory): Promise<AccountRecord> {
  const { accountId, operationId } = run.operation;
  const account = await directory.findAccount(accountId ?? '');
  if (!account) throw new StepLostError(operationId);
  return account;
}

/**
 * Makes the operation the one that the account has under way, unless it is that already.
 *
 * @returns false where the account has another one; then this operation has ended
 */
export async function beginOn(
  run: JobRun,
  account: AccountRecord,
  {
    directory,
    begin,
  }: {
    readonly directory: Directory;
    readonly begin: (account: AccountRecord, operationId: string) => Promise<boolean>;
  },
): Promise<boolean> {
  const { operationId } = run.operation;
  if (account.operationId === operationId || (await begin(account, operationId))) return true;
  const detail = 'Another operation of the account is under way.';
  await run.advance({ step: ENDED, status: 'failed', error: { code: 'OPERATION_IN_PROGRESS', detail } });
  // It may have been begun since it was looked at, and cannot be any more: an account that went on naming it would begin no
  // other one.
  await directory.dropOperation(account.accountId, operationId);
  return false;
}

/**
 * Changes the account's record while this operation is under way; where it is not any more, the change was made before, by
 * a runner that did not live to say so.
 *
 * @param change answers false when the record was another one by then
 */
export async function changeRecord(
  { directory, accounts, changed }: RecordParts,
  run: JobRun,
  change: (account: AccountRecord) => Promise<boolean>,
): Promise<void> {
  for (let tries = 1; tries <= CHANGE_TRIES_MAX; tries += 1) {
    run.signal.throwIfAborted();
    const account = await recordOf(run, directory);
    if (account.operationId !== run.operation.operationId) return;
    if (!(await change(account))) continue;
    await accounts.read(account.accountId);
    changed(account.accountId);
    return;
  }
  throw new Error(`the account ${String(run.operation.accountId)} keeps changing`);
}
