import { wrap64 } from '../../../src/ledger/money';
import type { Acknowledged } from '../measure/tally';
import type { ShardRows } from './read-rows';

/** What the load was told of an account: its deductions, and its credits where it made any. */
export interface Told {
  readonly deducted: Acknowledged;
  /** The opening balance is one of them. */
  readonly credited?: Acknowledged;
}

/**
 * Proves an account from its rows: every row in itself, the account as a whole, and the ledger against what the load was
 * told. Requests whose outcome is unknown may stand in the ledger or not.
 *
 * @returns what is broken, with numbers; nothing when it balances
 */
export function auditRows(shards: readonly ShardRows[], told: Told): string[] {
  return [
    ...rowFindings(shards),
    ...totalFindings(shards),
    ...toldFindings(shards, 'deduction', told.deducted),
    ...(told.credited ? toldFindings(shards, 'credit', told.credited) : []),
  ];
}

function rowFindings(shards: readonly ShardRows[]): string[] {
  return shards
    .flatMap(({ rows }) => rows)
    .flatMap(({ index, availableMinor, heldMinor, netMinor, movedMinor }) => {
      const findings = [];
      if (availableMinor < 0n || heldMinor < 0n) findings.push(`sub-account ${index} is negative`);
      const difference = wrap64(availableMinor + heldMinor - netMinor - movedMinor);
      if (difference !== 0n)
        findings.push(`sub-account ${index}: available + held − net − moved = ${difference}`);
      return findings;
    });
}

function totalFindings(shards: readonly ShardRows[]): string[] {
  const rows = shards.flatMap((shard) => shard.rows);
  if (rows.length === 0) return ['the account has no rows'];
  const inTransit = sum(shards, (shard) => shard.sentMinor - shard.arrivedMinor);
  const balances = sum(rows, (row) => row.availableMinor + row.heldMinor) + inTransit;
  const net = wrap64(sum(rows, (row) => row.netMinor));
  const entries = sum(
    shards,
    (shard) => shard.entries.credit.amountMinor - shard.entries.deduction.amountMinor,
  );
  const findings = [];
  if (balances !== net) findings.push(`Σ(available + held) + in transit = ${balances}, Σ net = ${net}`);
  if (net !== entries) findings.push(`Σ net = ${net}, Σ entries = ${entries}`);
  return findings;
}

function toldFindings(
  shards: readonly ShardRows[],
  kind: 'deduction' | 'credit',
  told: Acknowledged,
): string[] {
  const count = shards.reduce((total, shard) => total + shard.entries[kind].count, 0);
  const amount = Number(sum(shards, (shard) => shard.entries[kind].amountMinor));
  const findings = [];
  if (count < told.count || count > told.count + told.unknownCount)
    findings.push(`${told.count} ${kind}s acknowledged, ${count} entries (${told.unknownCount} unknown)`);
  if (amount < told.amountMinor || amount > told.amountMinor + told.unknownAmountMinor)
    findings.push(`${told.amountMinor} acknowledged as ${kind}s, entries say ${amount}`);
  return findings;
}

function sum<T>(items: readonly T[], value: (item: T) => bigint): bigint {
  return items.reduce((total, item) => total + value(item), 0n);
}
