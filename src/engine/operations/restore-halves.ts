import type { StoredTransfer } from '../../ledger/audit-transfer';
import { otherDirection } from '../../ledger/audit-transfer';
import { ShardUnavailableError } from '../../shards/faults';
import { fingerprint } from '../fingerprint';
import type { ShardSet } from '../shard-set';

/** Transfers read by one statement, and looked for by one. */
const PAGE = 500;

/** What was booked because a shard's database was lost. */
export interface Restored {
  readonly transfers: number;
  /** What had arrived on lost databases and is gone with them. */
  readonly lostMinor: bigint;
  /** What had left lost databases, whose entries are gone with them. */
  readonly foundMinor: bigint;
}

/**
 * Gives the transfers of an account their other halves back that were lost with a shard's database, where the shard was begun
 * anew since (`restoreHalf`). Other halves that are missing are not touched: nobody has said that they are lost.
 *
 * May be repeated: what was restored before is found. Rejects with `ShardUnavailableError`.
 *
 * @param lost shards that were begun anew
 */
export async function restoreHalves(
  shards: ShardSet,
  accountId: string,
  { names, lost }: { readonly names: readonly string[]; readonly lost: ReadonlySet<string> },
): Promise<Restored> {
  let [transfers, lostMinor, foundMinor] = [0, 0n, 0n];
  if (lost.size === 0) return { transfers, lostMinor, foundMinor };
  for (const name of names) {
    for await (const page of transfersOf(shards, name, accountId)) {
      for (const peer of lost) {
        for (const direction of ['in', 'out'] as const) {
          const halves = page.filter((half) => half.direction === direction && half.peerShard === peer);
          for (const half of await unpaired(shards, halves)) {
            await restore(shards, name, half);
            transfers += 1;
            if (direction === 'out') lostMinor += half.amountMinor;
            else foundMinor += half.amountMinor;
          }
        }
      }
    }
  }
  return { transfers, lostMinor, foundMinor };
}

async function* transfersOf(
  shards: ShardSet,
  name: string,
  accountId: string,
): AsyncGenerator<readonly StoredTransfer[]> {
  for (let start: Parameters<typeof scan>[0] = { fromAccount: accountId }; ;) {
    const { items, ended } = await scan(start);
    yield items;
    const last = items.at(-1);
    if (ended || !last) return;
    start = { after: last };
  }
  function scan(from: { fromAccount: string } | { after: StoredTransfer }) {
    return shards.shard(name).scanTransfers({ start: from, upToAccount: accountId, limit: PAGE });
  }
}

/** Those whose other half is nowhere. A departure that is still pending arrives by itself. */
async function unpaired(shards: ShardSet, halves: readonly StoredTransfer[]): Promise<StoredTransfer[]> {
  const done = halves.filter(({ pending }) => !pending);
  const [first] = done;
  if (!first?.peerShard) return [];
  const others = await shards.shard(first.peerShard).findTransfers({
    accountId: first.accountId,
    transferIds: done.map(({ transferId }) => transferId),
    direction: otherDirection(first),
  });
  const found = new Set(others.map(({ transferId }) => transferId));
  return done.filter(({ transferId }) => !found.has(transferId));
}

async function restore(shards: ShardSet, name: string, half: StoredTransfer): Promise<void> {
  const { accountId, transferId, amountMinor, fromSubAccount, toSubAccount, peerShard } = half;
  const missing = otherDirection(half);
  const peer = peerShard ?? '';
  const outcome = await shards.lanes(peer).submit({
    kind: 'restoreHalf',
    accountId,
    transferId,
    amountMinor,
    fromSubAccount,
    toSubAccount,
    half: missing,
    peerShard: name,
    subAccount: missing === 'in' ? toSubAccount : fromSubAccount,
    fingerprint: fingerprint('lost', transferId, amountMinor),
  });
  if (outcome.kind !== 'applied' && outcome.kind !== 'replayed')
    throw new ShardUnavailableError(peer, 'a lost transfer could not be restored there');
  if (missing === 'out') await shards.shard(peer).completeTransfers([{ accountId, transferId }]);
}
