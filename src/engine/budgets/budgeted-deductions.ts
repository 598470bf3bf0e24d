import { CHARGES_MAX } from '../../ledger/allowance';
import type { AccountRecord } from '../../shards/directory/account-record';
import { type BudgetRecord, factsOf, type NewAllowance } from '../../shards/directory/budget-store';
import type { Engine } from '../engine';
import type { ChargeOutcome, EngineOutcome } from '../engine-outcome';
import type { PlainRequest } from '../router';
import type { Allowances } from './allowances';
import type { BudgetBook } from './budget-book';
import type { DirectoryTime } from './directory-time';

/** What a deduction with budgets came to. */
export type BudgetedOutcome = Exclude<EngineOutcome, ChargeOutcome> | BudgetRefusal;

/** Why nothing was charged to a budget; nor to the account. */
export type BudgetRefusal =
  | { readonly kind: 'budgetNotFound'; readonly budgetId: string }
  /** With all that are above the named ones there are more than a deduction may have. */
  | { readonly kind: 'tooManyBudgets' }
  | {
      readonly kind: 'budgetExhausted';
      readonly budgetId: string;
      readonly availableMinor: bigint;
      /** `null` of a budget without periods. */
      readonly renewsAtUs: number | null;
    };

export interface BudgetedParts {
  readonly book: BudgetBook;
  readonly allowances: Allowances;
  readonly time: DirectoryTime;
  readonly engine: Pick<Engine, 'charge' | 'findEntry'>;
}

/** Periods and limits may change under a deduction, each time by somebody's call. */
const TRIES_MAX = 20;

interface Charged {
  readonly budget: BudgetRecord;
  readonly allowance: NewAllowance;
}

/** Deductions that are charged to budgets: in their account and all of these, or nowhere. */
export class BudgetedDeductions {
  constructor(private readonly parts: BudgetedParts) {}

  /** Resolves and rejects as `Engine.submit`. @param budgetIds at least one */
  async submit(
    request: PlainRequest,
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
    return { kind: 'overloaded', shard: account.placement.shards[0] ?? '' };
  }

  /** @returns nothing where a period had to be opened first, or a limit to be changed */
  async #charge(
    request: PlainRequest,
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
    { requestId, fingerprint }: PlainRequest,
    account: AccountRecord,
    refusal: BudgetRefusal,
  ): Promise<BudgetedOutcome> {
    const found = await this.parts.engine.findEntry(account, requestId);
    if (!found) return refusal;
    return found.entry.fingerprint === fingerprint ? { kind: 'replayed', ...found } : { kind: 'keyReused' };
  }
}

function exhausted({ budget, allowance }: Charged, availableMinor: bigint): BudgetRefusal {
  return {
    kind: 'budgetExhausted',
    budgetId: budget.budgetId,
    availableMinor,
    renewsAtUs: allowance.periodEndUs,
  };
}
