import type { Charge, ChargeAsked } from '../../ledger/allowance';
import type { AccountRecord } from '../../shards/directory/account-record';
import { factsOf } from '../../shards/directory/budget-store';
import type { AccountCache } from '../account-cache';

export interface AllowanceUnsettled {
  readonly kind: 'allowanceUnsettled';
  readonly allowanceId: string;
}

/** The steps by which allowances are charged, as this instance knows them. */
export class NewestSteps {
  constructor(private readonly accounts: Pick<AccountCache, 'peek' | 'read'>) {}

  /** The charges by the newest steps of their allowances; or the first of these that is not ready to be charged. */
  async of(
    budgets: readonly Charge[],
    account: AccountRecord,
  ): Promise<readonly ChargeAsked[] | AllowanceUnsettled> {
    const asked: ChargeAsked[] = [];
    for (const charge of budgets) {
      const { allowanceId } = charge;
      const known = this.accounts.peek(allowanceId);
      const allowance = isCurrent(known, account) ? known : await this.accounts.read(allowanceId);
      if (!allowance || !isSettled(allowance)) return { kind: 'allowanceUnsettled', allowanceId };
      asked.push({ ...charge, step: allowance.placement.epoch });
    }
    return asked;
  }

  /** An allowance that was charged, or is to be. */
  async allowance(allowanceId: string): Promise<AccountRecord> {
    const allowance = this.accounts.peek(allowanceId) ?? (await this.accounts.read(allowanceId));
    if (!allowance) throw new RangeError(`${allowanceId} is gone`);
    return allowance;
  }
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
