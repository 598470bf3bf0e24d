import { assertNever } from '../ledger/assert-never';
import type { ListedShard, ShardRegistration, ShardRemoval } from '../shard-registry/shard.service';
import { Problem } from '../contract/problem';
import { SHARD_NAME_RULE, SHARD_URL_RULE, shardName } from '../contract/fields';

const SHARD_NAME = new RegExp(shardName.pattern);

/** @throws Problem INVALID_ARGUMENT for what may not be a shard's name */
export function checkedShardName(name: string): string {
  if (!SHARD_NAME.test(name)) throw invalidField('name', SHARD_NAME_RULE);
  return name;
}

/**
 * The shard that was registered.
 *
 * @throws Problem that says why it is no shard; it never quotes the URL, which may have its password anywhere
 */
export function registeredOrProblem(registration: ShardRegistration): ListedShard {
  switch (registration.kind) {
    case 'registered':
      return registration.shard;
    case 'malformed':
      throw invalidField('url', SHARD_URL_RULE);
    case 'nameTaken':
      throw new Problem('SHARD_EXISTS');
    case 'refused':
      throw new Problem('SHARD_REFUSED', { detail: 'The reason is in the log of the service.' });
    default:
      return assertNever(registration);
  }
}

/** @throws Problem that says why the shard is still there */
export function removedOrProblem(removal: ShardRemoval): void {
  if (removal === 'unknown') throw new Problem('SHARD_NOT_FOUND');
  if (removal !== 'removed') throw new Problem('SHARD_IN_USE');
}

function invalidField(field: 'name' | 'url', rule: string): Problem {
  return new Problem('INVALID_ARGUMENT', { errors: [{ field, rule }] });
}
