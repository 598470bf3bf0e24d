import type { AccountRates as Rates, AccountRecord } from '../../shards/directory/account-record';
import type { Taken } from './gcra';
import type { RateLimits } from './rate-limits';

/** Why a deduction was not made: its account has had as many as it may. */
export interface RateLimited {
  readonly kind: 'rateLimited';
  readonly perSecond: number;
  readonly waitMs: number;
}

/** Who has a rate of its own. No id of a key has a colon in it. */
export function accountHolder(accountId: string): string {
  return `account:${accountId}`;
}

/** The rates of accounts: as those of keys, whoever uses them. */
export class AccountRates {
  constructor(
    private readonly limits: RateLimits,
    private readonly peek: (accountId: string) => AccountRecord | undefined,
  ) {}

  /** As far as they are known without asking anybody; `null` where there are none. */
  of(accountId: string): Rates | null {
    return this.peek(accountId)?.rates ?? null;
  }

  /** Takes one deduction of an account that came with others. @returns the refusal; nothing where it may be made */
  takeOne({ accountId, rates }: AccountRecord): RateLimited | undefined | Promise<RateLimited | undefined> {
    const perSecond = rates?.deductionsPerSecond ?? null;
    if (perSecond === null) return undefined;
    const verdict = ({ allowed, waitMs }: Taken): RateLimited | undefined =>
      allowed ? undefined : { kind: 'rateLimited', perSecond, waitMs };
    const taken = this.limits.take(accountHolder(accountId), 'deductions', perSecond, 1);
    return taken instanceof Promise ? taken.then(verdict) : verdict(taken);
  }
}
