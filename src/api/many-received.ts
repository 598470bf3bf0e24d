import type { Problem } from '../contract/problem';
import type { IntakeService } from '../deductions/intake.service';
import type { EngineObserver } from '../engine/observer';
import { outOfReach } from './admit';
import { problemOfFault } from './fault-problem';
import type { Many } from './many-deductions';
import { type ReceivedDeduction, receivedOrProblem } from './received-problem';

/** Deductions that came together to be charged later, each on its own. They meet in the lanes of the intake. */
export class ManyReceived {
  constructor(
    private readonly intake: IntakeService,
    private readonly observer: Pick<EngineObserver, 'defect'>,
  ) {}

  /** What became of them, in their order. */
  all<Item>(many: Many<Item>): Promise<readonly (ReceivedDeduction | Problem)[]> {
    return Promise.all(many.items.map((item) => this.#one(item, many)));
  }

  async #one<Item>(item: Item, { read, caller }: Many<Item>): Promise<ReceivedDeduction | Problem> {
    try {
      const request = read(item);
      const refusal = outOfReach(caller, request.accountId);
      return refusal ?? receivedOrProblem(await this.intake.receive(request), caller);
    } catch (error) {
      return problemOfFault(error, this.observer);
    }
  }
}
