import { type Layout, planPlacement, sameShards } from '../../ledger/plan-placement';
import { type PastPlacement, type Placement, subAccountsOn } from '../../ledger/routing';
import { type AccountRecord, rowStatusOf } from '../../shards/directory/account-record';
import type { Directory } from '../../shards/directory/directory';
import { ENDED } from '../../shards/directory/operation-store';
import { ShardUnavailableError } from '../../shards/faults';
import type { ReachPoint } from '../fault-points';
import { isVoid, readReach } from '../reading';
import type { ShardSet } from '../shard-set';
import { accountOf } from './account-of';
import { beginOn, changeRecord, type RecordParts } from './account-record-of';
import { createRows, tellLayout } from './account-rows';
import { type Job, type JobRun, StepLostError } from './operation-runner';
import { tellRows } from './tell-rows';

/** What a resize was asked for, and what it decided on the way. */
export interface ResizePlan {
  readonly subAccounts: number;
  readonly shards?: readonly string[];
  /** Nobody asked for it: the account is split by itself. */
  readonly by?: 'auto-split';
  /** Of the account that was decided about. Whoever begins the operation, it begins on this one or not at all. */
  readonly revision?: number;
  /** Decided when it began: where to, and from where. */
  readonly target?: Layout;
  readonly from?: Layout & { readonly epoch: number };
  /** When the fence began, by the directory's clock. */
  readonly fencingSinceUs?: number;
}

export interface ResizeSettings {
  /** A fence that is not complete after this is given up, and the account goes on under its old placement. */
  readonly fenceMsMax: number;
  readonly fencePauseMs: number;
  /** How long an account's keys are looked for at its past homes. */
  readonly windowMs: number;
}

export interface ResizeParts extends RecordParts {
  readonly shards: ShardSet;
  readonly settings: ResizeSettings;
  readonly sleep: (ms: number) => Promise<void>;
  readonly reach: ReachPoint;
  /** Has leases of the account given back, so that the fence finds little that is not written; never rejects. */
  readonly recallLeases: (account: AccountRecord) => Promise<unknown>;
  /** Called when rows were set draining: they can be emptied at once. */
  readonly settled: (accountId: string) => void;
}

/**
 * Changes the number and the shards of an account's sub-accounts while it is in use.
 *
 *     asked ─▶ begun ─▶ preparing ─▶ fencing ─▶ activating ─▶ settling ─▶ ended
 *                           │           │                        ▲
 *                           │           └──▶ abandoning ─────────┤
 *                           ├──▶ activating (same shards)        │
 *                           └──▶ dropping ───────────────────────┘
 *
 * On the same shards no request's home moves: new rows are made, the size is activated, and the rows learn whether they
 * are in use. On other shards the homes move, so between the two placements stands a fence: every row is lifted to the
 * next epoch and turns back what was routed by the old one, which waits until the directory says where to go. A fence
 * that is not complete in time is abandoned by activating the old placement under the epoch after the next.
 *
 * The operation is done when the placement is active. What is left (telling the rows, emptying those out of use) goes on
 * behind it and stands in no later operation's way.
 */
export class ResizeJob implements Job {
  constructor(private readonly parts: ResizeParts) {}

  async run(run: JobRun): Promise<void> {
    for (;;) {
      run.signal.throwIfAborted();
      switch (run.operation.step) {
        case 'asked':
          await this.#begin(run);
          break;
        case 'begun':
          await this.#plan(run);
          break;
        case 'preparing':
          await this.#prepare(run);
          break;
        case 'fencing':
          await this.#fence(run);
          break;
        case 'activating':
          await this.#activate(run);
          break;
        case 'abandoning':
          await this.#abandon(run);
          break;
        case 'dropping':
          await this.#drop(run);
          break;
        case 'settling':
          await this.#settle(run);
          break;
        default:
          return;
      }
    }
  }

  async #begin(run: JobRun): Promise<void> {
    const { accounts, directory } = this.parts;
    const account = await accountOf(run, accounts);
    const { by, revision } = planOf(run);
    const begin: Directory['beginOperation'] = (found, operationId) =>
      directory.beginResize({ ...found, revision: revision ?? found.revision }, operationId, {
        fixesSize: !by,
      });
    if (!(await beginOn(run, account, { directory, begin }))) return;
    await this.parts.reach('resize.begun');
    await run.advance({ step: 'begun', progress: { done: 0, total: PHASES } });
  }

  async #plan(run: JobRun): Promise<void> {
    const account = await accountOf(run, this.parts.accounts);
    if (await this.#isBehindRows(account)) {
      await run.advance({ step: 'dropping', error: BEHIND_ROWS });
      return;
    }
    const plan = planOf(run);
    const present = { shards: account.placement.shards, subAccounts: account.subAccounts };
    const installation = (await this.parts.directory.listShards()).map(({ name }) => name);
    const target = planPlacement(
      present,
      { subAccounts: plan.subAccounts, shards: plan.shards },
      installation,
    );
    const from = { ...present, epoch: account.placement.epoch };
    await run.advance({ step: 'preparing', plan: { ...plan, target, from } });
  }

  /** Makes the rows of the new layout, and opens those that stood unused. */
  async #prepare(run: JobRun): Promise<void> {
    const { target, from } = decided(run);
    const across = !sameShards(target.shards, from.shards);
    let account = await accountOf(run, this.parts.accounts);
    try {
      // Before the reach is widened for good: a shard that is not there must not become part of it.
      await this.#ask(target.shards);
    } catch (error) {
      await this.#giveUp(run, error);
      return;
    }
    if (across) {
      const { operationId } = run.operation;
      const isAnnounced = await this.parts.directory.announcePlacement(account.accountId, operationId, {
        next: { ...target, epoch: from.epoch + 1 },
        reach: [...new Set([...account.reach, ...target.shards])],
      });
      // Another runner has ended it meanwhile: rows made now could lie where nobody looks for them.
      if (!isAnnounced) throw new StepLostError(operationId);
      account = await accountOf(run, this.parts.accounts);
      await this.parts.reach('resize.announced');
    }
    try {
      await this.#makeRows(account, target, from);
      await this.#tellStatus(await accountOf(run, this.parts.accounts), target);
    } catch (error) {
      await this.#giveUp(run, error);
      return;
    }
    await this.parts.reach('resize.prepared');
    const progress = { done: 1, total: PHASES };
    if (!across) {
      await run.advance({ step: 'activating', progress });
      return;
    }
    await this.parts.recallLeases(account);
    const fencingSinceUs = await this.parts.directory.nowUs();
    await run.advance({ step: 'fencing', progress, plan: { ...planOf(run), fencingSinceUs } });
  }

  /**
   * Whether rows have gone on to a placement that the directory does not know, because it was restored from a backup. To
   * move such an account would be to forget where its keys are.
   */
  async #isBehindRows(account: AccountRecord): Promise<boolean> {
    return isVoid(await readReach(this.parts.shards, account), account);
  }

  async #ask(names: readonly string[]): Promise<void> {
    const { shards } = this.parts;
    await shards.ensure(names);
    await Promise.all(
      names.map((name) => shards.within(this.parts.settings.fenceMsMax, name, shards.shard(name).ping())),
    );
  }

  /** Nothing is fenced yet: the account just stays as it is. */
  async #giveUp(run: JobRun, error: unknown): Promise<void> {
    if (!(error instanceof ShardUnavailableError)) throw error;
    await run.advance({ step: 'dropping', error: { code: error.code, detail: unreachable([error.shard]) } });
  }

  async #makeRows(account: AccountRecord, target: Layout, from: Layout & Placement): Promise<void> {
    const { accountId, placement, operation } = account;
    const { shards } = this.parts;
    const { epoch } = placement;
    const names = [...new Set([...target.shards, ...from.shards])];
    await shards.ensure(names);
    // Those of the old layout too: a row made after the fence, by someone who did not know of it, would not be fenced.
    const inUse = (shard: string): number[] => [
      ...subAccountsOn(shard, { shards: target.shards, epoch }, target.subAccounts),
      ...subAccountsOn(shard, from, from.subAccounts),
    ];
    await createRows(shards, account, { names, epoch, indicesOn: inUse });
    // Rows of the old layout stay in use until the new one is active.
    await tellRows(shards, names, (shard) => ({
      kind: 'layout',
      accountId,
      operation: 2 * operation,
      epoch,
      openIndices: new Set(inUse(shard)),
    }));
  }

  async #fence(run: JobRun): Promise<void> {
    const account = await accountOf(run, this.parts.accounts);
    const { accountId, reach } = account;
    if (await this.#isBehindRows(account)) {
      await run.advance({ step: 'dropping', error: BEHIND_ROWS });
      return;
    }
    const { from } = decided(run);
    const { fenceMsMax, fencePauseMs } = this.parts.settings;
    const untilUs = (planOf(run).fencingSinceUs ?? 0) + fenceMsMax * 1_000;
    const fenced = new Set<string>();
    let isAnyAway = false;
    // The clock is asked first: a fence that was begun long ago, by a runner that died, is given up at once.
    while (fenced.size < reach.length && (await this.parts.directory.nowUs()) < untilUs) {
      run.signal.throwIfAborted();
      const outcomes = await Promise.allSettled(
        reach
          .filter((name) => !fenced.has(name))
          .map((name) =>
            this.parts.shards.within(fenceMsMax, name, this.#fenceShard(name, accountId, from.epoch + 1)),
          ),
      );
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') fenced.add(outcome.value);
        else if (outcome.reason instanceof ShardUnavailableError) isAnyAway = true;
        else throw outcome.reason;
      }
      if (isAnyAway && fenced.size < reach.length) await this.parts.sleep(fencePauseMs);
    }
    const unfenced = reach.filter((name) => !fenced.has(name));
    if (unfenced.length > 0) {
      const detail = unreachable(unfenced);
      await run.advance({ step: 'abandoning', error: { code: 'SHARD_UNAVAILABLE', detail } });
      return;
    }
    await this.parts.reach('resize.fenced');
    await run.advance({ step: 'activating', progress: { done: 2, total: PHASES } });
  }

  async #fenceShard(name: string, accountId: string, epoch: number): Promise<string> {
    await tellRows(this.parts.shards, [name], () => ({ kind: 'fence', accountId, epoch }));
    await this.parts.reach('resize.fencing');
    return name;
  }

  async #activate(run: JobRun): Promise<void> {
    await this.parts.reach('resize.activating');
    const { target, from } = decided(run);
    const across = !sameShards(target.shards, from.shards);
    const epoch = across ? from.epoch + 1 : from.epoch;
    const fencedAtUs = await this.parts.directory.nowUs();
    await this.#makeActive(run, { ...target, epoch }, (account) =>
      across ? this.#pastAfter(account, target.shards, fencedAtUs) : account.past,
    );
    await this.parts.reach('resize.activated');
    await run.advance({
      step: 'settling',
      status: 'done',
      progress: { done: PHASES, total: PHASES },
      result: { subAccounts: target.subAccounts, shards: target.shards, epoch },
    });
  }

  async #abandon(run: JobRun): Promise<void> {
    await this.parts.reach('resize.abandoning');
    const { from } = decided(run);
    await this.#makeActive(run, { ...from, epoch: from.epoch + 2 }, (account) => account.past);
    await run.advance({ step: 'settling', status: 'failed' });
  }

  async #drop(run: JobRun): Promise<void> {
    const { accountId } = await accountOf(run, this.parts.accounts);
    await this.parts.directory.dropOperation(accountId, run.operation.operationId);
    await this.parts.accounts.read(accountId);
    this.parts.changed(accountId);
    await run.advance({ step: 'settling', status: 'failed' });
  }

  /**
   * Writes a placement into the account and ends its operation there. No shard is asked: one that goes away now must not
   * keep a fenced account waiting.
   */
  async #makeActive(
    run: JobRun,
    placement: Layout & { epoch: number },
    past: (account: AccountRecord) => readonly PastPlacement[],
  ): Promise<void> {
    await changeRecord(this.parts, run, (account) =>
      this.parts.directory.activate(account, { placement, past: past(account) }),
    );
  }

  /**
   * Tells the new rows, once they stand, of a status that was set while they were made. One that is set later finds them
   * itself.
   */
  async #tellStatus(account: AccountRecord, { shards }: Layout): Promise<void> {
    if (account.statusVersion === 1) return;
    const { accountId, statusVersion: version } = account;
    const status = rowStatusOf(account);
    await tellRows(this.parts.shards, shards, () => ({ kind: 'status', accountId, status, version }));
  }

  /**
   * The placements that are remembered once `next` has replaced the present one. Keys are looked up by them for one window;
   * for another, an audit can still tell when a key was free to be used again.
   */
  #pastAfter(account: AccountRecord, next: readonly string[], nowUs: number): PastPlacement[] {
    const oldestUs = nowUs - 2 * this.parts.settings.windowMs * 1_000;
    const present = { shards: account.placement.shards, fencedAtUs: nowUs };
    return [...account.past.filter(({ shards }) => !sameShards(shards, present.shards)), present].filter(
      ({ shards, fencedAtUs }) => fencedAtUs > oldestUs && !sameShards(shards, next),
    );
  }

  /** Tells all rows which of them are in use, by what the directory says now: a later operation may have begun. */
  async #settle(run: JobRun): Promise<void> {
    const account = await this.parts.accounts.read(run.operation.accountId ?? '');
    if (account && account.operationId === null) {
      if (run.operation.status === 'failed') await this.#makeLeftOut(run, account);
      await tellLayout(this.parts.shards, account);
      this.parts.settled(account.accountId);
    }
    await this.parts.reach('resize.settled');
    await run.advance({ step: ENDED });
  }

  /**
   * The rows that a resize which is given up did not come to make: a runner that stalled while it made them, and goes on
   * when all is over, finds rows that have been told of a later layout than its own.
   */
  async #makeLeftOut(run: JobRun, account: AccountRecord): Promise<void> {
    const { target } = planOf(run);
    if (!target) return;
    const { shards } = this.parts;
    const names = target.shards.filter((name) => account.reach.includes(name));
    await shards.ensure(names);
    const { epoch } = account.placement;
    await createRows(shards, account, {
      names,
      epoch,
      indicesOn: (shard) => subAccountsOn(shard, { shards: target.shards, epoch }, target.subAccounts),
    });
  }
}

const BEHIND_ROWS = {
  code: 'ACCOUNT_BEHIND_ROWS',
  detail:
    'The directory knows an older state of the account than its rows; the account has to be repaired first.',
};

/** Prepared, fenced, activated. */
const PHASES = 3;

function planOf(run: JobRun): ResizePlan {
  return run.operation.plan as unknown as ResizePlan;
}

function decided(run: JobRun): Required<Pick<ResizePlan, 'target' | 'from'>> {
  const { target, from } = planOf(run);
  if (!target || !from) throw new TypeError(`operation ${run.operation.operationId} has no target`);
  return { target, from };
}

/** Some of them may only have had no time left: who was not heard of in time is not told from who is away. */
function unreachable(names: readonly string[]): string {
  const which = names.length === 1 ? `Shard ${names.join()}` : `Shards ${names.join(', ')}`;
  return `${which} could not be reached in time; the account stays as it was.`;
}
