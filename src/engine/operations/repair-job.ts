import { planRepair, type Repair, type ShardRows } from '../../ledger/plan-repair';
import { type PastPlacement, subAccountsOn } from '../../ledger/routing';
import { type AccountRecord, rowStatusOf } from '../../shards/directory/account-record';
import type { Directory } from '../../shards/directory/directory';
import { ENDED } from '../../shards/directory/operation-store';
import { ShardUnavailableError } from '../../shards/faults';
import type { ShardSet } from '../shard-set';
import { beginOn, changeRecord, recordOf, type RecordParts } from './account-record-of';
import { createRows, tellLayout } from './account-rows';
import type { Job, JobRun } from './operation-runner';
import { type Restored, restoreHalves } from './restore-halves';
import { tellRows } from './tell-rows';

export interface RepairParts extends RecordParts {
  readonly shards: ShardSet;
  /** A shard that takes longer is away. */
  readonly shardMsMax: number;
  /** Has leases of the account given back; never rejects. */
  readonly recallLeases: (account: AccountRecord) => Promise<unknown>;
  /** Brings the rows to what the credit limit says; rejects when a shard is away. */
  readonly settleCredit: (accountId: string) => Promise<unknown>;
  /** Called when rows were set draining: they can be emptied at once. */
  readonly settled: (accountId: string) => void;
}

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
    const { directory } = this.parts;
    const account = await recordOf(run, directory);
    const begin: Directory['beginRepair'] = (...on) => directory.beginRepair(...on);
    if (!(await beginOn(run, account, { directory, begin }))) return;
    await run.advance({ step: 'begun', progress: { done: 0, total: PHASES } });
  }

  /** Reads every shard: one that is left out might be the one that is ahead. */
  async #survey(run: JobRun): Promise<void> {
    const account = await recordOf(run, this.parts.directory);
    let found: ShardRows[];
    let restored: Restored;
    try {
      const names = (await this.parts.directory.listShards()).map(({ name }) => name);
      await this.parts.shards.ensure(names);
      const lost = new Set(await this.parts.directory.lostShards());
      restored = await restoreHalves(this.parts.shards, account.accountId, { names, lost });
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
    const done = restored.transfers > 0 ? { restored: shown(restored) } : {};
    if (repair) await run.advance({ step: 'announcing', plan: { repair, ...done } });
    else await run.advance({ step: 'dropping', result: { lifted: false, ...done } });
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
    await changeRecord(this.parts, run, async (account) => {
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
    const account = await recordOf(run, this.parts.directory);
    const { shards } = this.parts;
    const { accountId, placement, subAccounts, statusVersion } = account;
    const status = rowStatusOf(account);
    const { epoch } = repairOf(run);
    await shards.ensure(account.reach);
    await createRows(shards, account, {
      names: placement.shards,
      epoch,
      indicesOn: (name) => subAccountsOn(name, placement, subAccounts),
    });
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
    await changeRecord(this.parts, run, (account) => {
      const { placement, subAccounts } = account;
      const lifted = { epoch: repair.epoch, shards: placement.shards, subAccounts };
      return this.parts.directory.activate(account, { placement: lifted, past });
    });
    const { epoch, reach } = repair;
    await run.advance({
      step: 'settling',
      status: 'done',
      progress: { done: PHASES, total: PHASES },
      result: { lifted: true, epoch, reach, ...restoredIn(run) },
    });
  }

  /** Tells all rows which of them are in use, by what the directory says now: a later operation may have begun. */
  async #settle(run: JobRun): Promise<void> {
    const account = await this.parts.accounts.read(run.operation.accountId ?? '');
    if (account && account.operationId === null) {
      await tellLayout(this.parts.shards, account);
      await this.#settleCredit(account);
      this.parts.settled(account.accountId);
    }
    await run.advance({ step: ENDED });
  }

  async #drop(run: JobRun): Promise<void> {
    const account = await recordOf(run, this.parts.directory);
    const { accountId } = account;
    const isFailed = run.operation.error !== null;
    if (!isFailed) await this.#settleCredit(account);
    await this.parts.directory.dropOperation(accountId, run.operation.operationId);
    await run.advance({
      step: ENDED,
      status: isFailed ? 'failed' : 'done',
      // Nothing had to be lifted: then there is nothing left to do.
      ...(!isFailed && { progress: { done: PHASES, total: PHASES } }),
    });
  }

  /** A shard or the directory that was lost or restored may have taken a change of the credit line with it. */
  async #settleCredit({ accountId, reach }: AccountRecord): Promise<void> {
    const found = await Promise.all(reach.map((shard) => this.#rowsOn(shard, accountId)));
    const versions = found.flatMap(({ rows }) => rows.map(({ grantVersion }) => grantVersion));
    await this.parts.directory.creditLines.unsettle(accountId, Math.max(0, ...versions));
    await this.parts.settleCredit(accountId);
  }

  /** Every shard as the only one of a placement that ends now: each of them is a past home of every key. */
  async #everywhere({ reach }: Repair): Promise<PastPlacement[]> {
    const fencedAtUs = await this.parts.directory.nowUs();
    return reach.map((shard) => ({ shards: [shard], fencedAtUs }));
  }
}

/** Announced, fenced, activated. */
const PHASES = 3;

function shown({ transfers, lostMinor, foundMinor }: Restored) {
  return { transfers, lost: lostMinor.toString(), found: foundMinor.toString() };
}

function restoredIn({ operation: { plan } }: JobRun) {
  const { restored } = plan as { restored?: ReturnType<typeof shown> };
  return restored && { restored };
}

function repairOf({ operation: { operationId, plan } }: JobRun): Repair {
  const { repair } = plan as { repair?: Repair };
  if (!repair) throw new TypeError(`operation ${operationId} has no plan`);
  return repair;
}
