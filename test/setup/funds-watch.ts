import type { EngineOutcome } from '../../src/engine/engine-outcome';

/**
 * Watches deductions on an account that nothing is paid into, from outside, and tells which refusals were wrong.
 *
 * Whatever has taken effect by the end of a call was asked for before that, and is not refused. So the account never
 * held less during the call than what it opened with minus all of that; a refusal of what even this could pay is wrong.
 * It may pass some that a look inside would find; it never accuses one that was right.
 */
export class FundsWatch {
  readonly wronglyRefused: { readonly amountMinor: bigint; readonly atLeastMinor: bigint }[] = [];
  readonly tally: Record<string, number> = {};
  #atLeastMinor: bigint;

  constructor(openingMinor: bigint) {
    this.#atLeastMinor = openingMinor;
  }

  async watch(amountMinor: bigint, call: () => Promise<EngineOutcome>): Promise<EngineOutcome> {
    this.#atLeastMinor -= amountMinor;
    const outcome = await call();
    this.tally[outcome.kind] = (this.tally[outcome.kind] ?? 0) + 1;
    // Only what is known to have had no effect is added back: a refusal, and a replay of what was counted before.
    if (outcome.kind !== 'insufficientFunds' && outcome.kind !== 'replayed') return outcome;
    this.#atLeastMinor += amountMinor;
    if (outcome.kind === 'insufficientFunds' && this.#atLeastMinor >= amountMinor)
      this.wronglyRefused.push({ amountMinor, atLeastMinor: this.#atLeastMinor });
    return outcome;
  }
}
