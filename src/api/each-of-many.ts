import { Problem } from '../contract/problem';
import { type Flow, flowOfMany } from '../engine/flow';
import type { ItemGate } from '../platform/item-gate';
import type { Principal } from '../platform/principal';
import { outOfReach } from './admit';
import { type ProblemObserver, problemOfFault } from './fault-problem';
import { allOf, type Many, refuseFrom } from './many-deductions';

/** Whose request it is, and the flow that it belongs to in the lanes. */
export interface AskedBy {
  readonly caller: Principal;
  readonly flow: Flow;
}

/**
 * Requests that came together, each on its own: what is malformed, out of its key's reach or fails is refused alone. They
 * meet in the lanes.
 */
export class EachOfMany<Request extends { readonly accountId: string }, Result> {
  /** @param carryOut resolves with what the request came to, or why it came to nothing, as far as its caller may know */
  constructor(
    private readonly carryOut: (request: Request, by: AskedBy) => Promise<Result | Problem>,
    private readonly observer: ProblemObserver,
    private readonly gate: ItemGate,
  ) {}

  /** What became of them, in their order. */
  all<Item>(many: Many<Item, Request>): Promise<readonly (Result | Problem)[]> {
    const { items, names, caller } = many;
    return allOf(items.length, (told) => {
      this.gate.feed({
        keyId: caller.keyId,
        count: items.length,
        begin: (from, to, ended) => {
          for (let position = from; position < to; position += 1)
            void this.#one(items[position] as Item, many).then((result) => {
              if (result instanceof Problem) this.observer.problemAnswered(result, names, caller.keyId);
              told(position, result);
              ended();
            });
        },
        refuse: (from) => {
          refuseFrom(from, many, this.observer, told);
        },
      });
    });
  }

  async #one<Item>(item: Item, { items, read, caller }: Many<Item, Request>): Promise<Result | Problem> {
    try {
      const request = read(item);
      const flow = flowOfMany(caller.keyId, items.length);
      return outOfReach(caller, request.accountId) ?? (await this.carryOut(request, { caller, flow }));
    } catch (error) {
      return problemOfFault(error, this.observer);
    }
  }
}
