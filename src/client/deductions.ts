import { Answer } from './answer';
import { type DeductionEffect, type Durability, readBatchAnswer } from './batch-answer';
import type { BatchKind } from './batcher';
import type { HotsplitError } from './errors';
import { MergedCall, MergedCalls, type MergedCallsParts } from './merged-calls';
import { checkedAccountId, checkedBudgets, checkedDigits, checkedRequestId, deductionItem } from './requests';
import type { DeductionResult, MoneyRequest } from './shapes';

export const BATCH_PATH = '/v1/deductions:batch';

const DEDUCTIONS: BatchKind<DeductionEffect> = { path: BATCH_PATH, read: readBatchAnswer };

/** The deductions of a client. */
export class Deductions extends MergedCalls<DeductionEffect> {
  constructor(
    parts: MergedCallsParts,
    private readonly newRequestId: () => string,
  ) {
    super(parts, DEDUCTIONS);
  }

  /** One promise for each deduction and no more: tens of thousands are alive at once. */
  deduct(request: MoneyRequest): Promise<DeductionResult> {
    return new Promise((resolve, reject) => {
      const { reference, metadata } = request;
      const digits = checkedDigits(request.amount);
      const requestId =
        request.requestId === undefined ? this.newRequestId() : checkedRequestId(request.requestId);
      const accountId = checkedAccountId(request.accountId);
      const budgets = checkedBudgets(request.budgets);
      const json = deductionItem({ accountId, digits, requestId, reference, metadata, budgets });
      const call = new DeductCall(accountId, digits, { calls: this, resolve, reject });
      this.begin(call, { requestId, json }, request);
    });
  }
}

/** A class of its own, since a copy of the fields would cost every deduction. */
class Deducted extends Answer implements DeductionResult {
  constructor(
    readonly requestId: string,
    readonly accountId: string,
    readonly amount: bigint,
    readonly replayed: boolean,
    readonly durability: Durability,
  ) {
    super();
  }
}

class DeductCall extends MergedCall<DeductionEffect, DeductionResult> {
  constructor(
    private readonly accountId: string,
    private readonly digits: string,
    user: {
      readonly calls: Deductions;
      readonly resolve: (result: DeductionResult) => void;
      readonly reject: (error: HotsplitError) => void;
    },
  ) {
    super(user.calls, user.resolve, user.reject);
  }

  protected override resultOf({ replayed, durability }: DeductionEffect, requestId: string): DeductionResult {
    return new Deducted(requestId, this.accountId, BigInt(this.digits), replayed, durability);
  }
}
