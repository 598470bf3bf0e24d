import type { Dialect, Parameter } from '../database';
import type { Statement } from './statement';

/**
 * What comes behind a place in the order of some columns of an index, as a range of it.
 *
 * MySQL and MariaDB do not turn `(a, b) > (?, ?)` into a range; SQLite does not turn its expansion into one.
 */
export function behind(
  dialect: Dialect,
  columns: readonly string[],
  values: readonly Parameter[],
): Statement {
  return dialect === 'sqlite'
    ? { sql: `(${columns.join(', ')}) > (${columns.map(() => '?').join(', ')})`, parameters: [...values] }
    : expanded(columns, values);
}

/** `(a > ? OR (a = ? AND (b > ? OR …)))`, which the range optimizer reads as adjacent ranges. */
function expanded(columns: readonly string[], values: readonly Parameter[]): Statement {
  const [column, ...others] = columns;
  const [value = null, ...rest] = values;
  if (others.length === 0) return { sql: `${column} > ?`, parameters: [value] };
  const inner = expanded(others, rest);
  return {
    sql: `(${column} > ? OR (${column} = ? AND ${inner.sql}))`,
    parameters: [value, value, ...inner.parameters],
  };
}
