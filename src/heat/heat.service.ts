import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { AccountService, type StrategyChoice } from '../accounts/account.service';
import { AuditTrail } from '../audit-log/audit-trail';
import type { HotAccount } from '../contract/heat';
import type { AccountHeat } from '../engine/heat/heat-report';
import { SPLIT_SETTINGS, type SplitPlan } from '../engine/heat/plan-split';
import { EngineRuntime } from '../engine/runtime';
import { OperationService } from '../operations/operation.service';
import { Metrics } from '../platform/metrics';
import { Settings, splitSettingsOf } from '../platform/settings';
import { type AutoSplit as Choice, autoSplitText, readAutoSplit } from '../shards/directory/auto-split';
import { LOOKED_UP_MAX } from '../shards/padded-list';
import { AutoSplit } from './auto-split';

/** Which accounts are used most, and what follows from that. Methods reject with `DirectoryUnavailableError`. */
@Injectable()
export class HeatService implements OnApplicationBootstrap {
  readonly #autoSplit: AutoSplit;

  constructor(
    private readonly runtime: EngineRuntime,
    private readonly accounts: AccountService,
    private readonly settings: Settings,
    metrics: Metrics,
    operations: OperationService,
    auditTrail: AuditTrail,
  ) {
    const { observer, directory } = runtime;
    this.#autoSplit = new AutoSplit({
      operations,
      store: directory.heat,
      log: auditTrail,
      shards: () => runtime.shardsAtHand(),
      settings: { ...SPLIT_SETTINGS, ...splitSettingsOf(settings) },
      observer,
      decided: (kind) => {
        metrics.heat.decided(kind);
      },
    });
    metrics.heat.readFrom(runtime.heat);
  }

  onApplicationBootstrap(): void {
    if (this.settings.autoSplit === 'off') return;
    this.runtime.heat.considerWith((watched, heat) => this.#autoSplit.consider(watched, heat));
  }

  /** The accounts that are used most, the first the most, and those that are hot or were split by themselves. */
  async list(limit: number): Promise<HotAccount[]> {
    const { heat, watched } = await this.runtime.heat.read();
    const work = new Map<string, AccountHeat>(
      heat.accounts.slice(0, limit).map((each) => [each.accountId, each]),
    );
    const rates = new Map(heat.accounts.map((each) => [each.accountId, each]));
    const known = new Set(watched.map(({ account }) => account.accountId));
    const others = [...work.keys()].filter((accountId) => !known.has(accountId)).slice(0, LOOKED_UP_MAX);
    const records = [...watched, ...(await this.runtime.directory.heat.find(others))];
    return records
      .map((record) => {
        const { account, state } = record;
        const { accountId, subAccounts, placement } = account;
        const used = rates.get(accountId);
        return {
          accountId,
          perSecond: used?.perSecond ?? 0,
          refusedPerSecond: used?.refusedPerSecond ?? 0,
          busy: used?.busy ?? 0,
          subAccounts,
          shards: placement.shards,
          hotSinceUs: state.hotSinceUs,
          autoSplit: readAutoSplit(account.autoSplit),
          decision: state.decision,
          now: shown(this.#autoSplit.plan(record, heat)),
        };
      })
      .sort((a, b) => b.perSecond - a.perSecond || (a.accountId < b.accountId ? -1 : 1))
      .slice(0, limit);
  }

  /**
   * Lets an account be split by itself, or fixes its size.
   *
   * @param revisions of the account that the caller accepts; any by default
   */
  choose(
    accountId: string,
    choice: Choice,
    revisions: ReadonlySet<number> | undefined,
  ): Promise<StrategyChoice> {
    return this.accounts.change(accountId, { autoSplit: autoSplitText(choice) }, revisions);
  }
}

/** What the account itself sees of a plan. */
function shown(plan: SplitPlan): HotAccount['now'] {
  return { kind: plan.kind === 'forget' ? 'keep' : plan.kind, reason: plan.reason };
}
