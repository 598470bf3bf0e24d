import { type Effects, effectId } from './check-keys';
import { type Evidence, isDefiniteRefusal, isSuccess, type OpSeen } from './evidence';
import { Timeline } from './timeline';

/**
 * What an account can have held, by the history: each effect that stands in the databases came after the first call
 * that can have brought it about had begun, and no later than the first answer that told of it.
 */
export class MoneyBounds {
  readonly #possiblyIn = new Timeline();
  readonly #surelyIn = new Timeline();
  readonly #possiblyOut = new Timeline();
  readonly #surelyOut = new Timeline();

  add(op: OpSeen): void {
    const { kind, amount } = op.asked;
    const possiblyFromMs = Math.min(...op.calls.filter(mayBringAbout).map(({ fromMs }) => fromMs));
    const surelyFromMs = Math.min(...op.calls.filter(isSuccess).map(({ toMs }) => toMs));
    const [possibly, surely] =
      kind === 'deduction' ? [this.#possiblyOut, this.#surelyOut] : [this.#possiblyIn, this.#surelyIn];
    possibly.add(possiblyFromMs, BigInt(amount));
    surely.add(surelyFromMs, BigInt(amount));
  }

  /** No less was there at any moment of the interval. */
  leastMinor(fromMs: number, toMs: number): bigint {
    return this.#surelyIn.before(fromMs) - this.#possiblyOut.before(toMs);
  }

  /** No more was there at any moment of the interval. */
  mostMinor(fromMs: number, toMs: number): bigint {
    return this.#possiblyIn.before(toMs) - this.#surelyOut.before(fromMs);
  }
}

export function boundsByAccount(evidence: Evidence, effects: Effects): ReadonlyMap<string, MoneyBounds> {
  const byAccount = new Map<string, MoneyBounds>();
  for (const op of evidence.ops.values()) {
    const { account, key } = op.asked;
    if (!effects.has(effectId(account, key))) continue;
    const bounds = byAccount.get(account) ?? new MoneyBounds();
    byAccount.set(account, bounds);
    bounds.add(op);
  }
  return byAccount;
}

function mayBringAbout(call: OpSeen['calls'][number]): boolean {
  return call.door !== 'lookup' && call.door !== 'outcome' && !isDefiniteRefusal(call);
}
