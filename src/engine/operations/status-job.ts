import type { AccountStatus } from '../../ledger/sub-account';
import { type AccountRecord, rowStatusOf } from '../../shards/directory/account-record';
import type { Directory } from '../../shards/directory/directory';
import type { OperationError } from '../../shards/directory/operation-record';
import { ENDED } from '../../shards/directory/operation-store';
import type { AccountCache } from '../account-cache';
import type { Balances } from '../balances';
import type { ReachPoint } from '../fault-points';
import type { ShardSet } from '../shard-set';
import { accountOf } from './account-of';
import type { Job, JobRun } from './operation-runner';
import { tellRows } from './tell-rows';

export interface StatusParts {
  readonly directory: Directory;
  readonly accounts: AccountCache;
  readonly shards: ShardSet;
  readonly balances: Balances;
  readonly reach: ReachPoint;
  /** Resolves when no instance answers deductions of the account from memory any more; its rows turn them down. */
  readonly waitOutLeases: (account: AccountRecord) => Promise<void>;
  /** Brings the rows to what the credit limit says; rejects when a shard is away. */
  readonly settleCredit: (accountId: string) => Promise<unknown>;
  /** The account's record has changed: others may want to read it. */
  readonly changed: (accountId: string) => void;
}

const SET_TRIES_MAX = 20;

/**
 * Freezes, unfreezes or closes an account: the directory first, under a newer version, then every row in reach; the
 * answer waits for all of them.
 *
 *     asked ─▶ telling ─▶ ended
 *                 └─ to close: ─▶ verifying ─▶ ended
 *                                     └─ not empty: ─▶ reverting ─▶ ended
 *
 * To be closed, an account refuses both ways first. Then nothing comes from outside any more, and what it holds can be
 * read: if that is anything, the account goes back to the status it had. A credit line that is not used is taken back. An account
 * that holds something from the start is refused before anything is changed, so that its users are not turned away for a moment.
 */
export class StatusJob implements Job {
  constructor(private readonly parts: StatusParts) {}

  async run(run: JobRun): Promise<void> {
    for (;;) {
      run.signal.throwIfAborted();
      switch (run.operation.step) {
        case 'asked':
          await this.#record(run);
          break;
        case 'telling':
          await this.#tell(run);
          await run.advance(wantedOf(run) === 'closed' ? { step: 'verifying' } : DONE);
          break;
        case 'verifying':
          await this.#verify(run);
          break;
        case 'reverting':
          await this.#tell(run);
          await run.advance({ step: ENDED, status: 'failed', error: NOT_EMPTY });
          break;
        default:
          return;
      }
    }
  }

  async #record(run: JobRun): Promise<void> {
    const wanted = wantedOf(run);
    for (let tries = 1; tries <= SET_TRIES_MAX; tries += 1) {
      const account = await accountOf(run, this.parts.accounts);
      const refusal = refusalOf(account, wanted);
      if (refusal) {
        await run.advance({ step: ENDED, status: 'failed', error: refusal });
        return;
      }
      if (wanted === 'closed' && account.status !== 'closed' && !(await this.#isEmpty(account))) {
        await run.advance({ step: ENDED, status: 'failed', error: NOT_EMPTY });
        return;
      }
      const closingFrom = wanted === 'closed' ? account.status : null;
      // One that has the status already is told again: a runner may have died in between.
      if (
        account.status === wanted ||
        (await this.parts.directory.setStatus(account, { status: wanted, closingFrom }))
      ) {
        await this.parts.reach('status.recorded');
        await run.advance({ step: 'telling' });
        return;
      }
    }
    throw new Error(`the status of ${String(run.operation.accountId)} keeps changing`);
  }

  /** All rows in reach; those that a resize makes meanwhile are told by it. */
  async #tell(run: JobRun): Promise<void> {
    const account = await this.#tellNewest(run);
    const { accountId, status } = account;
    this.parts.changed(accountId);
    if (status !== 'active') await this.parts.waitOutLeases(account);
    await this.parts.reach('status.told');
  }

  /**
   * Rows that know a newer version do not take this one. Mostly that is another change, which the directory knows too; where
   * it does not, it was restored from a backup, and its version is lifted above theirs. Otherwise an account could be
   * answered as frozen and go on to pay.
   */
  async #tellNewest(run: JobRun): Promise<AccountRecord> {
    for (let tries = 1; tries <= SET_TRIES_MAX; tries += 1) {
      const account = await accountOf(run, this.parts.accounts);
      const { accountId, reach, statusVersion: version } = account;
      const status = rowStatusOf(account);
      const newer = await tellRows(this.parts.shards, reach, () => ({
        kind: 'status',
        accountId,
        status,
        version,
      }));
      if (newer === undefined) return account;
      const fresh = await accountOf(run, this.parts.accounts);
      if (fresh.statusVersion < newer) await this.parts.directory.liftStatusVersion(fresh, newer);
    }
    throw new Error(`the status of ${String(run.operation.accountId)} keeps changing`);
  }

  async #verify(run: JobRun): Promise<void> {
    const account = await accountOf(run, this.parts.accounts);
    if (account.closingFrom === null) {
      // Decided before, by a runner that did not live to say so.
      await run.advance(account.status === 'closed' ? DONE : { step: 'reverting' });
      return;
    }
    const empty = await this.#isEmpty(account);
    if (empty && account.credit.limitMinor !== null) {
      // Nobody can use the line any more; what of it lies in the rows goes before the account is closed for good.
      await this.parts.directory.changeAccount(account.accountId, { creditLimitMinor: null }, undefined);
      await this.parts.settleCredit(account.accountId);
    }
    const status = empty ? 'closed' : account.closingFrom;
    if (!(await this.parts.directory.setStatus(account, { status, closingFrom: null }))) return;
    await this.parts.accounts.read(account.accountId);
    await run.advance(empty ? DONE : { step: 'reverting' });
  }

  /** What is on its way to another account may come back. It is looked for first: what has come back by then is in the balance. */
  async #isEmpty(account: AccountRecord): Promise<boolean> {
    const { shards } = this.parts;
    const { accountId, reach } = account;
    await shards.ensure(reach);
    const payments = await Promise.all(reach.map((name) => shards.shard(name).paymentsFrom(accountId, 1)));
    if (payments.some((some) => some.length > 0)) return false;
    const { totalMinor, heldMinor } = await this.parts.balances.current(account);
    return totalMinor === 0n && heldMinor === 0n;
  }
}

const DONE = { step: ENDED, status: 'done', progress: { done: 1, total: 1 } } as const;
const NOT_EMPTY: OperationError = {
  code: 'ACCOUNT_NOT_EMPTY',
  detail: 'Only an empty account can be closed.',
};

function wantedOf(run: JobRun): AccountStatus {
  return run.operation.plan['status'] as AccountStatus;
}

/** Closed is for good; one that is being closed is left to that, which another call for the same joins. */
function refusalOf(account: AccountRecord, wanted: AccountStatus): OperationError | undefined {
  if (account.creation !== 'done')
    return { code: 'OPERATION_IN_PROGRESS', detail: 'The account is still being created.' };
  if (account.status !== 'closed' || wanted === 'closed') return undefined;
  return account.closingFrom === null
    ? { code: 'ACCOUNT_CLOSED', detail: 'A closed account stays closed.' }
    : { code: 'OPERATION_IN_PROGRESS', detail: 'The account is being closed.' };
}
