import { planRepair, type Repair, type ShardRows } from '../../ledger/plan-repair';
import { type PastPlacement, subAccountsOn } from '../../ledger/routing';
import type { AccountRecord } from '../../shards/directory/account-record';
import type { Directory } from '../../shards/directory/directory';
import { ENDED } from '../../shards/directory/operation-store';
import { ShardUnavailableError } from '../../shards/faults';
import type { AccountCache } from '../account-cache';
import type { ShardSet } from '../shard-set';
import { type Job, type JobRun, StepLostError } from './operation-runner';
import { tellRows } from './tell-rows';

export interface RepairParts {
  readonly directory: Directory;
  readonly accounts: AccountCache;
  readonly shards: ShardSet;
  /** A shard that takes longer is away. */
  readonly shardMsMax: number;
  /** The account's record has changed: others may want to read it. */
  readonly changed: (accountId: string) => void;
  /** Has leases of the account given back; never rejects. */
  readonly recallLeases: (account: AccountRecord) => Promise<unknown>;
  /** Called when rows were set draining: they can be emptied at once. */
  readonly settled: (accountId: string) => void;
}

/** Tries to change an account that keeps changing. */
const CHANGE_TRIES_MAX = 50;

/**
 * Lifts the directory record of an account above its rows, when these have gone on without it: the directory was restored
 * from a backup, and since that was made the account was moved, resized or had its status changed.
 *
 *     asked ─▶ begun ─▶ announcing ─▶ fencing ─▶ activating ─▶ settling ─▶ ended
 *                └─ no row is ahead, or a shard cannot be read: ─▶ dropping ─▶ ended
 *
 * It is a move to the placement that the record has, from placements that nobody knows any more: all shards are read, the
 * new epoch is above every row's, the reach is every shard with rows, and for the idempotency window every key is looked up
 * on all of them. A fence that meets a shard that is away is not given up, for there is no placement to go back to: it is
 * tried again until the shard is back.
 */
export class RepairJob implements Job {
  constructor(private readonly parts: RepairParts) {}

  async run(run: JobRun): Promise<void> {
    for (;;) {
      run.signal.throwIfAborted();
      switch (run.operation.step) {
        case 'asked':
          await this.#begin(run);
          break;
        case 'begun':
          await this.#survey(run);
          break;
        case 'announcing':
          await this.#announce(run);
          break;
        case 'fencing':
          await this.#fence(run);
          break;
        case 'activating':
          await this.#activate(run);
          break;
        case 'settling':
          await this.#settle(run);
          break;
        case 'dropping':
          await this.#drop(run);
          break;
        default:
          return;
      }
    }
  }

  async #begin(run: JobRun): Promise<void> {
    const { operationId } = run.operation;
    const account = await this.#record(run);
    if (
      account.operationId !== operationId &&
      !(await this.parts.directory.beginRepair(account, operationId))
    ) {
      const detail = 'Another operation of the account is under way.';
      await run.advance({ step: ENDED, status: 'failed', error: { code: 'OPERATION_IN_PROGRESS', detail } });
      return;
    }
    await run.advance({ step: 'begun', progress: { done: 0, total: PHASES } });
  }

  /** Reads every shard: one that is left out might be the one that is ahead. */
  async #survey(run: JobRun): Promise<void> {
    const account = await this.#record(run);
    let found: ShardRows[];
    try {
      const names = (await this.parts.directory.listShards()).map(({ name }) => name);
      await this.parts.shards.ensure(names);
      found = await Promise.all(names.map((shard) => this.#rowsOn(shard, account.accountId)));
    } catch (error) {
      if (!(error instanceof ShardUnavailableError)) throw error;
      const detail = `Shard ${error.shard} could not be read; the account stays as it was.`;
      await run.advance({ step: 'dropping', error: { code: error.code, detail } });
      return;
    }
    const { placement, next, reach, operation, status, statusVersion } = account;
    const recorded = {
      epochMax: Math.max(placement.epoch, next?.epoch ?? 0),
      reach,
      // This repair has taken a number already.
      operation: operation - 1,
      status,
      statusVersion,
    };
    const repair = planRepair(recorded, found);
    if (repair) await run.advance({ step: 'announcing', plan: { repair } });
    else await run.advance({ step: 'dropping', result: { lifted: false } });
  }

  async #rowsOn(shard: string, accountId: string): Promise<ShardRows> {
    const { shards, shardMsMax } = this.parts;
    if (!shards.has(shard)) throw new ShardUnavailableError(shard, 'it is not configured here');
    return {
      shard,
      rows: await shards.within(shardMsMax, shard, shards.shard(shard).listSubAccounts(accountId)),
    };
  }

  async #announce(run: JobRun): Promise<void> {
    const repair = repairOf(run);
    await this.#change(run, async (account) => {
      const { placement, subAccounts } = account;
      return this.parts.directory.announceRepair(account, run.operation.operationId, {
        ...repair,
        next: { epoch: repair.epoch, shards: placement.shards, subAccounts },
        reach: [...new Set([...account.reach, ...repair.reach])],
        past: await this.#everywhere(repair),
        operation: Math.max(account.operation, repair.operation),
      });
    });
    await run.advance({ step: 'fencing', progress: { done: 1, total: PHASES } });
  }

  async #fence(run: JobRun): Promise<void> {
    const account = await this.#record(run);
    const { shards } = this.parts;
    const { accountId, placement, subAccounts, status, statusVersion } = account;
    const { epoch } = repairOf(run);
    await shards.ensure(account.reach);
    await Promise.all(
      placement.shards.map((name) =>
        shards.shard(name).createSubAccounts(
          subAccountsOn(name, placement, subAccounts).map((index) => ({
            accountId,
            index,
            epoch,
            accountStatus: status,
            accountStatusVersion: statusVersion,
            state: 'closed' as const,
          })),
        ),
      ),
    );
    await tellRows(shards, account.reach, () => ({
      kind: 'status',
      accountId,
      status,
      version: statusVersion,
    }));
    await this.parts.recallLeases(account);
    await tellRows(shards, account.reach, () => ({ kind: 'fence', accountId, epoch }));
    await run.advance({ step: 'activating', progress: { done: 2, total: PHASES } });
  }

  async #activate(run: JobRun): Promise<void> {
    const repair = repairOf(run);
    const past = await this.#everywhere(repair);
    await this.#change(run, (account) => {
      const { placement, subAccounts } = account;
      const lifted = { epoch: repair.epoch, shards: placement.shards, subAccounts };
      return this.parts.directory.activate(account, { placement: lifted, past });
    });
    const { epoch, reach } = repair;
    await run.advance({
      step: 'settling',
      status: 'done',
      progress: { done: PHASES, total: PHASES },
      result: { lifted: true, epoch, reach },
    });
  }

  /** Tells all rows which of them are in use, by what the directory says now: a later operation may have begun. */
  async #settle(run: JobRun): Promise<void> {
    const account = await this.parts.accounts.read(run.operation.accountId ?? '');
    if (account && account.operationId === null) {
      const { accountId, reach, placement, subAccounts, operation } = account;
      await tellRows(this.parts.shards, reach, (shard) => ({
        kind: 'layout',
        accountId,
        operation: 2 * operation + 1,
        epoch: placement.epoch,
        openIndices: new Set(subAccountsOn(shard, placement, subAccounts)),
      }));
      this.parts.settled(accountId);
    }
    await run.advance({ step: ENDED });
  }

  async #drop(run: JobRun): Promise<void> {
    const { accountId } = await this.#record(run);
    await this.parts.directory.dropOperation(accountId, run.operation.operationId);
    const isFailed = run.operation.error !== null;
    await run.advance({ step: ENDED, status: isFailed ? 'failed' : 'done' });
  }

  /**
   * Changes the account's record while this operation is under way; where it is not any more, the change was made before,
   * by a runner that did not live to say so.
   */
  async #change(run: JobRun, change: (account: AccountRecord) => Promise<boolean>): Promise<void> {
    for (let tries = 1; tries <= CHANGE_TRIES_MAX; tries += 1) {
      run.signal.throwIfAborted();
      const account = await this.#record(run);
      if (account.operationId !== run.operation.operationId) return;
      if (!(await change(account))) continue;
      await this.parts.accounts.read(account.accountId);
      this.parts.changed(account.accountId);
      return;
    }
    throw new Error(`the account ${String(run.operation.accountId)} keeps changing`);
  }

  /** Every shard as the only one of a placement that ends now: each of them is a past home of every key. */
  async #everywhere({ reach }: Repair): Promise<PastPlacement[]> {
    const fencedAtUs = await this.parts.directory.nowUs();
    return reach.map((shard) => ({ shards: [shard], fencedAtUs }));
  }

  /** Past the cache: instances may remember a record that was lost. */
  async #record({ operation: { accountId, operationId } }: JobRun): Promise<AccountRecord> {
    const account = await this.parts.directory.findAccount(accountId ?? '');
    if (!account) throw new StepLostError(operationId);
    return account;
  }
}

/** Announced, fenced, activated. */
const PHASES = 3;

function repairOf({ operation: { operationId, plan } }: JobRun): Repair {
  const { repair } = plan as { repair?: Repair };
  if (!repair) throw new TypeError(`operation ${operationId} has no plan`);
  return repair;
}
