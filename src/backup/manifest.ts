import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { SchemaPart } from '../shards/database';
import { migrationsOf } from '../shards/migrations';
import { BackupFault } from './backup-fault';

export const MANIFEST_FORMAT = 1;
const FILE = 'manifest.json';

/** A file of a backup, its path relative to the backup's folder. */
export interface BackupFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The rows of a table of a server, as INSERT statements, compressed. */
export interface TableFile extends BackupFile {
  readonly table: string;
  readonly rows: number;
  /** What the table numbers its next row with; kept, so that a number is never given twice. */
  readonly autoIncrement?: string;
}

export interface BackedUpShard {
  readonly name: string;
  readonly incarnation: string | null;
  readonly database: string;
  /** Where the directory has a file that was registered while the service ran, relative to the data folder. */
  readonly file?: string;
}

interface CommonDatabase {
  readonly id: string;
  /** The migrations that the database had behind it, by the part of the schema. */
  readonly migrations: Readonly<Partial<Record<SchemaPart, readonly string[]>>>;
}

export type BackedUpDatabase = CommonDatabase &
  (
    | { readonly kind: 'sqlite'; readonly file: BackupFile }
    | {
        readonly kind: 'mysql';
        readonly server: string;
        /** The transactions (GTIDs) that the snapshot has, where the server keeps a binary log. */
        readonly position?: string;
        readonly tables: readonly TableFile[];
      }
  );

/** What a backup has. Written last, so a folder without a manifest is no backup. */
export interface Manifest {
  readonly format: number;
  readonly version: string;
  readonly installation: string;
  readonly begunAt: string;
  /** Everything that was acknowledged before `fencedAt` is in the backup, and nothing that was begun after `liftedAt`. */
  readonly marker: { readonly fencedAt: string; readonly liftedAt: string; readonly fenceMs: number };
  /** The id of the database that has the directory. */
  readonly directory: string;
  readonly shards: readonly BackedUpShard[];
  readonly databases: readonly BackedUpDatabase[];
}

export function filesOf(database: BackedUpDatabase): readonly BackupFile[] {
  return database.kind === 'sqlite' ? [database.file] : database.tables;
}

/** Written beside its name and renamed, so that a backup that was killed has no manifest at all. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const beside = join(folder, `.${FILE}`);
  const handle = await open(beside, 'w', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, join(folder, FILE));
  await syncFolder(folder);
}

/** Makes the names of a folder's files durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Reads a backup's manifest and compares every file with it, before anybody relies on one of them.
 *
 * @throws BackupFault `BACKUP_NOT_WHOLE`, `BACKUP_TOO_NEW`, `BACKUP_DAMAGED`
 */
export async function readBackup(
  folder: string,
  checked: (bytes: number, total: number) => void = () => undefined,
): Promise<Manifest> {
  const manifest = await readManifest(folder);
  const files = manifest.databases.flatMap(filesOf);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const file of files) {
    const found = await digestOf(join(folder, file.path));
    if (found?.sha256 !== file.sha256)
      throw new BackupFault('BACKUP_DAMAGED', `${file.path} is missing, or is not as it was written`);
    done += file.bytes;
    checked(done, total);
  }
  return manifest;
}

async function readManifest(folder: string): Promise<Manifest> {
  let text: string;
  try {
    text = await readFile(join(folder, FILE), 'utf8');
  } catch (error) {
    throw new BackupFault(
      'BACKUP_NOT_WHOLE',
      `${folder} has no ${FILE}: it is no backup, or one that did not end`,
      { cause: error },
    );
  }
  const manifest = parsed(text);
  if (manifest.format !== MANIFEST_FORMAT)
    throw new BackupFault(
      'BACKUP_TOO_NEW',
      `the backup has format ${String(manifest.format)}; this version reads ${MANIFEST_FORMAT}`,
    );
  refuseNewer(manifest);
  return manifest;
}

function parsed(text: string): Manifest {
  try {
    return JSON.parse(text) as Manifest;
  } catch (error) {
    throw new BackupFault('BACKUP_DAMAGED', `${FILE} cannot be read`, { cause: error });
  }
}

/** A later build may have changed what a table means. */
function refuseNewer({ databases, version }: Manifest): void {
  for (const { migrations } of databases)
    for (const [part, run] of Object.entries(migrations)) {
      const known = new Set(migrationsOf(part as SchemaPart).map(({ name }) => name));
      const unknown = run.filter((name) => !known.has(name));
      if (unknown.length > 0)
        throw new BackupFault(
          'BACKUP_TOO_NEW',
          `the backup was made by hotsplit ${version}, whose tables this version does not know (${unknown.join(', ')})`,
        );
    }
}

export async function digestOf(path: string): Promise<{ bytes: number; sha256: string } | undefined> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    await pipeline(createReadStream(path), async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
      }
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return { bytes, sha256: hash.digest('hex') };
}
