import type { Dialect, Parameter } from '../database';
import type { Scan } from '../ledger-scan';
import { behind } from './behind';
import type { Statement } from './statement';

export interface ScannedTable<Place> {
  readonly columns: string;
  readonly table: string;
  /** The index that holds `order`, by its name on MySQL. */
  readonly index: string;
  /** `account_id` and the rest of the index, as far as it orders the pages. */
  readonly order: readonly string[];
  /** A place's values, in that order. */
  readonly values: (place: Place) => readonly Parameter[];
}

/**
 * A page of a table in the order of one of its indices. Plain read of a range of that index, which is named because the
 * optimizer would sort the table for a large page.
 */
export function scanPage<Place>(
  dialect: Dialect,
  { columns, table, index, order, values }: ScannedTable<Place>,
  { start, upToAccount, limit }: Scan<Place>,
): Statement {
  const conditions: string[] = [];
  const parameters: Parameter[] = [];
  if ('fromAccount' in start) {
    conditions.push('account_id >= ?');
    parameters.push(start.fromAccount);
  } else if ('behindAccount' in start) {
    conditions.push('account_id > ?');
    parameters.push(start.behindAccount);
  } else {
    const further = behind(dialect, order, values(start.after));
    conditions.push(further.sql);
    parameters.push(...further.parameters);
  }
  if (upToAccount !== undefined) {
    conditions.push('account_id <= ?');
    parameters.push(upToAccount);
  }
  const from = dialect === 'mysql' ? `${table} FORCE INDEX (${index})` : table;
  return {
    sql: `SELECT ${columns} FROM ${from} WHERE ${conditions.join(' AND ')} ORDER BY ${order.join(', ')} LIMIT ?`,
    parameters: [...parameters, limit],
  };
}
