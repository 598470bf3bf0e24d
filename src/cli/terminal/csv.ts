import { stringify } from 'csv-stringify/sync';
import type { Sheet } from './columns';
import { harmless } from './harmless';

/**
 * Comma-separated values (RFC 4180). A field that a spreadsheet would take for a formula begins with an apostrophe; one with a
 * semicolon is quoted, because spreadsheets of half the world split there. Control characters are written as their numbers.
 */
export function csvText({ head, rows }: Sheet, { withHead }: { readonly withHead: boolean }): string {
  const all = [
    ...(withHead ? [head.map((name) => name.replaceAll(/[^A-Za-z0-9]+/g, '_'))] : []),
    ...rows.map((row) => row.map((cell) => (cell === undefined ? '' : harmless(String(cell))))),
  ];
  return stringify(all, { escape_formulas: true, quoted_match: ';', record_delimiter: '\n' });
}
