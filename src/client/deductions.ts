import { Answer } from './answer';
import type { Durability } from './batch-answer';
import { Batcher } from './batcher';
import { tooMany } from './calls';
import { Deadlines } from './deadlines';
import type { Endpoints } from './endpoints';
import type { EndedBy, HotsplitError } from './errors';
import { type ClientSettings, timeoutMsOf } from './options';
import { type DeductionEffect, type DeductionOwner, PendingDeduction } from './pending-deduction';
import { checkedAccountId, checkedDigits, checkedRequestId, deductionItem } from './requests';
import type { DeductionResult, MoneyRequest } from './shapes';
import type { Time } from './time';
import { untilAborted } from './until-aborted';

/** The deductions of a client, from the user's call to the batcher and back. */
export class Deductions {
  readonly #live: Deadlines<PendingDeduction>;
  readonly #batcher: Batcher;

  constructor(
    endpoints: Endpoints,
    private readonly settings: ClientSettings,
    private readonly time: Time,
    private readonly newRequestId: () => string,
  ) {
    this.#live = new Deadlines(time);
    this.#batcher = new Batcher(endpoints, settings, time);
  }

  get count(): number {
    return this.#live.count;
  }

  /** One promise for each deduction and no more: tens of thousands are alive at once. */
  deduct(request: MoneyRequest): Promise<DeductionResult> {
    return new Promise((resolve, reject) => {
      const { accountId, reference, metadata, signal } = request;
      const digits = checkedDigits(request.amount);
      const requestId =
        request.requestId === undefined ? this.newRequestId() : checkedRequestId(request.requestId);
      const json = deductionItem({
        accountId: checkedAccountId(accountId),
        digits,
        requestId,
        reference,
        metadata,
      });
      const deadlineMs = this.time.nowMs() + timeoutMsOf(request.timeoutMs, this.settings);
      if (this.#batcher.isFull) throw tooMany(requestId);
      const call = new DeductCall(accountId, digits, resolve, reject, this);
      const deduction = new PendingDeduction(requestId, json, deadlineMs, call);
      this.#live.add(deduction);
      this.#batcher.submit(deduction);
      if (signal) call.forget = untilAborted(signal, (reason) => deduction.end('ABORTED', reason));
    });
  }

  settled(deduction: PendingDeduction): void {
    this.#live.remove(deduction);
    this.#batcher.settled(deduction);
  }

  endAll(by: EndedBy, cause?: unknown): void {
    for (const deduction of this.#live) deduction.end(by, cause);
  }

  end(by: EndedBy): void {
    this.endAll(by);
    this.#batcher.close();
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

/** The user's side of one deduction. */
class DeductCall implements DeductionOwner {
  /** Takes back what waits for the user's signal. */
  forget: (() => void) | undefined;

  constructor(
    private readonly accountId: string,
    private readonly digits: string,
    private readonly resolve: (result: DeductionResult) => void,
    private readonly reject: (error: HotsplitError) => void,
    private readonly deductions: Deductions,
  ) {}

  deducted(deduction: PendingDeduction, { replayed, durability }: DeductionEffect): void {
    this.#settled(deduction);
    const { accountId, digits } = this;
    const { requestId } = deduction;
    this.resolve(new Deducted(requestId, accountId, BigInt(digits), replayed, durability));
  }

  failed(deduction: PendingDeduction, error: HotsplitError): void {
    this.#settled(deduction);
    this.reject(error);
  }

  #settled(deduction: PendingDeduction): void {
    this.forget?.();
    this.deductions.settled(deduction);
  }
}
