import type { Statement } from '../statements/statement';

/** Account ids behind one, of those that begin with a prefix: a range of an index. */
export function idRange({ after, prefix }: { readonly after: string; readonly prefix: string }): Statement {
  const [from, first] = prefix > after ? (['>=', prefix] as const) : (['>', after] as const);
  return { sql: `account_id ${from} ? AND account_id < ?`, parameters: [first, behindPrefix(prefix)] };
}

/** Comes behind every account id with a prefix, and before all others behind it: `~` is behind all that ids are made of. */
export function behindPrefix(prefix: string): string {
  return `${prefix}~`;
}
