import { DEFAULT_STRATEGY } from '../../ledger/strategy';
import { sameShards } from '../../ledger/plan-placement';
import { readAutoSplit } from '../../shards/directory/auto-split';
import type { HeatRecord, HeatState, SplitLayout } from '../../shards/directory/heat-store';
import type { AccountHeat, Heat, ShardHeat } from './heat-report';

export interface SplitSettings {
  /** Where an account has no `max` of its own. */
  readonly subAccountsMax: number;
  /** Between two decisions about one account. */
  readonly coolDownMs: number;
  /** For how long an account must have cooled before it is made as it was; twice as long for each time it was split of late. */
  readonly backMs: number;
  /** More busy than this, the lanes of the account's shards have little left to give. */
  readonly busyMin: number;
  /** More than this part of what they do must be for the account. */
  readonly shareMin: number;
  /** Smaller batches do not keep a lane from doing more: they grow with the load. */
  readonly batchCommandsMin: number;
  /** A shard helps that is less busy by this much. */
  readonly idlerBy: number;
  /** Transactions of its own that wait for each row of an account, under strategies other than `merged`. */
  readonly waitingPerRowMin: number;
}

export const SPLIT_SETTINGS: SplitSettings = {
  subAccountsMax: 16,
  coolDownMs: 60_000,
  backMs: 15 * 60_000,
  busyMin: 0.75,
  shareMin: 0.3,
  batchCommandsMin: 96,
  idlerBy: 0.25,
  waitingPerRowMin: 2,
};

/** A shard that accounts may be placed on. */
export interface ShardAtHand {
  readonly shard: string;
  /** Batches that run there side by side. */
  readonly lanes: number;
  readonly isDown: boolean;
}

export interface SplitQuestion {
  readonly record: HeatRecord;
  readonly heat: Heat;
  readonly shards: readonly ShardAtHand[];
  readonly settings: SplitSettings;
  readonly nowUs: number;
}

/** What becomes of an account's size, and why; the reason is for people. */
export type SplitPlan =
  | { readonly kind: 'keep'; readonly reason: string }
  /** There is nothing to go back to any more: the account is as it was, or its owner has fixed its size. */
  | { readonly kind: 'forget'; readonly reason: string }
  | { readonly kind: 'split' | 'merge'; readonly reason: string; readonly to: SplitLayout };

/** After so long without another, a split is forgotten. */
const DAY_US = 24 * 3_600_000_000;
/** Staying split doubles so often. */
const DOUBLED_MAX = 6;

/** Strategies whose deductions take no row: more rows are no help. */
const TAKES_NO_ROW: ReadonlySet<string> = new Set(['leased']);
const ON_LANES: ReadonlySet<string> = new Set([DEFAULT_STRATEGY, 'queued']);

/**
 * Decides by itself whether an account is to be split, or made as it was.
 *
 * Being used much is no reason to split: merged into batches, one row does as much as its shard does. Splitting pays where the
 * lanes of the account's shards are busy all the time, with batches that are large already, mostly for this account, and
 * there are shards at hand that have more to give. Then the account goes to all of those, as far as it may, in one step: each
 * step moves the homes of requests, and leaves a past placement in which they are looked up.
 *
 * Nothing is decided about an account that is not active, or whose owner has fixed its size, or has an operation under way.
 */
export function planSplit(question: SplitQuestion): SplitPlan {
  const { record, settings, nowUs } = question;
  const { account, state } = record;
  const autoSplit = readAutoSplit(account.autoSplit);
  if (!autoSplit.enabled) return forget(state, 'its size is fixed');
  if (account.status === 'closed') return forget(state, 'it is closed');
  if (account.status !== 'active') return keep(`it is ${account.status}`);
  if (account.creation !== 'done') return keep('it is being created');
  if (account.operationId !== null) return keep('an operation is under way');
  const { decision } = state;
  if (decision && isWithin(decision.atUs, settings.coolDownMs, nowUs))
    return keep('the last decision was a moment ago');
  if (state.hotSinceUs !== null)
    return planHot(question, Math.min(autoSplit.max ?? settings.subAccountsMax, SUB_ACCOUNTS_MAX));
  return state.unsplit ? planBack(question, state.unsplit, autoSplit.min ?? 1) : keep('it is not hot');
}

/** As many as a resize takes. */
const SUB_ACCOUNTS_MAX = 1_024;

function planHot({ record, heat, shards, settings }: SplitQuestion, max: number): SplitPlan {
  const { account } = record;
  if (TAKES_NO_ROW.has(account.strategy)) return keep(`its strategy is ${account.strategy}`);
  const own = heat.accounts.find(({ accountId }) => accountId === account.accountId);
  if (!own) return keep('it is not used');
  const onLanes = ON_LANES.has(account.strategy);
  const pressure = onLanes
    ? pressureOnLanes(own, ownShards(record, heat), settings)
    : pressureOnRows(own, account.subAccounts, settings);
  if (!pressure.isHigh) return keep(pressure.reason);
  const present = account.placement.shards;
  const busy = onLanes ? busyOf(ownShards(record, heat)) : 1;
  const others = shards
    .filter(
      ({ shard, isDown }) => !isDown && !present.includes(shard) && heat.shards.get(shard)?.isDown !== true,
    )
    .map((each) => ({ ...each, busy: heat.shards.get(each.shard)?.busy ?? 0 }))
    .filter((each) => each.busy <= busy - settings.idlerBy)
    .sort((a, b) => a.busy - b.busy || (a.shard < b.shard ? -1 : 1));
  const wanted = [...present, ...others.map(({ shard }) => shard)].slice(0, Math.max(max, present.length));
  const lanes = new Map(shards.map((each) => [each.shard, each.lanes]));
  const rows = onLanes
    ? wanted.reduce((sum, shard) => sum + (lanes.get(shard) ?? 1), 0)
    : Math.max(wanted.length, Math.ceil(own.busy));
  const subAccounts = Math.min(max, Math.max(rows, account.subAccounts));
  const to = { subAccounts, shards: wanted.slice(0, subAccounts) };
  if (subAccounts < account.subAccounts || to.shards.length < present.length)
    return keep('it has more sub-accounts than it may be given');
  if (subAccounts === account.subAccounts && sameShards(to.shards, present))
    return keep(
      account.subAccounts >= max
        ? `it has as many sub-accounts as it may be given, and ${pressure.reason}`
        : `no shard at hand has more to give, and ${pressure.reason}`,
    );
  return { kind: 'split', to, reason: pressure.reason };
}

interface Pressure {
  readonly isHigh: boolean;
  readonly reason: string;
}

function pressureOnLanes(
  own: AccountHeat,
  shards: readonly ShardHeat[],
  { busyMin, shareMin, batchCommandsMin }: SplitSettings,
): Pressure {
  const busy = busyOf(shards);
  const lanesBusy = shards.reduce((sum, shard) => sum + shard.busy * shard.lanes, 0);
  const share = lanesBusy === 0 ? 0 : Math.min(1, own.busy / lanesBusy);
  const batchCommands = meanOf(shards, (shard) => shard.batchCommands);
  const figures =
    `its shards are busy ${percent(busy)} of the time, ${percent(share)} of it for this account, ` +
    `in batches of ${Math.round(batchCommands)}`;
  const isTurnedAway = own.refusedPerSecond > 0 && busy >= busyMin;
  if (busy < busyMin) return { isHigh: false, reason: `its shards have room: ${figures}` };
  if (share < shareMin) return { isHigh: false, reason: `its shards work for others: ${figures}` };
  if (batchCommands < batchCommandsMin && !isTurnedAway)
    return { isHigh: false, reason: `its batches can grow: ${figures}` };
  return { isHigh: true, reason: figures };
}

function pressureOnRows(own: AccountHeat, rows: number, { waitingPerRowMin }: SplitSettings): Pressure {
  const reason = `${own.busy.toFixed(1)} transactions at a time for ${rows} ${rows === 1 ? 'row' : 'rows'}`;
  return { isHigh: own.busy >= waitingPerRowMin * rows, reason };
}

function planBack(
  { record, heat, settings, nowUs }: SplitQuestion,
  unsplit: SplitLayout,
  min: number,
): SplitPlan {
  const { account, state } = record;
  const subAccounts = Math.min(account.subAccounts, Math.max(unsplit.subAccounts, min));
  // Its first shards: those that stay keep the homes of their requests.
  const shards = account.placement.shards.slice(0, Math.max(1, Math.min(unsplit.shards.length, subAccounts)));
  const to = { subAccounts, shards };
  if (isAlready(account, to)) return forget(state, 'it is as small as it may be');
  const waitMs = settings.backMs * 2 ** Math.min(Math.max(state.splits - 1, 0), DOUBLED_MAX);
  if (isWithin(state.cooledAtUs ?? nowUs, waitMs, nowUs)) return keep('it has not been cool for long enough');
  if (heat.accounts.some((each) => each.accountId === account.accountId && each.busy >= settings.shareMin))
    return keep('it is used a good deal still');
  return { kind: 'merge', to, reason: 'it has cooled' };
}

/** A change of an account's size. */
export type SplitChange = Extract<SplitPlan, { readonly to: SplitLayout }>;

/**
 * What is remembered of a decision, in the same step that claims it. What the account goes back to is remembered until it has: the
 * resize may not come about, and is decided again then.
 */
export function decided(record: HeatRecord, plan: SplitChange, nowUs: number): HeatState {
  const { account, state } = record;
  const from = { subAccounts: account.subAccounts, shards: account.placement.shards };
  const decision = { kind: plan.kind, atUs: nowUs, reason: plan.reason, from, to: plan.to };
  if (plan.kind === 'merge') return { ...state, decision };
  const isOfLate = state.decision !== null && nowUs - state.decision.atUs < DAY_US;
  return { ...state, decision, unsplit: state.unsplit ?? from, splits: (isOfLate ? state.splits : 0) + 1 };
}

function isAlready(account: HeatRecord['account'], { subAccounts, shards }: SplitLayout): boolean {
  return account.subAccounts === subAccounts && sameShards(account.placement.shards, shards);
}

function ownShards({ account }: HeatRecord, heat: Heat): ShardHeat[] {
  return account.placement.shards.flatMap((shard) => heat.shards.get(shard) ?? []);
}

function busyOf(shards: readonly ShardHeat[]): number {
  return meanOf(shards, (shard) => shard.busy);
}

function meanOf<T>(items: readonly T[], of: (item: T) => number): number {
  return items.length === 0 ? 0 : items.reduce((sum, item) => sum + of(item), 0) / items.length;
}

/** A time that is to come is of a clock that was ahead, and long ago. */
function isWithin(atUs: number, ms: number, nowUs: number): boolean {
  return nowUs >= atUs && nowUs - atUs < ms * 1_000;
}

function keep(reason: string): SplitPlan {
  return { kind: 'keep', reason };
}

/** Nobody need look at the account any more, for what it was before. */
function forget({ unsplit }: HeatState, reason: string): SplitPlan {
  return { kind: unsplit ? 'forget' : 'keep', reason };
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}
