import type { Entry } from '../ledger/entry';
import type { Outcome } from '../ledger/outcome';
import { judgeTry } from '../ledger/take-hold';
import type { Shard } from '../shards/shard';
import type { Request } from './router';

export type EarlierUse = Extract<
  Outcome,
  { kind: 'replayed' | 'held' | 'holdAlreadyCancelled' | 'keyReused' }
>;

/**
 * What an entry found under a request's key says of the request: that it was carried out, or that its key was. Of a hold
 * it is the mark, and the hold itself says what became of it.
 *
 * @param shard where the entry was found; rejects with `ShardUnavailableError` when it cannot be read any more
 */
export async function earlierUse(
  {
    kind,
    accountId,
    requestId,
    fingerprint,
  }: Pick<Request, 'kind' | 'accountId' | 'requestId' | 'fingerprint'>,
  entry: Entry,
  shard: Pick<Shard, 'findHold'>,
): Promise<EarlierUse> {
  if (kind === 'hold' && entry.kind === 'hold') {
    const hold = await shard.findHold(accountId, requestId);
    if (!hold) throw new RangeError(`a hold's mark without its hold: ${accountId} ${requestId}`);
    return judgeTry(hold, fingerprint);
  }
  return entry.fingerprint === fingerprint ? { kind: 'replayed', entry } : { kind: 'keyReused' };
}
