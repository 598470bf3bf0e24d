import type { DeductionService, MoneyRequest, OneOfMany } from '../deductions/deduction.service';
import { flowOfMany } from '../engine/flow';
import type { CallNames } from '../platform/call-names';
import type { ItemGate } from '../platform/item-gate';
import type { Principal } from '../platform/principal';
import { outOfReach } from './admit';
import { type ProblemObserver, problemOfFault } from './fault-problem';
import {
  deductionOrProblem,
  type EntryOutcome,
  type ReceivedOutcome,
  RETRY_AFTER_SECONDS,
} from './outcome-problem';
import { Problem } from '../contract/problem';

/** What one of many deductions is answered with. */
export type DeductionOutcome = EntryOutcome | ReceivedOutcome | Problem;

/** What came together in one call, by default deductions. */
export interface Many<Item, Request = MoneyRequest> {
  readonly items: readonly Item[];
  /** Reads an item as a door has it; throws the Problem with one that is malformed. */
  readonly read: (item: Item) => Request;
  /** Whose they are. */
  readonly caller: Principal;
  /** Of the call that they came with. */
  readonly names: CallNames;
}

type Told = (position: number, result: DeductionOutcome) => void;

/** Deductions that came together, each on its own: what is malformed, out of its key's reach or
 * fails is refused alone. */
export class ManyDeductions {
  constructor(
    private readonly deductions: DeductionService,
    private readonly observer: ProblemObserver,
    private readonly gate: ItemGate,
  ) {}

  /** Tells what each came to as soon as it has, in any order. `told` must not throw. */
  each<Item>(many: Many<Item>, told: Told): void {
    const { items, caller } = many;
    this.gate.feed({
      keyId: caller.keyId,
      count: items.length,
      begin: (from, to, ended) => {
        this.#slice(many, { from, to }, (position, result) => {
          told(position, result);
          ended();
        });
      },
      refuse: (from) => {
        refuseFrom(from, many, this.observer, told);
      },
    });
  }

  /** What they came to, in their order, once all have come to something. */
  all<Item>(many: Many<Item>): Promise<readonly DeductionOutcome[]> {
    return allOf(many.items.length, (told) => {
      this.each(many, told);
    });
  }

  #slice<Item>(
    { items, read, caller, names }: Many<Item>,
    { from, to }: { readonly from: number; readonly to: number },
    told: Told,
  ): void {
    const flow = flowOfMany(caller.keyId, items.length);
    const requests: MoneyRequest[] = [];
    const positions: number[] = [];
    for (let position = from; position < to; position += 1)
      try {
        const request = read(items[position] as Item);
        const refusal = outOfReach(caller, request.accountId);
        if (refusal) told(position, refusal);
        // Of many, the first is followed: it goes the way of all.
        else
          positions[requests.push({ ...request, flow, span: position === 0 ? names.span : undefined }) - 1] =
            position;
      } catch (error) {
        const problem = problemOfFault(error, this.observer);
        this.observer.problemAnswered(problem, names, caller.keyId);
        told(position, problem);
      }
    this.deductions.executeEach(requests, (n, outcome) => {
      const result = this.#resultOf(outcome, caller);
      if (result instanceof Problem) this.observer.problemAnswered(result, names, caller.keyId);
      told(positions[n] as number, result);
    });
  }

  #resultOf(outcome: OneOfMany, caller: Principal): DeductionOutcome {
    try {
      return outcome.kind === 'rejected'
        ? problemOfFault(outcome.error, this.observer)
        : deductionOrProblem(outcome, caller);
    } catch (error) {
      return problemOfFault(error, this.observer);
    }
  }
}

/** Items whose turn has not come in time. One problem for all of them: there may be thousands. */
export function refuseFrom<Item>(
  from: number,
  { items, caller, names }: Many<Item, unknown>,
  observer: ProblemObserver,
  told: (position: number, problem: Problem) => void,
): void {
  const problem = new Problem('OVERLOADED', { retryAfterSeconds: RETRY_AFTER_SECONDS });
  for (let position = from; position < items.length; position += 1) {
    observer.problemAnswered(problem, names, caller.keyId);
    told(position, problem);
  }
}

/** Results by position, once all have been told. */
export function allOf<Result>(
  count: number,
  each: (told: (position: number, result: Result) => void) => void,
): Promise<readonly Result[]> {
  if (count === 0) return Promise.resolve([]);
  return new Promise((resolve) => {
    const results = new Array<Result>(count);
    let left = count;
    each((position, result) => {
      results[position] = result;
      left -= 1;
      if (left === 0) resolve(results);
    });
  });
}
