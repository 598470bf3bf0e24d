import { applyBatch } from '../ledger/apply-batch';
import type { Command } from '../ledger/command';
import type { Outcome } from '../ledger/outcome';
import { type AttemptOptions, lockedState, withKeys, withStanding } from './attempt-batch';
import type { BatchStore, BatchTransaction } from './batch-transaction';
import { type NoteFault, ShardContendedError, ShardFault, ShardUnavailableError } from './faults';
import type { LockedAccount } from './shard';

/**
 * Opens a transaction and locks all of the account's rows on the shard. Shared by every store.
 *
 * @param confirmOwn asked when there are no rows; rejects when this is not the shard's own database
 *
 * Rejects with `ShardContendedError` after a deadlock or lock timeout, with `ShardUnavailableError` when the shard is
 * not there.
 */
export async function lockAccount(
  store: BatchStore,
  accountId: string,
  confirmOwn: NonNullable<AttemptOptions['confirmOwn']>,
  noteFault?: NoteFault,
): Promise<LockedAccount> {
  const told = <T>(run: () => Promise<T>): Promise<T> => underLocks(store.name, run, noteFault);
  const transaction = await told(() => store.begin());
  const ending = endOnce(transaction);
  const wholeAccounts = new Set([accountId]);
  try {
    const locked = await told(() =>
      transaction.lock({ rows: new Map([[accountId, new Set()]]), wholeAccounts }),
    );
    if (locked.rows.length === 0) await told(async () => confirmOwn(await transaction.identity()));
    return {
      rows: locked.rows,
      apply: async (commands) => {
        try {
          const outcomes = await told(() =>
            decide(transaction, lockedState(locked, wholeAccounts), commands),
          );
          if (!outcomes) throw new ShardContendedError(store.name, 1);
          ending.committed();
          return outcomes;
        } finally {
          await ending.release();
        }
      },
      release: () => ending.release(),
    };
  } catch (error) {
    await ending.release();
    throw error;
  }
}

/** `undefined` when a command names a row that does not exist: under these locks none can be made. */
async function decide(
  transaction: BatchTransaction,
  locked: ReturnType<typeof lockedState>,
  commands: readonly Command[],
): Promise<readonly Outcome[] | undefined> {
  const standing = await withStanding(transaction, locked, commands);
  const decision = applyBatch(await withKeys(transaction, standing, commands), commands);
  if (decision.kind === 'needs') return undefined;
  await transaction.commit(decision.changes);
  return decision.outcomes;
}

function endOnce(transaction: BatchTransaction): { committed: () => void; release: () => Promise<void> } {
  let ended = false;
  return {
    committed: () => {
      ended = true;
    },
    release: async () => {
      if (ended) return;
      ended = true;
      await transaction.rollback();
    },
  };
}

/** Nothing is tried again under locks: a conflict is told as one, anything else as a shard that is not there. */
async function underLocks<T>(
  shard: string,
  run: () => Promise<T>,
  noteFault: NoteFault | undefined,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ShardFault)) throw error;
    if (error.verdict !== 'lookUpKeys') noteFault?.(error);
    if (error.verdict === 'defect') throw error;
    throw error.verdict === 'again' || error.verdict === 'lookUpKeys' || error.verdict === 'overloaded'
      ? new ShardContendedError(shard, 1, { cause: error })
      : new ShardUnavailableError(shard, error.message, { cause: error });
  }
}
