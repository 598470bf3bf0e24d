import type { Breach } from './breach';
import type { Evidence } from './evidence';
import type { MoneyBounds } from './money-bounds';

/** Refusals for want of money that there surely was, and balances that there cannot have been. */
export function* checkMoney(evidence: Evidence, bounds: ReadonlyMap<string, MoneyBounds>): Generator<Breach> {
  for (const { asked, calls } of evidence.ops.values()) {
    const { account, key, amount } = asked;
    for (const { code, fromMs, toMs } of calls) {
      if (code !== 'INSUFFICIENT_FUNDS') continue;
      const least = bounds.get(account)?.leastMinor(fromMs, toMs) ?? 0n;
      if (least < BigInt(amount)) continue;
      yield {
        rule: 'wrongRefusal',
        account,
        key,
        detail: `${amount} refused between ${fromMs} and ${toMs} ms, when at least ${least} was there`,
      };
    }
  }
  for (const { account, status, total, fromMs, toMs } of evidence.balances) {
    if (status !== 200) continue;
    const known = bounds.get(account);
    const least = known?.leastMinor(fromMs, toMs) ?? 0n;
    const most = known?.mostMinor(fromMs, toMs) ?? 0n;
    const shown = BigInt(total ?? -1);
    if (shown >= least && shown <= most) continue;
    yield {
      rule: 'balanceImpossible',
      account,
      detail: `${shown} shown between ${fromMs} and ${toMs} ms, when it was between ${least} and ${most}`,
    };
  }
}

interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What was paid while an account was frozen for certain, and refused for a freeze that cannot have been. */
export function* checkFreezes(evidence: Evidence): Generator<Breach> {
  const surely = new Map<string, Interval[]>();
  const possibly = new Map<string, Interval[]>();
  for (const account of new Set(evidence.statuses.map((status) => status.account))) {
    const changes = evidence.statuses.filter((status) => status.account === account);
    surely.set(account, surelyFrozen(changes));
    possibly.set(account, possiblyFrozen(changes));
  }
  for (const { asked, calls } of evidence.ops.values()) {
    const { account, key, kind } = asked;
    if (kind !== 'deduction') continue;
    const first = calls[0];
    for (const call of calls) {
      const { fromMs, toMs, status, code } = call;
      const during = `the call from ${fromMs} to ${toMs} ms`;
      // An earlier call may have been on its way; only a key's very first one surely came after the freeze.
      const isFirst = call === first && calls.length === 1;
      const frozen = surely.get(account)?.find((one) => fromMs > one.fromMs && toMs < one.toMs);
      if (isFirst && status === 201 && frozen)
        yield { rule: 'frozenPaid', account, key, detail: `${during}, frozen since ${frozen.fromMs} ms` };
      const may = possibly.get(account)?.some((one) => fromMs < one.toMs && toMs > one.fromMs) ?? false;
      if (code === 'ACCOUNT_FROZEN' && !may) yield { rule: 'frozenWrongly', account, key, detail: during };
    }
  }
}

type Change = Evidence['statuses'][number];

/** From a freeze's answer to the beginning of the next unfreezing. */
function surelyFrozen(changes: readonly Change[]): Interval[] {
  return changes.flatMap((change, n) => {
    if (change.to !== 'frozen' || change.status !== 200) return [];
    // A change before it that nobody answered may still be under way.
    if (changes.slice(0, n).some((before) => before.to === 'active' && before.status !== 200)) return [];
    const next = changes.slice(n + 1).find(({ to }) => to === 'active');
    return [{ fromMs: change.toMs, toMs: next?.fromMs ?? Infinity }];
  });
}

/** From a freeze's beginning to the first answered unfreezing behind it. */
function possiblyFrozen(changes: readonly Change[]): Interval[] {
  return changes.flatMap((change, n) => {
    if (change.to !== 'frozen') return [];
    const end = changes.slice(n + 1).find(({ to, status }) => to === 'active' && status === 200);
    return [{ fromMs: change.fromMs, toMs: end?.toMs ?? Infinity }];
  });
}
