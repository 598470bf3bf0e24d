import { randomUUID } from 'node:crypto';
import { registeredLocation } from '../shards/registered-location';
import type { ShardAddress } from '../shards/shard-address';
import { BackupFault } from './backup-fault';
import { databasesOf, type Installation, type InstallationDatabase } from './installation';
import { type BackedUpDatabase, type Manifest, readBackup } from './manifest';
import { targetAt } from './open-target';
import type { RestoreTarget } from './restore-target';

export interface RestoreOptions {
  readonly folder: string;
  /** Where to: empty databases under the names of the backed up shards. */
  readonly installation: Installation;
  /** Restores this shard alone. */
  readonly only?: string | undefined;
  /** That shard goes back to the backup's moment, while the others do not. */
  readonly acceptLoss?: boolean | undefined;
  /** For tests. */
  readonly openTarget?: (database: InstallationDatabase) => RestoreTarget;
  readonly signal?: AbortSignal;
  readonly progress?: (step: 'checking' | 'restoring', done: number, total: number) => void;
}

export interface Restored {
  readonly manifest: Manifest;
  /** All shards of the backup, at their new places. */
  readonly installation: Installation;
  /** The databases that were filled. */
  readonly databases: readonly string[];
  /** Of a shard that was restored alone: what the directory is to give up for it, as HOTSPLIT_LOST_SHARDS says it. */
  readonly lostShard?: string;
}

interface Part {
  readonly database: BackedUpDatabase;
  readonly at: InstallationDatabase;
  readonly target: RestoreTarget;
}

/**
 * Fills empty databases with a backup. Every restored shard gets a new incarnation, which the restored directory knows: so a
 * database of the old installation is refused by the new one, and the other way round, however addresses are mixed up.
 *
 * Rejects with `BackupFault` before anything is written, unless a database or the disk fails; then services refuse what there
 * is, and the next restore begins anew.
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { folder, progress = () => undefined } = options;
  const manifest = await readBackup(folder, (done, total) => {
    progress('checking', done, total);
  });
  const installation = { ...options.installation, shards: addressesOf(manifest, options.installation) };
  const parts = plan(manifest, installation, options);
  try {
    await begin(parts);
    await fillAll(parts, { manifest, options }).catch(async (error: unknown) => {
      for (const { target } of parts) await target.abandon();
      throw error;
    });
    // The directory last: without it nothing can be started on the rest.
    for (const { target } of parts) await target.finish();
  } finally {
    await Promise.allSettled(parts.map(({ target }) => target.close()));
  }
  const { only } = options;
  const lost = only === undefined ? undefined : manifest.shards.find(({ name }) => name === only);
  return {
    manifest,
    installation,
    databases: parts.map(({ database }) => database.id),
    ...(lost && { lostShard: `${lost.name}=${lost.incarnation ?? ''}` }),
  };
}

/**
 * From here on services refuse the databases. The directory's is marked first and finished last, so that no other database is
 * ever taken for a new one; and what an unfinished restore had finished is known by what that restore left in the directory's.
 */
async function begin(parts: readonly Part[]): Promise<void> {
  const home = parts.find(({ at }) => at.parts.includes('directory'));
  const left = (await home?.target.leftIncarnations()) ?? new Set<string>();
  for (const { target } of parts) await target.assertEmpty(left);
  await home?.target.mark();
  for (const part of parts) if (part !== home) await part.target.mark();
}

function plan(
  manifest: Manifest,
  installation: Installation,
  { only, acceptLoss, openTarget = targetAt }: RestoreOptions,
): Part[] {
  const parts = databasesOf(installation).map((at): Part => {
    const database = manifest.databases.find(({ id }) => id === at.id);
    if (!database || database.kind !== at.location.kind)
      throw new BackupFault(
        'RESTORE_MISMATCH',
        `the backup has no ${at.location.kind} database for ${at.id}`,
      );
    return { database, at, target: openTarget(at) };
  });
  const home = parts.find(({ at }) => at.parts.includes('directory'));
  if (home?.database.id !== manifest.directory || parts.length !== manifest.databases.length)
    throw new BackupFault(
      'RESTORE_MISMATCH',
      `the backup has the directory in the database ${manifest.directory}, and the settings have it elsewhere`,
    );
  const inOrder = [...parts.filter((part) => part !== home), home];
  return only === undefined ? inOrder : alone(inOrder, only, acceptLoss === true);
}

/** The same shards, under the same names: a request id's home is found by them. */
function addressesOf({ shards }: Manifest, { shards: given, dataDir }: Installation): ShardAddress[] {
  const extra = given.filter(({ name }) => !shards.some((shard) => shard.name === name));
  if (extra.length > 0)
    throw new BackupFault(
      'RESTORE_MISMATCH',
      `HOTSPLIT_SHARDS names ${extra.map(({ name }) => name).join(', ')}, which the backup has not`,
    );
  return shards.map(({ name, file }) => {
    const address = given.find((each) => each.name === name);
    if (address) return address;
    if (file === undefined)
      throw new BackupFault(
        'RESTORE_MISMATCH',
        `HOTSPLIT_SHARDS names no shard ${name}, which the backup has`,
      );
    return { name, location: registeredLocation(`sqlite:${file}`, dataDir) };
  });
}

function alone(parts: readonly Part[], only: string, acceptLoss: boolean): Part[] {
  const part = parts.find(({ at }) => at.shard === only);
  if (!part) throw new BackupFault('RESTORE_MISMATCH', `the backup has no shard ${only}`);
  if (part.at.parts.includes('directory'))
    throw new BackupFault(
      'RESTORE_MISMATCH',
      `the directory is in the database of ${only}: it cannot go back alone, restore everything`,
    );
  if (!acceptLoss)
    throw new BackupFault(
      'RESTORE_LOSES_MONEY',
      `${only} would go back to the backup's moment while the others do not: what it took since is lost, its request ids ` +
        'can take effect again, and transfers with it lose a half until accounts are repaired. --accept-loss does it all the same',
    );
  return [part];
}

async function fillAll(
  parts: readonly Part[],
  { manifest, options }: { readonly manifest: Manifest; readonly options: RestoreOptions },
): Promise<void> {
  const { folder, progress = () => undefined } = options;
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const incarnations = new Map(manifest.shards.map(({ name }) => [name, randomUUID()]));
  const reached = new Map<string, { done: number; total: number }>();
  const fills = parts.map(({ database, at, target }) =>
    target.fill({
      folder,
      database,
      adapt: adaptations(at, incarnations),
      signal,
      progress: (done, total) => {
        reached.set(at.id, { done, total });
        const sums = [...reached.values()];
        progress(
          'restoring',
          sums.reduce((sum, each) => sum + each.done, 0),
          sums.reduce((sum, each) => sum + each.total, 0),
        );
      },
    }),
  );
  try {
    await Promise.all(fills);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(fills);
    throw error;
  }
}

/** Names are of letters, digits, `_` and `-`. */
function adaptations(
  { parts, shard }: InstallationDatabase,
  incarnations: ReadonlyMap<string, string>,
): string[] {
  const own = shard === undefined ? undefined : incarnations.get(shard);
  return [
    ...(own === undefined ? [] : [`UPDATE shard_identity SET incarnation = '${own}' WHERE id = 1`]),
    ...(parts.includes('directory')
      ? [...incarnations].map(
          ([name, incarnation]) => `UPDATE shard SET incarnation = '${incarnation}' WHERE name = '${name}'`,
        )
      : []),
  ];
}
