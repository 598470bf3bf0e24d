import type { Command } from '../ledger/command';
import type { Needs } from '../ledger/shard-state';
import { attemptBatch, type AttemptOptions, attemptRows, type AttemptScope } from './attempt-batch';
import type { BatchStore } from './batch-transaction';
import {
  AccountsLockedError,
  type NoteFault,
  ShardContendedError,
  ShardFault,
  ShardUnavailableError,
} from './faults';
import type { BatchChain, BatchHint, BatchResult } from './shard';
import type { Surroundings } from './surroundings';

/** Bounds of the tries of one batch. */
export interface RetryPolicy {
  readonly triesMax: number;
  /** Tries while the database is not there at all: few, so that its share of requests is told soon. */
  readonly unavailableTriesMax: number;
  readonly deadlineMs: number;
  /**
   * No try begins this long after the first while the database breaks off or does not answer: shorter than connecting or
   * a statement may take, so that what was swallowed is not tried again, and whoever waits for that database is told so
   * soon.
   */
  readonly unansweredMsMax: number;
  /** The wait before try n is random in [0, min(backoffMsMax, backoffMsBase · 2^n)] ("full jitter"). */
  readonly backoffMsBase: number;
  readonly backoffMsMax: number;
}

export const RETRY_POLICY: RetryPolicy = {
  triesMax: 10,
  unavailableTriesMax: 3,
  deadlineMs: 8_000,
  unansweredMsMax: 2_500,
  backoffMsBase: 2,
  backoffMsMax: 200,
};

export interface RunBatch {
  readonly store: BatchStore;
  readonly policy: RetryPolicy;
  readonly surroundings: Surroundings;
  readonly noteFault?: NoteFault | undefined;
  readonly confirmOwn?: AttemptOptions['confirmOwn'];
  /** Creates rows that a command named and that do not exist. */
  createMissingRows(rows: Needs['missingRows'], commands: readonly Command[]): Promise<void>;
}

/**
 * Runs a batch until it is decided and durable, or until tries or time are spent.
 *
 * A widening or a missing row is progress and not a conflict, so it waits for nobody; each happens at most once for an
 * account or row. When the connection was lost at commit the outcome is unknown, and the batch simply runs again with
 * its keys looked up first.
 */
export async function runBatch(
  run: RunBatch,
  commands: readonly Command[],
  hint: BatchHint,
  chain?: BatchChain,
): Promise<BatchResult> {
  const { policy, surroundings, store, confirmOwn } = run;
  const began = surroundings.now();
  const deadline = began + Math.min(policy.deadlineMs, hint.tryMsMax ?? Infinity);
  let scope: AttemptScope = hint;
  let widened = false;
  let mayHaveCommitted = false;
  let link = chain;

  for (let tries = 1; ;) {
    try {
      const trying = attemptBatch(store, commands, scope, { chain: link, confirmOwn, span: hint.span });
      // What was begun ahead is used up by the first try.
      link = chain && { next: chain.next };
      const attempt = await trying;
      switch (attempt.kind) {
        case 'committed':
          return {
            outcomes: attempt.outcomes,
            ahead: attempt.ahead,
            hint: {
              lookUpKeys: attempt.outcomes.some((outcome) => outcome.kind === 'replayed'),
              wholeAccounts: widened || attempt.outcomes.some(isShort) ? scope.wholeAccounts : new Set(),
            },
          };
        case 'widen':
          scope = {
            ...scope,
            wholeAccounts: new Set([...scope.wholeAccounts, ...attempt.wholeAccounts]),
            pinnedRows: [...(scope.pinnedRows ?? []), ...attempt.pinnedRows],
          };
          widened ||= attempt.wholeAccounts.size > 0;
          break;
        case 'missingRows':
          await run.createMissingRows(attempt.rows, commands);
          break;
      }
      if (surroundings.now() > deadline) throw spent({ shard: store.name, tries, mayHaveCommitted });
    } catch (error) {
      if (!(error instanceof ShardFault)) throw error;
      if (error.verdict !== 'lookUpKeys') run.noteFault?.(error);
      if (error.verdict === 'defect') throw error;
      scope = { ...scope, lookUpKeys: true };
      mayHaveCommitted ||= error.verdict === 'outcomeUnknown';
      if (error.verdict === 'lookUpKeys' && tries === 1) {
        tries += 1;
        continue;
      }
      // Another try would keep the others of the batch waiting for somebody else's lock.
      if (error.isLockWait) {
        const locked = await store.lockedAccounts(attemptRows(commands, scope)).catch(() => undefined);
        throw new AccountsLockedError(store.name, locked, mayHaveCommitted, { cause: error });
      }
      const pause = surroundings.random() * Math.min(policy.backoffMsMax, policy.backoffMsBase * 2 ** tries);
      const triesMax = isTrouble(error) ? policy.unavailableTriesMax : policy.triesMax;
      const triesUntil = isConflict(error) ? deadline : began + policy.unansweredMsMax;
      if (tries >= triesMax || surroundings.now() + pause > triesUntil) {
        throw spent({ shard: store.name, tries, mayHaveCommitted, fault: error });
      }
      tries += 1;
      await surroundings.sleep(pause);
    }
  }
}

function isShort(outcome: { kind: string }): boolean {
  return outcome.kind === 'insufficientFunds';
}

function isTrouble({ verdict }: ShardFault): boolean {
  return verdict === 'unavailable' || verdict === 'unclassified';
}

function isConflict({ verdict }: ShardFault): boolean {
  return verdict === 'again' || verdict === 'lookUpKeys' || verdict === 'overloaded';
}

/**
 * "Overloaded" promises that nothing was done. Once a commit's answer was lost, that cannot be promised any more, however
 * the later tries ended: then it is "unavailable, ask again with the same key".
 */
function spent(end: { shard: string; tries: number; mayHaveCommitted: boolean; fault?: ShardFault }): Error {
  const { shard, tries, mayHaveCommitted, fault } = end;
  return (fault === undefined || isConflict(fault)) && !mayHaveCommitted
    ? new ShardContendedError(shard, tries, { cause: fault })
    : new ShardUnavailableError(shard, fault?.message ?? 'the outcome of a commit is unknown', {
        cause: fault,
      });
}
