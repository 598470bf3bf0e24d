import type { Charge, ChargeAsked } from '../../ledger/allowance';
import type { AccountRecord } from '../../shards/directory/account-record';
import { factsOf } from '../../shards/directory/budget-store';
import type { AccountCache } from '../account-cache';

export interface AllowanceUnsettled {
  readonly kind: 'allowanceUnsettled';
  readonly allowanceId: string;
}

/**
 * The charges by the newest steps of their allowances, as this instance knows them; or the first of these that is not ready to be
 * charged.
 */
export async function newestSteps(
  accounts: Pick<AccountCache, 'peek' | 'read'>,
  budgets: readonly Charge[],
  account: AccountRecord,
): Promise<readonly ChargeAsked[] | AllowanceUnsettled> {
  const asked: ChargeAsked[] = [];
  for (const charge of budgets) {
    const { allowanceId } = charge;
    const known = accounts.peek(allowanceId);
    const allowance = isCurrent(known, account) ? known : await accounts.read(allowanceId);
    if (!allowance || !isSettled(allowance)) return { kind: 'allowanceUnsettled', allowanceId };
    asked.push({ ...charge, step: allowance.placement.epoch });
  }
  return asked;
}

/** An allowance that was charged, or is to be. */
export async function openedAllowance(
  accounts: Pick<AccountCache, 'peek' | 'read'>,
  allowanceId: string,
): Promise<AccountRecord> {
  const allowance = accounts.peek(allowanceId) ?? (await accounts.read(allowanceId));
  if (!allowance) throw new RangeError(`${allowanceId} is gone`);
  return allowance;
}

/**
 * Whether an allowance was read when its account already had the size and the placement that it is routed by here. An older reading
 * may have missed a step whose fence did not reach the rows that have come since.
 */
function isCurrent(allowance: AccountRecord | undefined, account: AccountRecord): allowance is AccountRecord {
  return allowance !== undefined && allowance.operation >= account.operation;
}

function isSettled(allowance: AccountRecord): boolean {
  const { pending, isDeleted } = factsOf(allowance);
  return pending.length === 0 && !isDeleted;
}

export function isUnsettled(steps: readonly ChargeAsked[] | AllowanceUnsettled): steps is AllowanceUnsettled {
  return 'kind' in steps;
}
