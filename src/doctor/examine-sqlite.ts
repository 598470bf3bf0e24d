import Sqlite from 'better-sqlite3';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { DatabaseRefusedError } from '../shards/faults';
import { refuseForeignTables } from '../shards/foreign-tables';
import { restoringFile } from '../shards/sqlite/unfinished-restore';
import { migrationsOf, refuseNewerSchema } from '../shards/migrations';
import { at, broken, type Check, ok, type Verdict, warning } from './check';
import type { DatabaseToExamine, Examined } from './examine-mysql';

/** Reads a SQLite file past the service that may have it open. */
export function examineSqlite(path: string, { target, parts }: DatabaseToExamine): Examined {
  const place = resolve(path);
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) {
    const checks = at(target, [noFile(place)]);
    return { checks, clocks: [], place, identity: undefined, ...emptyDirectory(parts) };
  }
  const verdicts: Verdict[] = [file(path, found.mode)];
  if (!found.isFile() || verdicts.some(({ state }) => state === 'broken'))
    return { checks: at(target, verdicts), clocks: [], place, identity: 'unread' };
  try {
    const connection = new Sqlite(path, { readonly: true });
    try {
      const all = (sql: string): string[][] =>
        (connection.prepare(sql).raw().all() as unknown[][]).map((row) => row.map(String));
      return { place, clocks: [], ...examineTables(all, { target, parts }, verdicts) };
    } finally {
      connection.close();
    }
  } catch (error) {
    verdicts.push(unreadable(path, error));
    return { checks: at(target, verdicts), clocks: [], place, identity: 'unread' };
  }
}

function noFile(place: string): Verdict {
  if (existsSync(restoringFile(place)))
    return broken(
      'file',
      `${restoringFile(place)}, and no ${place}`,
      'a restore did not end; a start ends with RESTORE_UNFINISHED',
      'run hotsplit restore again',
    );
  return ok('file', existsSync(dirname(place)) ? 'none yet' : 'neither the file nor its folder is there yet');
}

function emptyDirectory(parts: DatabaseToExamine['parts']): Pick<Examined, 'directory'> {
  return parts.includes('directory') ? { directory: { clusterId: undefined, shards: [] } } : {};
}

function file(path: string, mode: number): Verdict {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch {
    return broken(
      'file',
      `${path} cannot be written`,
      'the service does not start',
      'correct its owner or mode',
    );
  }
  return (mode & 0o077) === 0
    ? ok('file', path)
    : warning(
        'file',
        `${path} can be read by others (mode ${(mode & 0o777).toString(8)})`,
        'balances, hashes of keys and secrets of webhooks are in it',
        `chmod 600 ${path}`,
      );
}

function unreadable(path: string, error: unknown): Verdict {
  return broken(
    'file',
    `${path}: ${(error as Error).message}`,
    'it is no database, or it is damaged',
    'restore it from a backup',
  );
}

type Ask = (sql: string) => string[][];

function examineTables(
  all: Ask,
  { target, parts }: Pick<DatabaseToExamine, 'target' | 'parts'>,
  verdicts: Verdict[],
): Pick<Examined, 'checks' | 'identity' | 'directory'> {
  const tables = all("SELECT name FROM sqlite_schema WHERE type = 'table'").flat();
  verdicts.push(...parts.map((part) => schemaOf(all, tables, part)));
  const checks: Check[] = at(target, verdicts);
  const [row] = tables.includes('shard_identity')
    ? all(`SELECT name, cluster_id, COALESCE(incarnation, '') FROM shard_identity WHERE id = 1`)
    : [];
  const [name = '', clusterId = '', incarnation = ''] = row ?? [];
  return {
    checks,
    identity: row && { name, clusterId, incarnation },
    ...(parts.includes('directory') && { directory: directoryOf(all, tables) }),
  };
}

function schemaOf(all: Ask, tables: readonly string[], part: 'shard' | 'directory'): Verdict {
  try {
    refuseForeignTables('the file', tables);
    if (!tables.includes(`${part}_migrations`)) return ok(`tables-of-${part}`, 'none yet');
    const behind = all(`SELECT name FROM ${part}_migrations`).flat();
    refuseNewerSchema(part, behind);
    const pending = migrationsOf(part).filter(({ name }) => !behind.includes(name));
    if (pending.length === 0) return ok(`tables-of-${part}`, `${behind.length} migrations`);
    return warning(
      `migrations-of-${part}`,
      `${pending.length} to be run: ${pending.map(({ name: each }) => each).join(', ')}`,
      'the tables are of an earlier version; the next start of this one migrates them',
      'make a backup, then start this version',
    );
  } catch (error) {
    const { code, message } = error as DatabaseRefusedError;
    return broken(
      `tables-of-${part}`,
      message,
      'the service does not start on it',
      `see ${code} in docs/operations.md`,
    );
  }
}

function directoryOf(all: Ask, tables: readonly string[]): NonNullable<Examined['directory']> {
  if (!tables.includes('shard')) return { clusterId: undefined, shards: [] };
  const [[clusterId] = []] = all('SELECT cluster_id FROM cluster');
  const shards = all('SELECT name, incarnation, url IS NOT NULL FROM shard');
  return {
    clusterId,
    shards: shards.map(([name = '', incarnation = '', hasUrl]) => ({
      name,
      incarnation,
      hasUrl: hasUrl === '1',
    })),
  };
}
