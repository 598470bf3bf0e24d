import type { Cell } from '../database';

/** Raw result of a statement: rows for a SELECT, a header for the rest, an array of both for several statements. */
export type RawResult = Cell[][] | { affectedRows: number } | RawResult[];

/** Rows as text; NULL is `null`. */
export function texts(result: RawResult): string[][] {
  return (result as unknown[][]).map((row) => row.map(String));
}
