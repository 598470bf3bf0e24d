import type { PoolConnection } from 'mysql2';
import { SessionFence, WriterError } from '../../writer-fence';
import type { RawResult } from '../raw-result';
import {
  CLUSTER_VARIABLES,
  clusterKind,
  GALERA_STATUS,
  galeraMembership,
  GROUP_MEMBERS,
  groupMembership,
  type Membership,
} from './membership';
import {
  everySlot,
  judgeWriter,
  MARK_TABLES,
  NOBODY,
  READ_MARK,
  SLOTS,
  type WriterMark,
} from './writer-mark';

/** Another session may be faster; then its mark is read. */
const TAKE_OVER_TRIES_MAX = 5;

const NO_SUCH_TABLE = 1146;
/** Deadlock: another write was certified first. */
const LOST_RACE = 1213;

export interface ProveWriter {
  readonly connection: PoolConnection;
  readonly run: (sql: string) => Promise<RawResult>;
  /** Refuses a database that holds something else, before tables are made there. */
  readonly checkTables: () => Promise<void>;
  /** The number that the server gives an error; undefined for any other. */
  readonly errorNumber: (error: unknown) => number | undefined;
  /** Whether the session runs transactions of several statements, or single statements. */
  readonly transactions: boolean;
}

/**
 * Asks, once for a session, whether its server is a node of a cluster and, if so, proves that it is the one that the database
 * is written through, or makes it that where the marked one has left. A server that stands alone costs one trip.
 *
 * Rejects with `WriterError` where it must not be used.
 *
 * @returns the fence of the session's transactions; undefined where none is needed
 */
export async function proveWriter(session: ProveWriter): Promise<SessionFence | undefined> {
  const variables = pairs(await session.run(CLUSTER_VARIABLES));
  const kind = clusterKind(variables);
  if (!kind) return undefined;

  const look = (): Promise<Membership> => membershipOf(session, kind, variables);
  const membership = await look();
  // A node that has left the cluster answers nothing that waits for the others.
  if (!membership.writable) throw notReady(membership);
  await session.run(CAUSAL[kind]);
  const mark = await findWriter(session, look);
  if (!session.transactions) return undefined;

  const owner = session.connection.threadId;
  const slot = owner % SLOTS;
  const claimed = await session.run(
    `UPDATE writer_slot SET owner = ${owner}, token = 0 WHERE slot = ${slot} AND term = ${mark.term}`,
  );
  if (matched(claimed) !== 1) throw new WriterError('SHARD_WRITER_ELSEWHERE', 'the writer has just changed');
  // A transaction proves at its commit that what it read was current: its reads need not wait.
  await session.run(NOT_CAUSAL[kind]);
  await session.run('SET SESSION TRANSACTION READ ONLY');
  return new SessionFence({ slot, owner, term: mark.term }, mark.node);
}

/** Reads wait until this node has applied what the cluster had committed when they came. */
const CAUSAL = {
  galera: 'SET SESSION wsrep_sync_wait = 7',
  group: `SET SESSION group_replication_consistency = 'BEFORE'`,
};
const NOT_CAUSAL = {
  galera: 'SET SESSION wsrep_sync_wait = 0',
  group: `SET SESSION group_replication_consistency = 'EVENTUAL'`,
};

async function findWriter(session: ProveWriter, look: () => Promise<Membership>): Promise<WriterMark> {
  for (let tries = 1; ; tries += 1) {
    const membership = await look();
    if (!membership.writable) throw notReady(membership);
    const mark = await readMark(session);
    const verdict = judgeWriter(membership, mark);
    if (verdict === 'writer') return mark;
    if (verdict === 'elsewhere' || tries === TAKE_OVER_TRIES_MAX) {
      throw new WriterError(
        'SHARD_WRITER_ELSEWHERE',
        `the database is written through ${mark.node}, which is a member of the cluster; this is ${membership.self}`,
      );
    }
    await takeOver(session, { node: membership.self, term: mark.term + 1 });
  }
}

async function membershipOf(
  session: ProveWriter,
  kind: Membership['kind'],
  variables: ReadonlyMap<string, string>,
): Promise<Membership> {
  if (kind === 'group') {
    const members = (await session.run(GROUP_MEMBERS)) as string[][];
    return groupMembership(variables.get('server_uuid') ?? '', members);
  }
  const membership = galeraMembership(pairs(await session.run(GALERA_STATUS)));
  if (membership) return membership;
  throw new WriterError(
    'SHARD_NODE_UNNAMED',
    'the addresses in wsrep_incoming_addresses do not tell the nodes apart: set wsrep_node_incoming_address on each',
  );
}

function notReady({ self, state }: Membership): WriterError {
  return new WriterError('SHARD_NODE_NOT_READY', `${self || 'the node'} may not write: ${state}`);
}

async function readMark(session: ProveWriter): Promise<WriterMark> {
  const mark = await readMarkIfAny(session);
  if (mark) return mark;
  await session.checkTables();
  for (const statement of MARK_TABLES) await session.run(statement);
  return (await readMarkIfAny(session)) ?? NOBODY;
}

async function readMarkIfAny(session: ProveWriter): Promise<WriterMark | undefined> {
  try {
    const [row] = (await session.run(READ_MARK)) as [string, string | number][];
    return row && { node: row[0], term: Number(row[1]) };
  } catch (error) {
    if (session.errorNumber(error) === NO_SUCH_TABLE) return undefined;
    throw error;
  }
}

/**
 * Makes a node the writer, if the term is still the one before. Two that try it through two nodes write the same rows, so that
 * one fails in certification. One statement a trip: the rollback of such a one is answered to the next.
 */
async function takeOver(session: ProveWriter, { node, term }: WriterMark): Promise<void> {
  try {
    await session.run('START TRANSACTION READ WRITE');
    const marked = await session.run(
      `UPDATE writer_mark SET node = '${node}', term = ${term} WHERE id = 1 AND term = ${term - 1}`,
    );
    if (matched(marked) !== 1) {
      await session.run('ROLLBACK');
      return;
    }
    await session.run(everySlot(term));
    await session.run('COMMIT');
  } catch (error) {
    if (session.errorNumber(error) !== LOST_RACE) throw error;
    await session.run('ROLLBACK');
  }
}

function pairs(result: RawResult): Map<string, string> {
  return new Map((result as [string, string][]).map(([name, value]) => [name, value]));
}

function matched(result: RawResult): number {
  return (result as { affectedRows: number }).affectedRows;
}
