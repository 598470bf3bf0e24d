import { mkdir, readdir, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SchemaPart } from '../shards/database';
import { refuseNewerSchema } from '../shards/migrations';
import { registeredLocation } from '../shards/registered-location';
import { BackupFault } from './backup-fault';
import type { BackupSource } from './backup-source';
import { databasesOf, type Installation, type InstallationDatabase } from './installation';
import {
  type BackedUpDatabase,
  type BackedUpShard,
  type Manifest,
  MANIFEST_FORMAT,
  syncFolder,
  writeManifest,
} from './manifest';
import { type OpenSource, sourceAt } from './open-source';

export interface BackupOptions {
  readonly installation: Installation;
  /** Made, or empty. */
  readonly folder: string;
  readonly version: string;
  /** How long the moment is tried for in which nobody writes. */
  readonly fenceSecondsMax?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number) => void;
  /** Tests do something at the moment at which every snapshot is open and the fence still stands. */
  readonly whileFenced?: () => Promise<void>;
  readonly openSource?: OpenSource;
}

interface Opened extends InstallationDatabase {
  readonly source: BackupSource;
}

const FENCE_SECONDS_MAX = 60;
const FENCE_PAUSE_MS = 500;

/**
 * Copies all databases of an installation as they were at one moment, while it is in use: all are fenced, in all of them a
 * snapshot is opened, the fences are lifted, and the snapshots are copied. So the copy is a state that all databases had
 * together, and what is restored from it goes on as after a crash of all instances at that moment.
 *
 * Rejects with `BackupFault`; what it has written by then is removed.
 */
export async function takeBackup(options: BackupOptions): Promise<Manifest> {
  const { folder } = options;
  await makeEmptyFolder(folder);
  const begunAt = new Date().toISOString();
  const installation = await withRegisteredShards(options.installation, options.openSource);
  const { openSource = sourceAt } = options;
  const opened = databasesOf(installation).map((each): Opened => ({ ...each, source: openSource(each) }));
  try {
    for (const { source } of opened) await source.open();
    const marker = await openSnapshots(opened, options);
    const identified = await identify(opened, installation);
    const databases = await copyAll(opened, options);
    const manifest = {
      format: MANIFEST_FORMAT,
      version: options.version,
      begunAt,
      marker,
      ...identified,
      databases,
    };
    await syncFolder(folder);
    await writeManifest(folder, manifest);
    return manifest;
  } catch (error) {
    await empty(folder).catch(() => undefined);
    throw error;
  } finally {
    await Promise.allSettled(opened.map(({ source }) => source.close()));
  }
}

async function makeEmptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0)
    throw new BackupFault(
      'BACKUP_FOLDER_NOT_EMPTY',
      `${folder} is not empty: give each backup its own folder`,
    );
}

async function empty(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(`${folder}/${name}`, { recursive: true });
}

/** Shards that were registered while the service ran are in no setting, and in the directory only. */
async function withRegisteredShards(
  installation: Installation,
  openSource: OpenSource = sourceAt,
): Promise<Installation> {
  const home = databasesOf(installation).find(({ parts }) => parts.includes('directory'));
  const source = openSource(home as InstallationDatabase);
  try {
    await source.open();
    const known = new Set(installation.shards.map(({ name }) => name));
    const listed = await shardsOf(source);
    const registered = listed.filter(({ name }) => !known.has(name));
    return {
      ...installation,
      shards: [
        ...installation.shards,
        ...registered.map(({ name, url }) => {
          if (url === null)
            throw new BackupFault('SHARD_NOT_CONFIGURED', `HOTSPLIT_SHARDS does not name the shard ${name}`);
          return { name, location: registeredLocation(url, installation.dataDir) };
        }),
      ],
    };
  } finally {
    await source.close();
  }
}

interface ListedShard {
  readonly name: string;
  readonly url: string | null;
  readonly incarnation: string;
}

async function shardsOf(source: BackupSource): Promise<ListedShard[]> {
  const rows = await source.read(`SELECT name, COALESCE(url, ''), incarnation FROM shard ORDER BY name`);
  return rows.map(([name, url, incarnation]) => ({
    name: String(name),
    url: url === '' ? null : String(url),
    incarnation: String(incarnation),
  }));
}

/** Tries until every database is fenced at once; each try keeps writers waiting for about a second at most. */
async function openSnapshots(opened: readonly Opened[], options: BackupOptions): Promise<Manifest['marker']> {
  const { fenceSecondsMax = FENCE_SECONDS_MAX, signal } = options;
  const until = performance.now() + fenceSecondsMax * 1_000;
  for (;;) {
    try {
      return await openUnderFence(opened, options);
    } catch (error) {
      if (error instanceof BackupFault) throw error;
      if (performance.now() > until) {
        throw new BackupFault(
          'FENCE_NOT_REACHED',
          `in ${fenceSecondsMax} seconds there was no moment at which all databases could be kept from writing: ` +
            `${error instanceof Error ? error.message : String(error)}. Is a long transaction open on one of them?`,
          { cause: error },
        );
      }
    }
    await sleep(FENCE_PAUSE_MS, undefined, { signal });
    await Promise.allSettled(opened.map(({ source }) => source.close()));
    for (const { source } of opened) await source.open();
  }
}

async function openUnderFence(
  opened: readonly Opened[],
  { whileFenced }: BackupOptions,
): Promise<Manifest['marker']> {
  const onAll = (step: 'fence' | 'openSnapshot' | 'proveFence' | 'lift'): Promise<unknown> =>
    settledOnAll(opened.map(({ source }) => source[step]()));
  const begunAt = performance.now();
  try {
    await onAll('fence');
    const fencedAt = new Date().toISOString();
    await onAll('openSnapshot');
    await onAll('proveFence');
    await whileFenced?.();
    await onAll('lift');
    return {
      fencedAt,
      liftedAt: new Date().toISOString(),
      fenceMs: Math.round((performance.now() - begunAt) * 10) / 10,
    };
  } catch (error) {
    await Promise.allSettled(opened.map(({ source }) => source.lift()));
    throw error;
  }
}

/** Waits for all, so that nothing is under way any more when one has failed. */
async function settledOnAll(steps: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(steps)) if (result.status === 'rejected') throw result.reason;
}

/** Compares the databases with what the directory knows of them, at the moment of the backup. */
async function identify(
  opened: readonly Opened[],
  { shards: known }: Installation,
): Promise<Pick<Manifest, 'installation' | 'directory' | 'shards'>> {
  const home = opened.find(({ parts }) => parts.includes('directory')) as Opened;
  const [cluster] = await home.source.read('SELECT cluster_id FROM cluster');
  const installation = String(cluster?.[0]);
  const listed = await shardsOf(home.source);
  const missing = listed.find(({ name }) => !known.some((shard) => shard.name === name));
  if (missing)
    throw new BackupFault(
      'SHARD_NOT_CONFIGURED',
      `the shard ${missing.name} has just been added: begin again`,
    );
  const shards: BackedUpShard[] = [];
  for (const { id, shard, source } of opened) {
    if (shard === undefined) continue;
    const [row] = await source.read(`SELECT name, cluster_id, COALESCE(incarnation, '') FROM shard_identity`);
    const [name, clusterId, found] = row ?? [];
    const incarnation = found === undefined || found === '' ? null : String(found);
    const entry = listed.find((each) => each.name === shard);
    const isKnown =
      entry !== undefined && (entry.incarnation === incarnation || entry.incarnation === 'unknown');
    if (name !== shard || clusterId !== installation || !isKnown)
      throw new BackupFault(
        'SHARD_IDENTITY_MISMATCH',
        `the database of shard ${shard} is not the one that the directory knows under this name`,
      );
    const file = entry.url?.startsWith('sqlite:') === true ? entry.url.slice('sqlite:'.length) : undefined;
    shards.push({ name: shard, incarnation, database: id, ...(file && { file }) });
  }
  return { installation, directory: home.id, shards };
}

async function copyAll(opened: readonly Opened[], options: BackupOptions): Promise<BackedUpDatabase[]> {
  const { folder, progress = () => undefined } = options;
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const parts = new Map<string, { done: number; total: number }>();
  const copies = opened.map(async ({ id, source, parts: schemas }): Promise<BackedUpDatabase> => {
    const migrations: Partial<Record<SchemaPart, readonly string[]>> = {};
    for (const part of schemas) migrations[part] = await migrationsIn(source, part);
    const copied = await source.copy({
      folder,
      id,
      signal,
      progress: (done, total) => {
        parts.set(id, { done, total: Math.max(done, total) });
        const sums = [...parts.values()];
        progress(
          sums.reduce((sum, each) => sum + each.done, 0),
          sums.reduce((sum, each) => sum + each.total, 0),
        );
      },
    });
    return { id, migrations, ...copied };
  });
  try {
    return await Promise.all(copies);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(copies);
    throw error;
  }
}

async function migrationsIn(source: BackupSource, part: SchemaPart): Promise<string[]> {
  const rows = await source.read(`SELECT name FROM ${part}_migrations ORDER BY id`);
  const names = rows.map(([name]) => String(name));
  refuseNewerSchema(part, names);
  return names;
}
