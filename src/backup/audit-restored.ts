import { audit, type AuditReport } from '../audit/audit';
import { Directory } from '../shards/directory/directory';
import { directoryDatabaseAt, shardAt } from '../shards/open-database';
import type { Shard } from '../shards/shard';
import type { ShardAddress } from '../shards/shard-address';
import type { Installation } from './installation';

/** Proves every account of databases that no service uses, such as those that were just restored. Migrates them, too. */
export async function auditRestored(
  { shards: addresses, directory: location }: Installation,
  progress?: (done: number, total: number) => void,
): Promise<AuditReport> {
  const directory = new Directory(directoryDatabaseAt(location));
  const shards: Shard[] = [];
  try {
    await directory.open();
    for (const address of addresses) shards.push(await opened(address, directory));
    return await audit({ shards, directory, ...(progress && { progress }) });
  } finally {
    for (const shard of shards) await shard.close();
    await directory.close();
  }
}

async function opened(address: ShardAddress, directory: Directory): Promise<Shard> {
  const shard = shardAt(address, {
    clusterId: () => directory.clusterId(),
    describeAccount: (accountId) => Promise.reject(new Error(`nothing is written to ${accountId}`)),
    parallelism: 1,
  });
  try {
    await shard.open();
    return shard;
  } catch (error) {
    await shard.close();
    throw error;
  }
}
