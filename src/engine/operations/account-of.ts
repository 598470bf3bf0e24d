import type { AccountRecord } from '../../shards/directory/account-record';
import type { AccountCache } from '../account-cache';
import { type JobRun, StepLostError } from './operation-runner';

/** The account that an operation is about, as the directory has it now. */
export async function accountOf(run: JobRun, accounts: AccountCache): Promise<AccountRecord> {
  const { accountId, operationId } = run.operation;
  const account = await accounts.read(accountId ?? '');
  if (!account) throw new StepLostError(operationId);
  return account;
}
