import type { Operation } from '../description/operation';

/** Names that say the same thing at different places of an API. */
const SAME: Readonly<Record<string, string>> = { nextCursor: 'cursor', etag: 'if-match' };

/** What the values of a field are called wherever they are known: the `id` of an `Account` is an `accountId`. */
export function knownName(field: string, { shows }: Pick<Operation, 'shows'>): string {
  if (field !== 'id' && !(field === 'name' && shows === 'Shard')) return SAME[field] ?? field;
  if (shows === undefined) return field;
  return field === 'name' ? 'shard' : `${shows[0]?.toLowerCase() ?? ''}${shows.slice(1)}Id`;
}

/**
 * The names whose values are worth knowing: those that some parameter has, those of ids, and what else lists of names are
 * made of.
 */
export function namesToKnow(operations: readonly Operation[]): ReadonlySet<string> {
  const names = operations.flatMap((operation) => [
    ...operation.parameters.map(({ name }) => name),
    ...Object.keys(operation.body?.properties ?? {})
      .filter((field) => /^id$|Id$/.test(field))
      .map((field) => knownName(field, operation)),
    ...Object.entries(operation.body?.properties ?? {}).flatMap(([field, { type }]) =>
      type === 'array' ? [field.replace(/s$/, '')] : [],
    ),
  ]);
  return new Set(names);
}
