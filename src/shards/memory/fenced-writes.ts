import type { Changes } from '../../ledger/shard-state';
import { ShardFault } from '../faults';
import { type SessionFence, type TransactionFence, WRITER_VERDICTS, WriterError } from '../writer-fence';
import type { MemoryDatabase } from './memory-database';
import { holds, type MemorySlots } from './memory-slots';

/** A connection to the database, with the fence that the writer of a cluster needs. */
export interface MemorySession {
  readonly fence: SessionFence | undefined;
  readonly term: number | undefined;
}

/** The sessions of one client that are not in use. */
export class MemorySessions {
  #idle: MemorySession[] = [];

  constructor(private readonly database: MemoryDatabase) {}

  acquire(): MemorySession {
    const { slots } = this.database;
    // The connections to a node that is not the writer any more have ended with it.
    this.#idle = this.#idle.filter(({ term }) => term === slots?.term);
    return this.#idle.pop() ?? { fence: slots?.openSession(), term: slots?.term };
  }

  release(session: MemorySession): void {
    if (session.fence) this.#idle.push(session);
  }
}

/** @throws ShardFault when the session's node is not the writer any more */
export function beginFenced(slots: MemorySlots, fence: TransactionFence, shard: string): void {
  const { session } = fence;
  check(shard, () => {
    fence.checkBegun(holds(slots.at(session.slot), session) ? 1 : 0);
  });
}

/** A transaction whose writes arrive, on a node of a cluster. */
export interface FencedWrites {
  readonly database: MemoryDatabase;
  readonly slots: MemorySlots;
  readonly fence: TransactionFence;
  readonly transaction: object;
  readonly feedId: number;
}

/**
 * Writes a batch as the statements of one trip, of which replication may roll back the first ones: each of the others is
 * committed by itself then, if its guard lets it. The COMMIT is always answered, and proven by what stands in the slot.
 *
 * @throws ShardFault when the transaction was not committed, whatever the COMMIT answered
 */
export function writeFenced(
  { database, slots, fence, transaction, feedId }: FencedWrites,
  changes: Changes,
): void {
  const statements = statementsOf(changes);
  const before = database.isRolledBack(transaction) ? 0 : database.rolledBackBefore(statements.length + 1);
  if (before === undefined) {
    database.write(changes, feedId);
    slots.commit(fence.claim);
  } else {
    for (const statement of statements.slice(before)) {
      if (!holds(slots.at(fence.guard.slot), fence.guard))
        throw new ShardFault(database.name, 'again', new Error('the transaction was rolled back'));
      database.write(statement);
    }
  }
  const found = slots.at(fence.session.slot);
  check(database.name, () => {
    fence.checkCommitted(found && holds(found, fence.session) ? BigInt(found.token) : undefined);
  });
}

/** What the stores of SQL write with one statement each, in their order. */
function statementsOf(changes: Changes): Changes[] {
  const { nowUs, entries, newHolds, changedHolds, reversals, newPayments, subAccounts } = changes;
  const { departures, arrivals, localMoves, newIntakes, changedIntakes, forgottenIntakes } = changes;
  const nothing: Changes = {
    nowUs,
    entries: [],
    newHolds: [],
    changedHolds: [],
    reversals: [],
    newPayments: [],
    newIntakes: [],
    changedIntakes: [],
    forgottenIntakes: [],
    departures: [],
    arrivals: [],
    localMoves: [],
    subAccounts: [],
  };
  const parts: [number, Partial<Changes>][] = [
    [entries.length, { entries }],
    [newHolds.length, { newHolds }],
    [changedHolds.length, { changedHolds }],
    [reversals.length, { reversals }],
    [newPayments.length, { newPayments }],
    [newIntakes.length, { newIntakes }],
    [changedIntakes.length, { changedIntakes }],
    [forgottenIntakes.length, { forgottenIntakes }],
    [departures.length + arrivals.length + localMoves.length, { departures, arrivals, localMoves }],
    [subAccounts.length, { subAccounts }],
  ];
  return parts.filter(([rows]) => rows > 0).map(([, part]) => ({ ...nothing, ...part }));
}

function check(shard: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof WriterError)) throw error;
    throw new ShardFault(shard, WRITER_VERDICTS[error.code], error);
  }
}
