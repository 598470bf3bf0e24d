import { Injectable } from '@nestjs/common';
import type { ResizePlan } from '../engine/operations/resize-job';
import { EngineRuntime } from '../engine/runtime';
import type { AccountStatus } from '../ledger/sub-account';
import type { AccountRecord } from '../shards/directory/account-record';
import { ASKED, type OperationFilter, type OperationPosition } from '../shards/directory/operation-store';
import type { OperationError, OperationKind, OperationRecord } from '../shards/directory/operation-record';

export interface ResizeRequest {
  readonly accountId: string;
  readonly subAccounts: number;
  /** Distinct names, not more than sub-accounts; the present ones when absent. */
  readonly shards?: readonly string[] | undefined;
  /** The revisions of the account that the caller accepts; any by default. */
  readonly revisions?: ReadonlySet<number> | undefined;
  /** It is not asked for by anybody: then it does not fix the account's size. */
  readonly by?: ResizePlan['by'];
}

export type OperationStart =
  | { readonly kind: 'started'; readonly operation: OperationRecord }
  | { readonly kind: 'accountNotFound' }
  | { readonly kind: 'accountClosed' }
  /** The account has changed since the revision that the caller named. */
  | { readonly kind: 'changedMeanwhile' }
  /** `operationId` is that of the operation under way; `null` while the account is being created. */
  | { readonly kind: 'inProgress'; readonly operationId: string | null }
  | { readonly kind: 'unknownShards'; readonly names: readonly string[] };

export type StatusChange =
  | { readonly kind: 'done'; readonly account: AccountRecord }
  | { readonly kind: 'accountNotFound' }
  | { readonly kind: 'refused'; readonly error: OperationError }
  /** A shard could not be told yet. It goes on by itself; asking again joins it. */
  | { readonly kind: 'unfinished' };

/** How long a change of status is waited for before the answer is "not yet". */
const STATUS_WAIT_MS_MAX = 8_000;

/**
 * Work on accounts that takes more than one step. It is written down before it is answered, so that it ends, whoever
 * crashes; see `OperationRunner`.
 *
 * Methods reject with `DirectoryUnavailableError` when nothing could be written down.
 */
@Injectable()
export class OperationService {
  #lastAudit: string | undefined;
  #asking: Promise<OperationRecord> | undefined;

  constructor(private readonly runtime: EngineRuntime) {}

  find(operationId: string): Promise<OperationRecord | undefined> {
    return this.runtime.directory.operations.find(operationId);
  }

  /** The newest first. @returns a page, and where it ended if there are more */
  async list(
    page: OperationFilter & { readonly limit: number; readonly before: OperationPosition | undefined },
  ): Promise<{
    readonly operations: readonly OperationRecord[];
    readonly next: OperationPosition | undefined;
  }> {
    const { limit } = page;
    const found = await this.runtime.directory.operations.list({ ...page, limit: limit + 1 });
    const operations = found.slice(0, limit);
    return { operations, next: found.length > limit ? operations.at(-1) : undefined };
  }

  /** Begins to change the number or the shards of an account's sub-accounts. */
  async resize(request: ResizeRequest): Promise<OperationStart> {
    const { accountId, subAccounts, shards, revisions, by } = request;
    const account = await this.runtime.accounts.read(accountId);
    if (!account) return { kind: 'accountNotFound' };
    if (revisions?.has(account.revision) === false) return { kind: 'changedMeanwhile' };
    if (account.status === 'closed') return { kind: 'accountClosed' };
    if (account.operationId !== null || account.creation !== 'done')
      return { kind: 'inProgress', operationId: account.operationId };
    if (shards) {
      const known = new Set((await this.runtime.directory.listShards()).map(({ name }) => name));
      const names = shards.filter((name) => !known.has(name));
      if (names.length > 0) return { kind: 'unknownShards', names };
    }
    const operation = await this.#create('resize', accountId, {
      subAccounts,
      ...(shards && { shards }),
      ...(by && { by, revision: account.revision }),
    });
    await this.runtime.reach('resize.asked');
    const { operationId } = operation;
    if (!(await this.runtime.directory.beginResize(account, operationId, { fixesSize: !by }))) {
      const refused = await this.runtime.operations.refuse(operation, {
        code: 'OPERATION_IN_PROGRESS',
        detail: 'The account changed before the operation could begin.',
      });
      // Whoever found it left alone has begun it: then it is under way, or over.
      if (!refused) return { kind: 'started', operation };
      // Or had begun it, and not said so yet: it cannot go on, and must not be the account's any more.
      await this.runtime.directory.dropOperation(accountId, operation.operationId);
      return revisions === undefined ? await this.#inProgress(accountId) : { kind: 'changedMeanwhile' };
    }
    this.runtime.operations.runWhenRoom(operation);
    return { kind: 'started', operation };
  }

  /** Begins to level an account's sub-accounts. */
  async rebalance(accountId: string): Promise<OperationStart> {
    const account = await this.runtime.accounts.read(accountId);
    if (!account) return { kind: 'accountNotFound' };
    if (account.status === 'closed') return { kind: 'accountClosed' };
    return { kind: 'started', operation: await this.#start('rebalance', accountId) };
  }

  /** Begins to lift an account's directory record above its rows, if these have gone on without it. */
  async repair(accountId: string): Promise<OperationStart> {
    const account = await this.runtime.directory.findAccount(accountId);
    if (!account) return { kind: 'accountNotFound' };
    if (account.operationId !== null) return { kind: 'inProgress', operationId: account.operationId };
    return { kind: 'started', operation: await this.#start('repair', accountId) };
  }

  /**
   * Begins to check all accounts. An audit that was asked for here and has not begun to read is the one for all who ask meanwhile:
   * it will see whatever they want to have checked.
   */
  async audit(): Promise<OperationRecord> {
    this.#asking ??= this.#waitingAudit().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #waitingAudit(): Promise<OperationRecord> {
    const waiting = this.#lastAudit === undefined ? undefined : await this.find(this.#lastAudit);
    if (waiting?.step === ASKED) return waiting;
    const operation = await this.#start('audit', null);
    this.#lastAudit = operation.operationId;
    return operation;
  }

  /** Changes an account's status and waits until every row enforces it. */
  async changeStatus(accountId: string, status: AccountStatus): Promise<StatusChange> {
    if (!(await this.runtime.accounts.read(accountId))) return { kind: 'accountNotFound' };
    const operation = await this.#create('status', accountId, { status });
    const timer = new AbortController();
    await Promise.race([
      this.runtime.operations.run(operation),
      this.runtime.surroundings.sleep(STATUS_WAIT_MS_MAX, timer.signal),
    ]);
    timer.abort();
    const ended = await this.find(operation.operationId);
    if (!ended || ended.status === 'running') return { kind: 'unfinished' };
    if (ended.error) return { kind: 'refused', error: ended.error };
    const account = await this.runtime.accounts.read(accountId);
    return account ? { kind: 'done', account } : { kind: 'accountNotFound' };
  }

  async #inProgress(accountId: string): Promise<OperationStart> {
    const operationId = (await this.runtime.accounts.read(accountId))?.operationId ?? null;
    return { kind: 'inProgress', operationId };
  }

  async #start(kind: OperationKind, accountId: string | null): Promise<OperationRecord> {
    const operation = await this.#create(kind, accountId, {});
    this.runtime.operations.runWhenRoom(operation);
    return operation;
  }

  #create(
    kind: OperationKind,
    accountId: string | null,
    plan: OperationRecord['plan'],
  ): Promise<OperationRecord> {
    return this.runtime.operations.create({ kind, accountId, step: ASKED, plan });
  }
}
