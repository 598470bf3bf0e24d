import { CHARGES_MAX } from '../../ledger/allowance';
import type { AccountRecord } from '../../shards/directory/account-record';
import { type BudgetRecord, factsOf, type NewAllowance } from '../../shards/directory/budget-store';
import { ShardContendedError } from '../../shards/faults';
import type { AccountCache } from '../account-cache';
import { earlierUse } from '../earlier-use';
import type { Engine } from '../engine';
import type { BudgetRefusal, ChargeOutcome, EngineOutcome } from '../engine-outcome';
import type { FollowUp } from '../follow-ups';
import type { PlainRequest, Request } from '../router';
import type { ShardSet } from '../shard-set';
import type { Allowances } from './allowances';
import type { BudgetBook } from './budget-book';
import type { DirectoryTime } from './directory-time';
import { openedAllowance } from './newest-steps';

/** What a deduction or a hold with budgets came to. */
export type BudgetedOutcome = Exclude<EngineOutcome, ChargeOutcome>;

export interface BudgetedParts {
  readonly book: BudgetBook;
  readonly allowances: Allowances;
  readonly time: DirectoryTime;
  readonly accounts: Pick<AccountCache, 'peek' | 'read'>;
  readonly shards: ShardSet;
  readonly engine: Pick<Engine, 'submit' | 'charge' | 'findEntry' | 'follow'>;
}

/** Periods and limits may change under a deduction, each time by somebody's call. */
const TRIES_MAX = 20;

interface Charged {
  readonly budget: BudgetRecord;
  readonly allowance: NewAllowance;
}

/** Deductions and holds that are charged to budgets: in their account and all of these, or nowhere. */
export class BudgetedDebits {
  constructor(private readonly parts: BudgetedParts) {}

  /** Resolves and rejects as `Engine.submit`. @param budgetIds at least one */
  async submit(
    request: Request,
    account: AccountRecord,
    budgetIds: readonly string[],
  ): Promise<BudgetedOutcome> {
    if (isToBeQueued(request, account)) {
      const outcome = await this.parts.engine.submit({ ...request, budgetIds }, account);
      if (outcome.kind === 'allowanceShort' || outcome.kind === 'allowanceUnsettled')
        throw new TypeError(`"${outcome.kind}" is not an outcome of what was queued`);
      return outcome;
    }
    return this.charge(request, account, budgetIds);
  }

  /** The same, whatever the account's strategy. */
  charge(request: Request, account: AccountRecord, budgetIds: readonly string[]): Promise<BudgetedOutcome> {
    return unlessContended(account, () => this.#chargeNow(request, account, budgetIds));
  }

  async #chargeNow(
    request: Request,
    account: AccountRecord,
    budgetIds: readonly string[],
  ): Promise<BudgetedOutcome> {
    for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
      const resolved = await this.parts.book.resolve(account.accountId, budgetIds);
      if (resolved.kind !== 'found') return this.#unlessDone(request, account, resolved);
      if (resolved.budgets.length > CHARGES_MAX)
        return this.#unlessDone(request, account, { kind: 'tooManyBudgets' });
      const nowUs = await this.parts.time.nowUs();
      const charged = resolved.budgets.map((budget) => ({
        budget,
        allowance: this.parts.book.allowanceAt(budget, nowUs),
      }));
      const outcome = await this.#charge(request, account, charged);
      if (outcome) return outcome;
    }
    return overloaded(account);
  }

  /** @returns nothing where a period had to be opened first, or a limit to be changed */
  async #charge(
    request: Request,
    account: AccountRecord,
    charged: readonly Charged[],
  ): Promise<BudgetedOutcome | undefined> {
    const budgets = charged.map(({ allowance: { budgetId, allowanceId } }) => ({ budgetId, allowanceId }));
    const outcome = await this.parts.engine.charge({ ...request, budgets }, account);
    if (outcome.kind !== 'allowanceShort' && outcome.kind !== 'allowanceUnsettled') return outcome;
    const about = charged.find(({ allowance }) => allowance.allowanceId === outcome.allowanceId);
    if (!about) throw new RangeError(`${outcome.allowanceId} was not charged`);
    if (outcome.kind === 'allowanceShort') return exhausted(about, outcome.availableMinor);

    const allowance = await this.parts.allowances.settle(about.allowance);
    const { budget } = about;
    if (!allowance || factsOf(allowance).isDeleted) {
      this.parts.book.forget(budget.accountId, budget.budgetId);
      return undefined;
    }
    if (factsOf(allowance).pending.length === 0) return undefined;
    // More is spent than the limit by now.
    return this.#unlessDone(request, account, exhausted(about, 0n));
  }

  /** A found key outranks every reason to refuse. */
  async #unlessDone(
    request: Request,
    account: AccountRecord,
    refusal: BudgetRefusal,
  ): Promise<BudgetedOutcome> {
    const { engine, shards } = this.parts;
    const found = await engine.findEntry(account, request.requestId);
    if (!found) return refusal;
    const { entry, shard } = found;
    const earlier = await earlierUse(request, entry, shards.shard(shard));
    return earlier.kind === 'replayed' || earlier.kind === 'held' ? { ...earlier, shard } : earlier;
  }

  /**
   * What is done to a hold, which may set more aside for it in its account and the periods of the budgets that it was taken in, or
   * nowhere. Resolves and rejects as `Engine.follow`.
   */
  follow(followUp: FollowUp, account: AccountRecord): Promise<BudgetedOutcome> {
    return unlessContended(account, () => this.#followNow(followUp, account));
  }

  async #followNow(followUp: FollowUp, account: AccountRecord): Promise<BudgetedOutcome> {
    const { allowances, engine } = this.parts;
    let spent: string | undefined;
    for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
      const outcome = await engine.follow(followUp, account);
      if (outcome.kind !== 'allowanceShort' && outcome.kind !== 'allowanceUnsettled') return outcome;
      const { allowanceId } = outcome;
      const known = await openedAllowance(this.parts.accounts, allowanceId);
      const { budgetId } = factsOf(known);
      const short = { kind: 'budgetExhausted', budgetId, renewsAtUs: null } as const;
      if (outcome.kind === 'allowanceShort') return { ...short, availableMinor: outcome.availableMinor };
      // What was done before was looked for since it was found that more is spent than the limit.
      if (spent === allowanceId) return { ...short, availableMinor: 0n };
      const allowance = await allowances.settle(asNew(known));
      if (!allowance || factsOf(allowance).isDeleted) return { kind: 'budgetNotFound', budgetId };
      spent = factsOf(allowance).pending.length > 0 ? allowanceId : undefined;
    }
    return overloaded(account);
  }
}

/** It is received first, and charged as whatever was received. */
function isToBeQueued(request: Request, { strategy }: AccountRecord): request is PlainRequest {
  return strategy === 'queued' && request.kind === 'deduct';
}

/** A period cannot be opened while the queue of a shard is full. */
async function unlessContended(
  account: AccountRecord,
  run: () => Promise<BudgetedOutcome>,
): Promise<BudgetedOutcome> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ShardContendedError) return overloaded(account);
    throw error;
  }
}

function overloaded({ placement }: AccountRecord): BudgetedOutcome {
  return { kind: 'overloaded', shard: placement.shards[0] ?? '' };
}

function exhausted({ budget, allowance }: Charged, availableMinor: bigint): BudgetRefusal {
  return {
    kind: 'budgetExhausted',
    budgetId: budget.budgetId,
    availableMinor,
    renewsAtUs: allowance.periodEndUs,
  };
}

/** An allowance that is open, as it would be opened. */
export function asNew(allowance: AccountRecord): NewAllowance {
  const { of, budgetId, periodStartUs, periodEndUs } = factsOf(allowance);
  return { allowanceId: allowance.accountId, accountId: of, budgetId, periodStartUs, periodEndUs };
}
