/** The size and shards an account is to have. */
export interface Layout {
  readonly shards: readonly string[];
  readonly subAccounts: number;
}

/**
 * The shards of an account after a resize.
 *
 * Without a wish, its shards stay as long as there is a sub-account for each: then no request's home moves. An account
 * that has as many shards as sub-accounts was narrowed by its size, and widens with it, over the installation's shards
 * in their order behind its own; one that becomes smaller than its shards keeps the first of them.
 *
 * With a wish, the shards that stay keep their positions, as far as the new number allows, so that only the share of
 * requests moves that must.
 *
 * @param wish distinct names, not more than sub-accounts
 */
export function planPlacement(
  present: Layout,
  wanted: { readonly subAccounts: number; readonly shards: readonly string[] | undefined },
  installation: readonly string[],
): Layout {
  const { subAccounts } = wanted;
  if (wanted.shards) return { shards: rearrange(present.shards, wanted.shards), subAccounts };
  const narrowed = present.shards.length === present.subAccounts;
  const others = narrowed ? following(installation, present.shards) : [];
  return { shards: [...present.shards, ...others].slice(0, subAccounts), subAccounts };
}

export function sameShards(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((shard, position) => shard === b[position]);
}

/** The installation's shards that are not among the account's, beginning behind its last. */
function following(installation: readonly string[], own: readonly string[]): string[] {
  const last = installation.indexOf(own.at(-1) ?? '');
  const turned = [...installation.slice(last + 1), ...installation.slice(0, last + 1)];
  return turned.filter((shard) => !own.includes(shard));
}

function rearrange(present: readonly string[], wanted: readonly string[]): string[] {
  const added = wanted.filter((shard) => !present.includes(shard));
  const placed: (string | undefined)[] = Array.from({ length: wanted.length }, (_, position) => {
    const shard = present[position];
    return shard !== undefined && wanted.includes(shard) ? shard : undefined;
  });
  const moved = present.slice(wanted.length).filter((shard) => wanted.includes(shard));
  const rest = [...moved, ...added];
  return placed.map((shard) => shard ?? (rest.shift() as string));
}
