import type { HeatState } from '../../../src/shards/directory/heat-store';

/** What was decided about the sizes of accounts by themselves. */
export class SizeModel {
  /** When the last decision was, by the directory's clock. */
  readonly #decidedAtUs = new Map<string, number>();

  /**
   * @param state as it is kept since the decision, or since another one behind it
   * @returns what is wrong
   */
  decided(accountId: string, { decision }: HeatState, pauseMs: number): string | undefined {
    if (decision === null) return `${accountId} has no decision`;
    const before = this.#decidedAtUs.get(accountId);
    this.#decidedAtUs.set(accountId, decision.atUs);
    if (before === undefined) return undefined;
    const apartUs = decision.atUs - before;
    // Behind a clock that was ahead, a decision may be of an earlier time than the one before.
    if (apartUs < 0 || apartUs >= pauseMs * 1_000) return undefined;
    return `${accountId} is decided about twice within ${Math.round(apartUs / 1_000)} ms`;
  }
}
