import type { TimedBalance } from '../../src/balances/balance-cache';
import type { Asked, BalanceStore, Lead } from '../../src/balances/shared-balances';

const AGE_MS_MAX = 1_000;
const LEAD_MS_MAX = 1_000;

interface Kept {
  readonly generation: string;
  number: number;
  leadUntil: number | undefined;
  value: { readonly number: number; readonly beganAt: number; readonly timed: TimedBalance } | undefined;
}

/** A store of balances in memory, by a clock of its own; what `RedisBalanceStore` is held to. */
export class ModelBalanceStore implements BalanceStore {
  isAway = false;
  #kept = new Map<string, Kept>();
  #generations = 0;

  /** @param fault `overwrites`: a value is kept whichever reading it came from */
  constructor(
    private readonly now: () => number,
    private readonly fault?: 'overwrites',
  ) {}

  ask(accountId: string): Promise<Asked | undefined> {
    return Promise.resolve(this.isAway ? undefined : this.#ask(accountId));
  }

  put(accountId: string, lead: Lead, timed: TimedBalance): Promise<void> {
    const kept = this.#kept.get(accountId);
    const isOlder = kept?.generation !== lead.generation || (kept.value?.number ?? 0) >= lead.number;
    if (this.isAway || !kept || (isOlder && this.fault !== 'overwrites')) return Promise.resolve();
    kept.value = { number: lead.number, beganAt: Number(lead.beganAt), timed };
    if (kept.number === lead.number) kept.leadUntil = undefined;
    return Promise.resolve();
  }

  flush(): void {
    this.#kept.clear();
  }

  /** What everybody would be shown, however old. */
  valueOf(accountId: string): TimedBalance | undefined {
    return this.#kept.get(accountId)?.value?.timed;
  }

  #ask(accountId: string): Asked {
    const now = this.now();
    let kept = this.#kept.get(accountId);
    if (kept?.value && now - kept.value.beganAt <= AGE_MS_MAX)
      return { kind: 'known', value: kept.value.timed, ageMs: now - kept.value.beganAt };
    if (kept?.leadUntil !== undefined && now < kept.leadUntil) return { kind: 'wait' };
    if (!kept) {
      kept = {
        generation: `g${(this.#generations += 1)}`,
        number: 0,
        leadUntil: undefined,
        value: undefined,
      };
      this.#kept.set(accountId, kept);
    }
    kept.number += 1;
    kept.leadUntil = now + LEAD_MS_MAX;
    return {
      kind: 'lead',
      lead: { generation: kept.generation, number: kept.number, beganAt: String(now) },
    };
  }
}
