import { randomUUID } from 'node:crypto';
import type { SchemaPart } from '../shards/database';
import { DatabaseRefusedError } from '../shards/faults';
import { migrationsOf } from '../shards/migrations';
import { checkPrivileges } from '../shards/mysql/check-privileges';
import { checkSchema } from '../shards/mysql/check-schema';
import { checkTables } from '../shards/mysql/mysql-tables';
import { at, broken, type Check, ok, type Verdict, warning } from './check';
import { nodesOf, ServerSession } from './ask-server';
import type { ClockReading } from './judge-clocks';
import type { FoundDirectory, FoundIdentity } from './judge-identities';
import { judgeServer } from './judge-server';

/** What is found out about one database, for what is judged over all of them. */
export interface Examined {
  readonly checks: readonly Check[];
  readonly clocks: readonly ClockReading[];
  readonly place?: string;
  readonly identity: FoundIdentity['identity'];
  readonly directory?: FoundDirectory;
}

export interface DatabaseToExamine {
  readonly target: string;
  readonly parts: readonly SchemaPart[];
  readonly sessionsOfAnInstance: number;
}

/** Asks every node that a URL names; the tables are asked for on the first that answers. */
export async function examineMysql(url: string, database: DatabaseToExamine): Promise<Examined> {
  const nodes = nodesOf(url);
  const checks: Check[] = [];
  const clocks: ClockReading[] = [];
  let rest: Omit<Examined, 'checks' | 'clocks'> | undefined;
  for (const node of nodes) {
    const target = nodes.length > 1 ? `${database.target} ${node.host}` : database.target;
    let session: ServerSession;
    try {
      session = await ServerSession.open(node.url);
    } catch (error) {
      checks.push(...at(target, [notReached(node.host, error)]));
      continue;
    }
    try {
      clocks.push(await readClock(target, session));
      const facts = await factsOf(session);
      const { sessionsOfAnInstance } = database;
      checks.push(
        ...at(target, [
          ok('reachable', node.host),
          ...judgeServer({ ...facts, hosts: nodes.length, isLocal: node.isLocal, sessionsOfAnInstance }),
        ]),
      );
      rest ??= await examineTables(session, database, checks);
    } catch (error) {
      checks.push(...at(target, [notReached(node.host, error)]));
    } finally {
      session.end();
    }
  }
  return { checks, clocks, ...(rest ?? { identity: 'unread' }) };
}

function notReached(host: string, error: unknown): Verdict {
  const { code, message } = error as { code?: string; message: string };
  const isRefused = /ACCESS_DENIED|DBACCESS/.test(code ?? '');
  return broken(
    isRefused ? 'access' : 'reachable',
    `${host}: ${code ?? message}`,
    isRefused ? 'the server does not let the user in' : 'its share of requests is SHARD_UNAVAILABLE',
    isRefused
      ? 'correct user and password in the URL, or grant the user its database'
      : 'start the server, or correct the address; is a firewall between?',
  );
}

async function factsOf(session: ServerSession) {
  const [[version = ''] = []] = await session.query('SELECT VERSION()');
  return {
    version,
    variables: await session.pairs('SHOW GLOBAL VARIABLES'),
    status: new Map([
      ...(await session.pairs(`SHOW GLOBAL STATUS LIKE 'wsrep%'`)),
      ...(await session.pairs(`SHOW SESSION STATUS LIKE 'Ssl_cipher'`)),
    ]),
  };
}

async function readClock(target: string, session: ServerSession): Promise<ClockReading> {
  const before = Date.now();
  const [[now = ''] = []] = await session.query('SELECT UNIX_TIMESTAMP(SYSDATE(6)) * 1000');
  const after = Date.now();
  return { target, aheadMs: Number(now) - (before + after) / 2, roundTripMs: after - before };
}

async function examineTables(
  session: ServerSession,
  { target, parts }: DatabaseToExamine,
  checks: Check[],
): Promise<Omit<Examined, 'checks' | 'clocks'>> {
  for (const part of parts) checks.push(...at(target, await schemaOf(session, part)));
  checks.push(...at(target, [await backupRight(session, parts)]));
  const tables = (
    await session.query('SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()')
  ).flat();
  const [[server = randomUUID(), name = ''] = []] = await session.query(
    'SELECT CONCAT(@@hostname, @@port, @@datadir), DATABASE()',
  );
  return {
    place: `${server} ${name}`,
    identity: tables.includes('shard_identity') ? await identityOf(session) : undefined,
    ...(parts.includes('directory') && { directory: await directoryOf(session, tables) }),
  };
}

/** Each question is one that a start asks, too; a start would end at the first that is answered wrong. */
async function schemaOf({ query }: ServerSession, part: SchemaPart): Promise<Verdict[]> {
  try {
    await checkTables(query, part);
    const [[count] = []] = await query(
      `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = '${part}_migrations'`,
    );
    if (count === '0') return [ok(`tables-of-${part}`, 'none yet')];
    const behind = new Set((await query(`SELECT name FROM ${part}_migrations`)).flat());
    const pending = migrationsOf(part).filter(({ name }) => !behind.has(name));
    if (pending.length > 0)
      return [
        warning(
          `migrations-of-${part}`,
          `${pending.length} to be run: ${pending.map(({ name }) => name).join(', ')}`,
          'the tables are of an earlier version; the next start of this one migrates them',
          'make a backup, then restart the instances one after the other',
        ),
      ];
    // A server shows constraints only to users who may write: without these rights the tables would look altered.
    await checkPrivileges(query, part);
    await checkSchema(query, part);
    return [ok(`tables-of-${part}`, `${behind.size} migrations`)];
  } catch (error) {
    return [refusedTables(part, error)];
  }
}

function refusedTables(part: SchemaPart, error: unknown): Verdict {
  if (error instanceof DatabaseRefusedError)
    return broken(
      `tables-of-${part}`,
      error.message,
      'the service does not start on it',
      `see ${error.code} in docs/operations.md`,
    );
  const { message } = error as Error;
  return broken(
    'privileges',
    message,
    'the user may not do what the service does there',
    'grant SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX and REFERENCES on the database',
  );
}

async function backupRight({ query }: ServerSession, parts: readonly SchemaPart[]): Promise<Verdict> {
  const table = `${parts[0] ?? 'shard'}_migrations`;
  try {
    await query(`LOCK TABLES ${table} READ`);
  } catch (error) {
    const { code = '', message } = error as { code?: string; message: string };
    if (code !== 'ER_NO_SUCH_TABLE')
      return warning(
        'backup-right',
        message,
        'hotsplit backup cannot be run as this user',
        'grant LOCK TABLES on the database, or give the backup a user that has it',
      );
  }
  await query('UNLOCK TABLES').catch(() => undefined);
  return ok('backup-right', 'LOCK TABLES');
}

async function identityOf({ query }: ServerSession): Promise<FoundIdentity['identity']> {
  const [row] = await query(
    `SELECT name, cluster_id, COALESCE(incarnation, '') FROM shard_identity WHERE id = 1`,
  );
  const [name = '', clusterId = '', incarnation = ''] = row ?? [];
  return row && { name, clusterId, incarnation };
}

async function directoryOf({ query }: ServerSession, tables: readonly string[]): Promise<FoundDirectory> {
  if (!tables.includes('shard')) return { clusterId: undefined, shards: [] };
  const [[clusterId] = []] = await query('SELECT cluster_id FROM cluster');
  const shards = await query(`SELECT name, incarnation, url IS NOT NULL FROM shard`);
  return {
    clusterId,
    shards: shards.map(([name = '', incarnation = '', hasUrl]) => ({
      name,
      incarnation,
      hasUrl: hasUrl === '1',
    })),
  };
}
