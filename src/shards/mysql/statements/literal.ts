import { escape } from 'mysql2';

const PLAIN = /^[A-Za-z0-9_.:-]*$/;

/**
 * A string as an SQL literal. Ids are mostly of characters that need no escaping, and a hot statement carries thousands
 * of them; everything else goes through the driver's own escaping (the session's sql_mode keeps backslash escapes on).
 */
export function literal(value: string | null): string {
  if (value === null) return 'NULL';
  return PLAIN.test(value) ? `'${value}'` : escape(value);
}

export function literalList(values: Iterable<string>): string {
  return Array.from(values, literal).join(',');
}
