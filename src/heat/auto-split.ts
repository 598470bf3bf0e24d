import type { AuditedCall, EndAudited } from '../audit-log/audit-trail';
import type { Heat } from '../engine/heat/heat-report';
import type { EngineObserver } from '../engine/observer';
import {
  decided,
  planSplit,
  type ShardAtHand,
  type SplitChange,
  type SplitPlan,
  type SplitSettings,
} from '../engine/heat/plan-split';
import type { OperationService, OperationStart } from '../operations/operation.service';
import type { HeatRecord, HeatStore } from '../shards/directory/heat-store';

/** Who resizes by itself, as the audit log names it. */
export const AUTO_SPLIT = 'auto-split';

/** Resizes that one look at the hot accounts may begin: each takes sessions of several shards. */
const RESIZES_MAX = 4;

export interface AutoSplitParts {
  readonly operations: Pick<OperationService, 'resize'>;
  readonly store: Pick<HeatStore, 'step'>;
  readonly log: { begin(call: AuditedCall): Promise<EndAudited> };
  readonly shards: () => readonly ShardAtHand[];
  readonly settings: SplitSettings;
  readonly observer: Pick<EngineObserver, 'deferred'>;
  /** Counts what was decided. */
  readonly decided?: (kind: 'split' | 'merge') => void;
}

/**
 * Splits accounts that are hot and gain by it, and makes them as they were when they have cooled.
 *
 *     plan ──▶ claim the decision (compare-and-set on the account's heat) ──▶ a line in the audit log ──▶ resize
 *
 * Of several instances that come to the same decision, one claims it, and whoever reads the account from then on finds when that
 * was: there is no other decision for a while, whatever becomes of this one. The resize begins on the revision of the account that was
 * decided about, or not at all: an operator who changes the account meanwhile is first.
 */
export class AutoSplit {
  constructor(private readonly parts: AutoSplitParts) {}

  /** Decides about accounts that are hot, or were split; never rejects. */
  async consider(watched: readonly HeatRecord[], heat: Heat): Promise<void> {
    let begun = 0;
    for (const record of watched) {
      const plan = this.plan(record, heat);
      if (plan.kind === 'keep' || (plan.kind !== 'forget' && begun >= RESIZES_MAX)) continue;
      try {
        if (plan.kind === 'forget') {
          await this.parts.store.step(record, { ...record.state, unsplit: null });
          continue;
        }
        begun += 1;
        await this.#carryOut(record, plan);
      } catch (error) {
        this.parts.observer.deferred(`splitting ${record.account.accountId}`, error);
      }
    }
  }

  /** What is to become of an account's size now, and why. */
  plan(record: HeatRecord, heat: Heat): SplitPlan {
    const { settings, shards } = this.parts;
    return planSplit({ record, heat, settings, shards: shards(), nowUs: record.account.readAtUs });
  }

  async #carryOut(record: HeatRecord, plan: SplitChange): Promise<void> {
    const { store, log, operations } = this.parts;
    const { account } = record;
    const { accountId, revision } = account;
    const { subAccounts, shards } = plan.to;
    if (!(await store.step(record, decided(record, plan, account.readAtUs)))) return;
    this.parts.decided?.(plan.kind);
    const end = await log.begin({
      actor: AUTO_SPLIT,
      address: '',
      door: 'service',
      action: 'resizeSubAccounts',
      target: accountId,
      accountId,
      request: { accountId, count: subAccounts, shards, reason: plan.reason },
      isRead: false,
    });
    try {
      const revisions = new Set([revision]);
      const start = await operations.resize({ accountId, subAccounts, shards, revisions, by: AUTO_SPLIT });
      end(endOf(start));
    } catch (error) {
      end({ outcome: 'failed' });
      throw error;
    }
  }
}

function endOf(start: OperationStart): Parameters<EndAudited>[0] {
  return start.kind === 'started'
    ? { outcome: 'succeeded', after: { operationId: start.operation.operationId } }
    : { outcome: 'refused', code: CODES[start.kind] };
}

const CODES = {
  accountNotFound: 'ACCOUNT_NOT_FOUND',
  accountClosed: 'ACCOUNT_CLOSED',
  changedMeanwhile: 'PRECONDITION_FAILED',
  inProgress: 'OPERATION_IN_PROGRESS',
  unknownShards: 'INVALID_ARGUMENT',
} as const satisfies Record<Exclude<OperationStart['kind'], 'started'>, string>;
