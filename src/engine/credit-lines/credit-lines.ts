import type { AccountRecord } from '../../shards/directory/account-record';
import { rowStatusOf } from '../../shards/directory/account-record';
import type { CreditRound } from '../../shards/directory/credit-line';
import type { Directory } from '../../shards/directory/directory';
import { ShardUnavailableError } from '../../shards/faults';
import type { AccountCache } from '../account-cache';
import type { Balances } from '../balances';
import { NO_FAULTS, type ReachPoint } from '../fault-points';
import { tellRows } from '../operations/tell-rows';
import { isHalted, type Reading } from '../reading';
import type { ShardSet } from '../shard-set';
import { SharedRuns } from '../shared-runs';
import type { Transfers } from '../transfers';
import { type CreditStep, nextCreditStep } from './next-credit-step';

export interface CreditLinesParts {
  readonly directory: Pick<Directory, 'creditLines' | 'findAccount' | 'liftStatusVersion'>;
  readonly accounts: AccountCache;
  readonly shards: ShardSet;
  readonly balances: Balances;
  readonly transfers: Pick<Transfers, 'settle'>;
  readonly reach?: ReachPoint;
  /** Resolves when no instance answers deductions of the account from memory any more; its rows turn them down. */
  readonly waitOutLeases: (account: AccountRecord) => Promise<void>;
  /** The account's record has changed: others may want to read it. */
  readonly changed: (accountId: string) => void;
}

/** Steps of one change, those of other instances that work on the same one included. */
const STEPS_MAX = 200;

/**
 * Brings the rows of an account to what its credit limit says.
 *
 *     limit changed ─▶ [round written ─▶ rows told ─▶ round ended] ─▶ settled
 *                           │ more is used than the limit allows
 *                           └─▶ over the limit: rows refuse debits ─▶ what comes in is taken back ─▶ within it ─▶ settled
 *
 * Every step is read from the directory and from the rows, and made by compare-and-set, so any instance goes on where another one
 * died, and two that work on one account do no harm. A round is written down before any row is told of it, and ended when all rows
 * in reach have taken it: then Σ granted of a reading is what all rounds came to, and the next round is planned by that.
 */
export class CreditLines {
  readonly #runs = new SharedRuns((accountId: string) => this.#settle(accountId));

  constructor(private readonly parts: CreditLinesParts) {}

  /**
   * Resolves when the rows have what the limit says, or when the account has used more than that and its rows refuse debits. Callers
   * share a run that began after they called.
   *
   * Rejects with `ShardUnavailableError` when a shard in the account's reach is away, and with `DirectoryUnavailableError`; then any
   * instance goes on with it later.
   *
   * @returns the account as it is then; `undefined` when there is none
   */
  settle(accountId: string): Promise<AccountRecord | undefined> {
    return this.#runs.ask(accountId, accountId);
  }

  async #settle(accountId: string): Promise<AccountRecord | undefined> {
    for (let steps = 0; steps < STEPS_MAX; steps += 1) {
      const account = await this.parts.directory.findAccount(accountId);
      if (!account?.credit.isUnsettled) return this.parts.accounts.read(accountId);
      if (account.credit.round) await this.#tell(account, account.credit.round);
      else if (await this.#goOn(account, steps)) return this.parts.accounts.read(accountId);
    }
    throw new ShardUnavailableError(accountId, 'its credit line keeps changing');
  }

  /** @returns whether there is nothing more to do for now */
  async #goOn(account: AccountRecord, steps: number): Promise<boolean> {
    const { directory, balances } = this.parts;
    const { reading } = await balances.read(account);
    if (isToldOtherwise(account, reading)) {
      await this.#tellStatus(account);
      return false;
    }
    if (account.credit.isOver) await this.parts.waitOutLeases(account);
    const step = nextCreditStep(account, reading, { steps });
    await this.#take(account, step);
    if (step.kind === 'settle') {
      // Another instance may have changed the line in the same moment: then it is not settled.
      const isSettled = await directory.creditLines.settle(account);
      if (isSettled) this.parts.changed(account.accountId);
      return isSettled;
    }
    return step.kind === 'rest';
  }

  async #take(account: AccountRecord, step: CreditStep): Promise<void> {
    const { directory, transfers, reach = NO_FAULTS } = this.parts;
    const { accountId, reach: shards } = account;
    switch (step.kind) {
      case 'round': {
        const round = { version: account.credit.version + 1, parts: step.parts };
        if (await directory.creditLines.beginRound(account, round)) await reach('credit.begun');
        return;
      }
      case 'over':
      case 'within':
        if (await directory.creditLines.setOver(account, step.kind === 'over')) {
          await reach('credit.halting');
          this.parts.changed(accountId);
        }
        return;
      case 'awaitTransfers':
        await transfers.settle(accountId, shards);
        return;
      case 'settle':
      case 'rest':
        return;
    }
  }

  async #tell(account: AccountRecord, { version, parts }: CreditRound): Promise<void> {
    const { directory, shards, reach = NO_FAULTS } = this.parts;
    const { accountId } = account;
    const newer = await tellRows(shards, [...parts.keys()], (shard) => ({
      kind: 'grant',
      accountId,
      version,
      signedMinor: parts.get(shard) ?? 0n,
    }));
    await reach('credit.told');
    if (newer === undefined) {
      await directory.creditLines.endRound(account);
      return;
    }
    // Mostly others have gone on meanwhile. Where the directory still has this round, it was restored from a backup.
    const fresh = await directory.findAccount(accountId);
    if (fresh?.credit.round?.version !== version) return;
    await directory.creditLines.lift(fresh, Math.max(newer, fresh.credit.version));
  }

  /** Rows that know a newer version are those of a directory that was restored, or of a change that others made meanwhile. */
  async #tellStatus(account: AccountRecord): Promise<void> {
    const { directory, shards } = this.parts;
    const { accountId, reach, statusVersion: version } = account;
    const status = rowStatusOf(account);
    const newer = await tellRows(shards, reach, () => ({ kind: 'status', accountId, status, version }));
    if (newer === undefined) return;
    const fresh = await directory.findAccount(accountId);
    if (fresh && fresh.statusVersion < newer) await directory.liftStatusVersion(fresh, newer);
  }
}

/** Some rows refuse debits that should not, or the other way round. Those of a frozen or closed account have a status of their own. */
function isToldOtherwise(account: AccountRecord, reading: Reading): boolean {
  if (account.status !== 'active') return isHalted(reading);
  return [...reading.parts.values()].some(
    ({ rows, overLimitRows }) => overLimitRows !== (account.credit.isOver ? rows : 0),
  );
}
