import { coldAccountId, drawAccount } from '../cold/cold-accounts';
import { runClosedLoop } from '../measure/closed-loop';
import type { Timing } from '../measure/measurement';
import { amountOf, requestIdOf } from '../measure/requests';
import { Tally } from '../measure/tally';
import type { LoadResult } from './load-plan';

/** What a load client that speaks through a library is to send. */
export interface LoopPlan {
  /** Where the door is: a URL, or host and port, as the door has it. */
  readonly address: string;
  readonly key: string;
  /** Calls that are kept under way. */
  readonly inFlight: number;
  /** Deductions in one call. */
  readonly items: number;
  readonly accountId: string;
  /** Where deductions are drawn from so many accounts. */
  readonly accounts?: number;
  readonly firstSequence: number;
  readonly timing: Timing;
}

export interface LoopDeduction {
  readonly requestId: string;
  readonly amount: number;
}

/** One whose account was drawn, where accounts are. */
export interface DrawnDeduction extends LoopDeduction {
  readonly accountId: string;
}

/** What came of one deduction; by its code, where it was not acknowledged. */
export type LoopAnswer =
  { readonly kind: 'acknowledged' } | { readonly kind: 'refused' | 'unknown'; readonly code: string };

export const ACKNOWLEDGED: LoopAnswer = { kind: 'acknowledged' };

function accountOf({ accountId, accounts }: LoopPlan, sequence: number): string {
  return accounts === undefined ? accountId : coldAccountId(drawAccount(sequence, accounts));
}

/** Keeps calls under way and counts what comes back. @param call answers in the order of the deductions; never rejects */
export async function countedLoop(
  plan: LoopPlan,
  call: (deductions: readonly DrawnDeduction[], worker: number) => Promise<readonly LoopAnswer[]>,
): Promise<LoadResult> {
  const tally = new Tally();
  const failures = new Map<string, number>();
  let next = plan.firstSequence;
  const measured = await runClosedLoop({ ...plan.timing, inFlight: plan.inFlight }, async (worker) => {
    const first = next;
    next += plan.items;
    const deductions = Array.from({ length: plan.items }, (_, n) => ({
      accountId: accountOf(plan, first + n),
      requestId: requestIdOf(first + n),
      amount: amountOf(first + n),
    }));
    const answers = await call(deductions, worker);
    let acknowledged = 0;
    deductions.forEach(({ amount }, n) => {
      const answer = answers[n] ?? { kind: 'unknown', code: 'no answer' };
      if (answer.kind === 'acknowledged') {
        tally.acknowledged(amount);
        acknowledged += 1;
        return;
      }
      failures.set(answer.code, (failures.get(answer.code) ?? 0) + 1);
      if (answer.kind === 'unknown') tally.unknown(amount);
      else tally.refused();
    });
    return acknowledged;
  });
  return {
    ...measured,
    errors: tally.errors,
    sequencesUsed: next - plan.firstSequence,
    acknowledged: tally.total,
    failures: Object.fromEntries(failures),
  };
}
