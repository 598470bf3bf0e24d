import type { FailurePolicy } from '../../../src/engine/screening/screening-settings';
import type { IntakeRecord } from '../../../src/ledger/intake';
import type { Verdict } from '../../../src/ledger/screened';

export interface ScreeningRules {
  readonly onFailure: FailurePolicy;
  readonly waitMsMax: number;
}

/** What the screening service said, and what may be done by that. */
export class ScreeningModel {
  readonly #told = new Map<string, Set<Verdict>>();

  constructor(private readonly rules: ScreeningRules) {}

  told(accountId: string, requestId: string, verdict: Verdict): void {
    const key = `${accountId} ${requestId}`;
    const told = this.#told.get(key);
    if (told) told.add(verdict);
    else this.#told.set(key, new Set([verdict]));
  }

  /** @returns what is wrong with a record that has just been charged */
  brokenCharge(record: IntakeRecord): string | undefined {
    const { screening } = record;
    if (!screening) return 'charged without a verdict';
    if (screening.verdict !== 'pass') return `charged by the verdict ${screening.verdict}`;
    return this.#brokenVerdict(record);
  }

  /** @returns what is wrong with a record that has just been screened out */
  brokenRejection(record: IntakeRecord): string | undefined {
    const { screening, sinceUs, receivedAtUs } = record;
    if (!screening || screening.verdict === 'pass') return 'screened out without a verdict';
    if (screening.verdict === 'wait' && sinceUs - receivedAtUs < this.rules.waitMsMax * 1_000)
      return 'screened out before its time is over';
    return this.#brokenVerdict(record);
  }

  #brokenVerdict({ accountId, requestId, screening }: IntakeRecord): string | undefined {
    if (screening?.by === 'policy')
      return screening.verdict === this.rules.onFailure
        ? undefined
        : `a failure was taken for ${screening.verdict}`;
    const told = screening && this.#told.get(`${accountId} ${requestId}`)?.has(screening.verdict);
    return told ? undefined : `the service never said ${screening?.verdict}`;
  }
}
