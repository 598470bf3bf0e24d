import type { DeductionService, MoneyRequest, OneOfMany } from '../deductions/deduction.service';
import type { EngineObserver } from '../engine/observer';
import type { Principal } from '../platform/principal';
import { outOfReach } from './admit';
import { problemOfFault } from './fault-problem';
import { type EntryOutcome, entryOrProblem } from './outcome-problem';
import type { Problem } from '../contract/problem';

/** Reads an item as a door has it; throws the Problem with one that is malformed. */
export type ReadItem<Item> = (item: Item) => MoneyRequest;

export interface Many<Item> {
  readonly items: readonly Item[];
  readonly read: ReadItem<Item>;
  /** Whose they are. */
  readonly caller: Principal;
}

/** Deductions that came together, each on its own: what is malformed, out of its key's reach or
 * fails is refused alone. */
export class ManyDeductions {
  constructor(
    private readonly deductions: DeductionService,
    private readonly observer: Pick<EngineObserver, 'defect'>,
  ) {}

  /** Tells what each came to as soon as it has, in any order. `told` must not throw. */
  each<Item>(
    { items, read, caller }: Many<Item>,
    told: (position: number, result: EntryOutcome | Problem) => void,
  ): void {
    const requests: MoneyRequest[] = [];
    const positions: number[] = [];
    items.forEach((item, position) => {
      try {
        const request = read(item);
        const refusal = outOfReach(caller, request.accountId);
        if (refusal) told(position, refusal);
        else positions[requests.push(request) - 1] = position;
      } catch (error) {
        told(position, problemOfFault(error, this.observer));
      }
    });
    this.deductions.executeEach(requests, (n, outcome) => {
      told(positions[n] as number, this.#resultOf(outcome, caller));
    });
  }

  /** What they came to, in their order, once all have come to something. */
  all<Item>(many: Many<Item>): Promise<readonly (EntryOutcome | Problem)[]> {
    const { items } = many;
    if (items.length === 0) return Promise.resolve([]);
    return new Promise((resolve) => {
      const results = new Array<EntryOutcome | Problem>(items.length);
      let left = items.length;
      this.each(many, (position, result) => {
        results[position] = result;
        left -= 1;
        if (left === 0) resolve(results);
      });
    });
  }

  #resultOf(outcome: OneOfMany, caller: Principal): EntryOutcome | Problem {
    try {
      return outcome.kind === 'rejected'
        ? problemOfFault(outcome.error, this.observer)
        : entryOrProblem(outcome, caller);
    } catch (error) {
      return problemOfFault(error, this.observer);
    }
  }
}
