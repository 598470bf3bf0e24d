import type { AuditedCall, EndAudited } from '../../../src/audit-log/audit-trail';
import { SPLIT_SETTINGS } from '../../../src/engine/heat/plan-split';
import type { EngineRuntime } from '../../../src/engine/runtime';
import { AutoSplit } from '../../../src/heat/auto-split';
import type { OperationService } from '../../../src/operations/operation.service';
import type { HeatState } from '../../../src/shards/directory/heat-store';
import type { SelfSplitPlan } from '../workload/plan';
import type { InstanceWorld } from './instance-world';

/** Whatever a shard and its batches are like, an account that is hot gains by all others that are at hand. */
const WILLING = { busyMin: 0, shareMin: 0, batchCommandsMin: 0, idlerBy: -1, waitingPerRowMin: 0 };

interface SelfSplitParts {
  readonly runtime: EngineRuntime;
  readonly operations: OperationService;
  readonly world: InstanceWorld;
  readonly name: string;
}

/** What an instance decides by itself about the sizes of accounts, and what must hold of that. */
export class SelfSplit {
  readonly #split: AutoSplit;
  #underWay = 0;

  constructor(
    private readonly parts: SelfSplitParts,
    private readonly plan: SelfSplitPlan,
  ) {
    const { runtime, operations, world, name } = parts;
    const { pauseMs: coolDownMs, backMs, subAccountsMax } = plan;
    this.#split = new AutoSplit({
      operations,
      store: runtime.directory.heat,
      log: { begin: (call) => Promise.resolve(this.#begins(call)) },
      shards: () => runtime.shardsAtHand(),
      settings: { ...SPLIT_SETTINGS, ...WILLING, coolDownMs, backMs, subAccountsMax },
      observer: world.observerFor(name),
      decided: (kind) => {
        world.coverage.mark(kind === 'split' ? 'split by itself' : 'made as it was by itself');
      },
    });
    runtime.heat.considerWith(async (watched, heat) => {
      if (!world.splitsItself) return;
      this.#underWay += 1;
      await this.#split.consider(watched, heat);
      this.#underWay -= 1;
    });
  }

  get isUnderWay(): boolean {
    return this.#underWay > 0;
  }

  /** A decision is claimed, and its resize about to begin. */
  #begins({ accountId = '' }: Pick<AuditedCall, 'accountId'>): EndAudited {
    const { world } = this.parts;
    const [row] = world.directory.read('SELECT heat FROM account WHERE account_id = ?', [accountId]);
    const state = JSON.parse(String(row?.[0])) as HeatState;
    const twice = world.model.sizes.decided(accountId, state, this.plan.pauseMs);
    if (twice !== undefined) world.model.violated('sizeIsDecidedOnce', twice, accountId);
    return ({ outcome, after }) => {
      if (outcome !== 'succeeded') return;
      const { operationId } = after as { readonly operationId: string };
      const [now] = world.directory.read(
        'SELECT operation_id, auto_split FROM account WHERE account_id = ?',
        [accountId],
      );
      const isFixed = String(now?.[1]).includes('false');
      if (now?.[0] === operationId && isFixed)
        world.model.violated(
          'sizeIsDecidedOnce',
          `${accountId} is resized by itself, and its size was fixed`,
          accountId,
        );
    };
  }
}
