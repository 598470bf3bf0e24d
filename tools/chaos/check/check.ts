import type { Breach } from './breach';
import { checkKeys, effectsIn } from './check-keys';
import { checkFreezes, checkMoney } from './check-refusals';
import { checkRows } from './check-rows';
import type { Dump } from './dump';
import { type Evidence, isSuccess } from './evidence';
import { boundsByAccount } from './money-bounds';

/**
 * Judges a run by what its clients wrote down and by what the databases hold in the end. It has no line of code in
 * common with the product: what it knows of the tables it reads, it knows from their documentation.
 */
export function check(evidence: Evidence, dump: Dump): Breach[] {
  const effects = effectsIn(dump);
  return [
    ...checkKeys(evidence, effects),
    ...checkMoney(evidence, boundsByAccount(evidence, effects)),
    ...checkFreezes(evidence),
    ...checkRows(dump),
    ...checkShown(evidence, dump),
    ...checkOperations(evidence),
    ...checkResolved(evidence),
  ];
}

/** The balances that were read in the end against the rows. */
function* checkShown(evidence: Evidence, dump: Dump): Generator<Breach> {
  const held = new Map<string, { available: bigint; total: bigint }>();
  for (const { rows } of dump.shards)
    for (const row of rows) {
      const sum = held.get(row.account) ?? { available: 0n, total: 0n };
      held.set(row.account, {
        available: sum.available + row.available,
        total: sum.total + row.available + row.held,
      });
    }
  for (const { account, service, available, total, status, final } of evidence.balances) {
    if (!final) continue;
    const { available: rowsAvailable, total: rowsTotal } = held.get(account) ?? { available: 0n, total: 0n };
    if (status === 200 && BigInt(available ?? -1) === rowsAvailable && BigInt(total ?? -1) === rowsTotal)
      continue;
    yield {
      rule: 'balanceNotRows',
      account,
      detail: `service ${service} says ${available ?? status ?? 'nothing'} of ${total ?? '?'}, the rows ${rowsAvailable} of ${rowsTotal}`,
    };
  }
}

function* checkOperations(evidence: Evidence): Generator<Breach> {
  for (const { operationId, kind, account, ended, error, balanced, findings } of evidence.operations) {
    const about = account === undefined ? {} : { account };
    if (ended === 'open')
      yield { rule: 'operationOpen', ...about, key: operationId, detail: `${kind}: ${error ?? ''}` };
    if (balanced === false)
      yield { rule: 'auditUnbalanced', key: operationId, detail: JSON.stringify(findings) };
  }
}

/** Every key has an answer that settles it: the last one, after everything had come to rest, if none before. */
function* checkResolved(evidence: Evidence): Generator<Breach> {
  for (const { asked, calls } of evidence.ops.values()) {
    const sent = calls.filter(({ door }) => door !== 'lookup');
    if (sent.some(isSuccess)) continue;
    const last = sent.at(-1);
    const isUnknown = last?.status === undefined || (last.status >= 500 && last.code !== 'OVERLOADED');
    if (isUnknown)
      yield {
        rule: 'unresolved',
        account: asked.account,
        key: asked.key,
        detail: `the last answer was ${last?.status ?? 'none'}`,
      };
  }
}
