import { answered } from './answer';
import type { HotsplitError } from './errors';
import { type HoldEffect, readHoldsAnswer } from './holds-answer';
import { MergedCall, MergedCalls, type MergedCallsParts } from './merged-calls';
import { captureBody } from './money-calls';
import { checkedAccountId, checkedBudgets, checkedDigits, checkedRequestId, notesBody } from './requests';
import type { HoldConfirmation, HoldRequest, HoldResult } from './shapes';

/** Tries and confirms of a client: each of the two kinds travels in batches of its own. */
export class Holds {
  readonly #tries: MergedCalls<HoldEffect>;
  readonly #confirms: MergedCalls<HoldEffect>;

  constructor(parts: MergedCallsParts) {
    this.#tries = new MergedCalls(parts, { path: '/v1/holds:batch', read: readHoldsAnswer });
    this.#confirms = new MergedCalls(parts, { path: '/v1/holds:confirm', read: readHoldsAnswer });
  }

  get kinds(): readonly MergedCalls<HoldEffect>[] {
    return [this.#tries, this.#confirms];
  }

  hold(request: HoldRequest, requestId: string): Promise<HoldResult> {
    return new Promise((resolve, reject) => {
      const { expiresInSeconds } = request;
      const accountId = checkedAccountId(request.accountId);
      const amount = checkedDigits(request.amount);
      const budgets = checkedBudgets(request.budgets);
      const item = { accountId, amount, requestId, expiresInSeconds, budgets, ...notesBody(request) };
      const call = new HoldCall(this.#tries, resolve, reject);
      this.#tries.begin(call, { requestId, json: JSON.stringify(item) }, request);
    });
  }

  /** @param captureId the request's own, or a new one */
  confirm(request: HoldConfirmation, captureId: string | undefined): Promise<HoldResult> {
    return new Promise((resolve, reject) => {
      const accountId = checkedAccountId(request.accountId);
      const holdId = checkedRequestId(request.holdId, 'holdId');
      const item = { accountId, holdId, ...captureBody(request, captureId), ...notesBody(request) };
      const call = new HoldCall(this.#confirms, resolve, reject, captureId);
      const json = JSON.stringify(item);
      this.#confirms.begin(call, { requestId: holdId, json, repeatedBy: captureId ?? holdId }, request);
    });
  }
}

class HoldCall extends MergedCall<HoldEffect, HoldResult> {
  constructor(
    calls: MergedCalls<HoldEffect>,
    resolve: (result: HoldResult) => void,
    reject: (error: HotsplitError) => void,
    private readonly captureId?: string,
  ) {
    super(calls, resolve, reject);
  }

  protected override resultOf({ hold, replayed }: HoldEffect): HoldResult {
    const { captureId } = this;
    return answered({ ...hold, ...(captureId !== undefined && { captureId }), replayed });
  }
}
