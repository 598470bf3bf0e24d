import type { BudgetModel } from './budget-model';

/** What the account has at an instant. */
interface Standing {
  readonly payableMinor: bigint;
  readonly budgets: Pick<BudgetModel, 'shortOf'>;
  readonly maybeFrozen: boolean;
}

/** A call about something that stands, which may take money of the account; what was true at some instant of it. */
export class PinnedCall {
  wasShort = false;
  wasFrozen = false;
  /** Those that had too little for it at some instant. */
  readonly shortBudgets = new Set<string>();

  /**
   * @param wantsMinor what it would take at this instant; `undefined` of a call that takes nothing
   * @param budgetIds of the hold that it is about
   */
  constructor(
    private readonly wantsMinor: (() => bigint) | undefined,
    private readonly budgetIds: () => readonly string[] = () => [],
  ) {}

  get mayTake(): boolean {
    return this.wantsMinor !== undefined;
  }

  lookAt({ payableMinor, budgets, maybeFrozen }: Standing): void {
    if (this.wantsMinor) {
      const wantsMinor = this.wantsMinor();
      if (payableMinor < wantsMinor) this.wasShort = true;
      for (const each of budgets.shortOf(this.budgetIds(), wantsMinor)) this.shortBudgets.add(each);
    }
    if (maybeFrozen) this.wasFrozen = true;
  }
}
