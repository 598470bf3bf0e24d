/**
 * Wraps the first value of a write, a literal of a column that is NOT NULL. On a node of a cluster the value is read from the
 * transaction's own, uncommitted work, and is NULL anywhere else: there the statement fails and writes nothing.
 */
export type Guard = (literal: string) => string;

export const UNGUARDED: Guard = (literal) => literal;

/** Guards the first of several rows: a statement writes all of them or none. */
export function guardFirst(guard: Guard, at: number): Guard {
  return at === 0 ? guard : UNGUARDED;
}
