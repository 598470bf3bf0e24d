import { FAILURE_POLICIES, type ScreeningSettings } from '../../../src/engine/screening/screening-settings';
import type { LaneSettings } from '../../../src/engine/lane-settings';
import { LEASE_SETTINGS, type LeaseSettings } from '../../../src/strategies/strategy-settings';
import type { Strategy } from '../../../src/ledger/strategy';
import type { Dice } from '../../kernel/dice';

export interface AccountPlan {
  readonly accountId: string;
  readonly subAccounts: number;
  readonly openingMinor: bigint;
  /** Amounts are multiples of it: 1, or so much that `net` wraps around. */
  readonly unitMinor: bigint;
  /** How often it is chosen, against the others. */
  readonly heat: number;
  readonly creditShare: number;
  /** Deductions of up to three times what a sub-account would have. */
  readonly largeShare: number;
  /** Its credits have their homes on one shard, and its deductions on the others. */
  readonly lopsided: boolean;
  /** At its beginning. */
  readonly strategy: Strategy;
  /** Like all others by default. */
  readonly asset?: string;
  /** In a world where accounts are split by themselves: it has one sub-account at first, and asks for no number. */
  readonly isSplitByItself?: boolean;
}

/** What a seed stands for: how large the world is, what is asked of it, and what is done to it. */
export interface Plan {
  readonly shards: readonly string[];
  /** Registered while it runs. */
  readonly laterShards: readonly string[];
  readonly instances: number;
  readonly lanesPerShard: number;
  readonly laneSettings: Partial<LaneSettings>;
  readonly accounts: readonly AccountPlan[];
  readonly clients: number;
  readonly thinkMsMean: number;
  readonly rounds: number;
  /** Calls of one storm, over all clients. */
  readonly stormCalls: number;
  readonly calmCalls: number;
  /** Calls that send an earlier key again; of these, some with another amount. */
  readonly repeatShare: number;
  readonly reuseShare: number;
  /** New keys that are sent twice at once, through any two instances. */
  readonly twinShare: number;
  readonly holdShare: number;
  readonly reversalShare: number;
  readonly readers: number;
  /** Snapshots that others ask the same instance for while they are taken. */
  readonly crowdShare: number;
  /** What else is asked for in a storm, on the average; nothing of what this world does not have. */
  readonly wishes: Readonly<Record<Wish, number | undefined>>;
  /** What breaks in a storm, on the average; nothing of what this world does not have. */
  readonly blows: Readonly<Record<Blow, number | undefined>>;
  readonly noticesLost: number;
  /** At a place between two steps of what must survive a crash anywhere: how likely an instance dies, or stalls, there. */
  readonly deathAtPoint: number;
  readonly stallAtPoint: number;
  /** In the middle of a change of placement: how likely its runner is cut off, or its account frozen while it stalls. */
  readonly ambush: number;
  /** Only in some worlds there are accounts of the strategy `leased`. */
  readonly leasing: LeasingPlan | undefined;
  /** What decides how the directory is lost, after each calm; only in some worlds, and not where leases need it. */
  readonly directoryLoss: Dice | undefined;
  /** Only in some worlds somebody reads lists of entries, and clocks are put right. */
  readonly lists: ListsPlan | undefined;
  /** Only in some worlds somebody reads lists of holds. */
  readonly holdLists: HoldListsPlan | undefined;
  /** Of the holds, how many are captured several times, raised and extended; in some worlds only, and there credits are taken back. */
  readonly lastingShare: number | undefined;
  /** Only in some worlds a feed of events is kept, and somebody follows it. */
  readonly feed: FeedPlan | undefined;
  /** Only in some worlds some shards are on clusters. */
  readonly cluster: ClusterPlan | undefined;
  /** Only in some worlds clients ask for deductions to be charged later. */
  readonly intake: IntakePlan | undefined;
  /** Only in some of these worlds there are accounts of the strategy `queued`. */
  readonly queued: QueuedPlan | undefined;
  /** Only in some of these worlds charges are screened. */
  readonly screening: ScreeningPlan | undefined;
  /** Only in some worlds accounts may be in debt. */
  readonly creditLines: CreditLinesPlan | undefined;
  /** Only in some worlds accounts pay each other. */
  readonly payments: PaymentsPlan | undefined;
  readonly budgets: BudgetsPlan | undefined;
  /** Only in some worlds accounts are split by themselves. */
  readonly selfSplit: SelfSplitPlan | undefined;
  /** Only in some worlds holds come, and are confirmed, many together. */
  readonly holdBatches: HoldBatchesPlan | undefined;
  /** After the end, in some worlds: transfers that cannot be delivered for long, and others behind them. */
  readonly stuck: StuckPlan | undefined;
  /** After the end, in some worlds: what decides how the directory goes back to an earlier moment. */
  readonly restored: Dice | undefined;
  /** After the end: a move, and keys that come again when its idempotency window is over. */
  readonly secondUse: boolean;
}

export interface IntakePlan {
  /** Of new deductions, how many are to be charged later. */
  readonly share: number;
  /** Of those, how many come as messages, which are delivered again and begin no other attempt. */
  readonly messageShare: number;
  /** Of all calls, how many send again, at once or later, what was submitted. */
  readonly againShare: number;
  /** Records that may wait on a shard. */
  readonly recordsMax: number;
  /** Records that are read together. */
  readonly pageRecords: number;
}

export interface SelfSplitPlan {
  readonly hotPerSecond: number;
  readonly hotMs: number;
  readonly cooledMs: number;
  /** Between two decisions about one account. */
  readonly pauseMs: number;
  /** For how long an account must have cooled before it is made as it was, the first time. */
  readonly backMs: number;
  readonly subAccountsMax: number;
  /** Who is the one to decide changes hands after this. */
  readonly leaseMs: number;
}

export interface BudgetsPlan {
  /** Of new deductions, how many name budgets. */
  readonly share: number;
  /** How often a request is followed by a change of a limit. */
  readonly changeShare: number;
}

export interface PaymentsPlan {
  /** Of new requests, how many are payments to another account. */
  readonly share: number;
  /** Of the payments that have left and not arrived, to how many something happens at that instant. */
  readonly ambush: number;
  /** How likely an instance dies between two steps of a payment. */
  readonly deathAtPoint: number;
  /** Payments that recovery reads and delivers together. */
  readonly pageMax: number;
}

export interface CreditLinesPlan {
  /** How often a limit is changed in a storm, on the average. */
  readonly changes: number;
  /** How likely an instance dies between two steps of a change. */
  readonly deathAtPoint: number;
}

export interface HoldBatchesPlan {
  /** Of the holds, how many come together with others. */
  readonly share: number;
  /** Items that an instance has under way at once, and how long others wait until they are refused. */
  readonly itemsMax: number;
  readonly waitMsMax: number;
}

export interface QueuedPlan {
  /** How often a strategy is changed in a storm, on the average. */
  readonly changes: number;
}

export interface ScreeningPlan extends Pick<
  ScreeningSettings,
  'onFailure' | 'callMsMax' | 'itemsMax' | 'callsMax' | 'waitMsMax'
> {
  /** Of the charges, how many the service rejects, and how many it wants to wait. */
  readonly rejectShare: number;
  readonly waitShare: number;
  /** Of the calls in a storm, how many go wrong. */
  readonly troubleShare: number;
}

export interface ClusterPlan {
  readonly shards: readonly string[];
  /** How often replication takes transactions away for a while in a storm, on the average. */
  readonly rowsTaken: number;
  /** How often another node becomes the writer in a storm, on the average. */
  readonly writerChanged: number;
}

export interface StuckPlan {
  readonly lots: Dice;
  /** Of each account whose money is on its way. */
  readonly transfers: number;
  /** Departures that recovery reads and delivers together. */
  readonly pageMax: number;
}

export interface LeasingPlan {
  /** Accounts beside the first that are leased from their beginning. */
  readonly share: number;
  /** How often a strategy is changed in a storm, on the average. */
  readonly changes: number;
  /** How often an instance is restarted in order, beside all other blows. */
  readonly restarts: number;
  /** How often one stands still with what it has answered and not written. */
  readonly heldUp: number;
  /** How often an account is leased from for the sake of one question in a bad moment. */
  readonly ambushes: number;
  readonly settings: LeaseSettings;
}

/** Who follows the feed of events, and how it is published. */
export interface FeedPlan {
  /** The length of a page of each follower; the first follows all accounts, the others one each. */
  readonly limits: readonly number[];
  readonly pauseMsMean: number;
  /** How likely a follower dies without having kept the cursor of a page. */
  readonly cursorLost: number;
  /** Rows that are published together. */
  readonly rowsMax: number;
  /** With short ones, publishers come in each other's way. */
  readonly leaseMs: number;
  /** Two `replenished` of one account are so far apart at least. */
  readonly restMs: number;
  /** How often the bound of an account's balance moves, on the average. */
  readonly boundsMoved: number;
  /** How likely an instance dies between finding that a balance has crossed its bound and telling of that. */
  readonly deathAtPoint: number;
}

/** How long a list may be in this world, and how often it is asked for. */
export interface ListsPlan {
  readonly pauseMsMean: number;
  readonly limit: number;
  /** How often the clock of a shard is wrong for a while and put right, on the average. */
  readonly clocksPutRight: number;
}

/** How long a page of holds is in this world, and how often a list is asked for. */
export type HoldListsPlan = Pick<ListsPlan, 'pauseMsMean' | 'limit'>;

export type Wish = 'resize' | 'move' | 'rebalance' | 'freeze' | 'close' | 'addShard' | 'audit' | 'create';

export type Blow =
  | 'kill'
  | 'stall'
  | 'restart'
  | 'shardAway'
  | 'shardEmptied'
  | 'directoryAway'
  | 'cutOff'
  | 'clockJump'
  | 'badWeather'
  | 'rowsTaken'
  | 'writerChanged'
  | 'rowsLocked';

/** The most that one request may move. */
export const MINOR_MAX = 10n ** 18n;

export function clamp(amountMinor: bigint): bigint {
  return amountMinor > MINOR_MAX ? MINOR_MAX : amountMinor < 1n ? 1n : amountMinor;
}

const SUB_ACCOUNTS = [1, 1, 2, 3, 4, 5, 8, 13, 16];

/** The draws that make a world with leased accounts, a quarter of all. None of a seed that is kept is among them. */
const LEASED_WORLDS = { from: 0.45, to: 0.7 };

/**
 * What is added to a plan is drawn from `chance.named`, and is `undefined` in the worlds that do not have it: so it leaves the
 * other draws, and with them all those worlds, as they were.
 */
export function planOf(chance: Dice, calls: number): Plan {
  const shards = Array.from({ length: chance.between(1, 5) }, (_, number) => `s${number}`);
  const intake = intakePlan(chance.named('intake'));
  const payments = paymentsPlan(chance.named('payments'));
  const cluster = clusterPlan(chance.named('cluster'), shards);
  const rounds = chance.between(1, 3);
  /** Each is in the mix or not, and then as often as it happens to be. */
  const at = (probability: number, most: number): number =>
    chance.happens(probability) ? chance.next() * most : 0;
  const plan = {
    shards,
    laterShards: Array.from({ length: chance.between(0, 2) }, (_, number) => `t${number}`),
    instances: chance.between(1, 4),
    lanesPerShard: chance.between(1, 3),
    laneSettings: chance.happens(0.2) ? { batchCommandsMax: chance.between(1, 6), depthMax: 24 } : {},
    accounts: accountPlans(chance),
    clients: chance.oneOf([4, 8, 16, 32, 64]),
    thinkMsMean: chance.oneOf([2, 10, 40, 120]),
    rounds,
    stormCalls: Math.floor((calls * 0.85) / rounds),
    calmCalls: Math.floor((calls * 0.15) / rounds),
    repeatShare: chance.next() * 0.35,
    reuseShare: chance.next() * 0.1,
    twinShare: at(0.5, 0.4),
    holdShare: at(0.6, 0.3),
    reversalShare: at(0.4, 0.15),
    readers: chance.between(0, 2),
    wishes: {
      resize: at(0.6, 6),
      move: at(0.6, 8),
      rebalance: at(0.4, 4),
      freeze: at(0.4, 5),
      close: at(0.15, 2),
      addShard: at(0.5, 2),
      audit: at(0.3, 2),
      create: at(0.3, 2),
    },
    blows: {
      kill: at(0.5, 3),
      stall: at(0.35, 2),
      restart: at(0.2, 2),
      shardAway: at(0.4, 3),
      directoryAway: at(0.3, 2),
      cutOff: at(0.4, 5),
      clockJump: at(0.25, 4),
      badWeather: at(0.7, 3),
      shardEmptied: emptiedOf(chance.named('shard emptied')),
      rowsTaken: cluster?.rowsTaken,
      writerChanged: cluster?.writerChanged,
      rowsLocked: lockedOf(chance.named('rows locked')),
    },
    noticesLost: chance.happens(0.3) ? 1 : at(0.5, 1),
    deathAtPoint: at(0.4, 0.05),
    stallAtPoint: at(0.5, 0.15),
    ambush: at(0.5, 0.6),
    crowdShare: at(0.25, 0.8),
    // What is drawn last leaves all that was drawn before as it is.
    leasing: isIn(LEASED_WORLDS, chance.next()) ? leasingPlan(chance) : undefined,
    lists: listsPlan(chance.named('lists')),
    holdLists: holdListsPlan(chance.named('hold lists')),
    lastingShare: lastingShareOf(chance.named('lasting holds')),
    feed: feedPlan(chance.named('feed')),
    intake,
    screening: intake && screeningPlan(chance.named('screening')),
    cluster,
    payments,
    budgets: budgetsPlan(chance.named('budgets')),
    creditLines: creditLinesPlan(chance.named('credit lines')),
    holdBatches: holdBatchesPlan(chance.named('hold batches')),
    selfSplit: selfSplitPlan(chance.named('self split')),
    secondUse: chance.named('second use').happens(0.5),
  };
  const accounts = payments
    ? [...plan.accounts, ...payeePlans(chance.named('payees'), plan.accounts.length)]
    : plan.accounts;
  const queued = intake && !plan.screening && !plan.leasing ? queuedPlan(chance.named('queued')) : undefined;
  const strategies = queued ? someQueued(accounts, chance.named('queued accounts')) : accounts;
  return {
    ...plan,
    queued,
    accounts: plan.selfSplit ? someSplitThemselves(strategies, chance.named('split accounts')) : strategies,
    directoryLoss: plan.leasing ? undefined : directoryLoss(chance),
    restored: plan.leasing ? undefined : restoredDirectory(chance.named('restored directory')),
    stuck: plan.leasing ? undefined : stuckPlan(chance.named('stuck transfers')),
  };
}

function directoryLoss(chance: Dice): Dice | undefined {
  const lots = chance.named('directory loss');
  return lots.happens(0.2) ? lots : undefined;
}

/** In a quarter of the worlds: a third of those without leases. */
function restoredDirectory(chance: Dice): Dice | undefined {
  return chance.happens(1 / 3) ? chance.fork() : undefined;
}

/** In a fifth of the worlds: a quarter of those without leases. */
function stuckPlan(chance: Dice): StuckPlan | undefined {
  if (!chance.happens(0.25)) return undefined;
  return { lots: chance.fork(), transfers: chance.between(1, 4), pageMax: 1 };
}

/** In some worlds only: there the shards' databases are identified. */
function emptiedOf(chance: Dice): number | undefined {
  return chance.happens(0.2) ? 0.5 + 2 * chance.next() : undefined;
}

/** In a quarter of the worlds. */
function clusterPlan(chance: Dice, shards: readonly string[]): ClusterPlan | undefined {
  if (!chance.happens(0.25)) return undefined;
  return {
    shards: chance.some(shards, chance.between(1, shards.length)),
    rowsTaken: 1 + chance.next() * 3,
    writerChanged: chance.next() * 4,
  };
}

/** In a third of the worlds somebody else locks rows. */
function lockedOf(chance: Dice): number | undefined {
  return chance.happens(1 / 3) ? 0.5 + 3 * chance.next() : undefined;
}

function isIn({ from, to }: { readonly from: number; readonly to: number }, lot: number): boolean {
  return lot >= from && lot < to;
}

function leasingPlan(chance: Dice): LeasingPlan {
  const termMs = chance.oneOf([40, 250, 250, 800]);
  const flushMs = chance.oneOf([1, 20, 20, 150]);
  return {
    share: chance.next(),
    changes: chance.happens(0.5) ? chance.next() * 5 : 0,
    restarts: chance.happens(0.4) ? chance.next() * 3 : 0,
    heldUp: chance.happens(0.6) ? chance.next() * 4 : 0,
    ambushes: chance.named('leased ambushes').next() * 4,
    settings: {
      termMs,
      flushMs,
      expiryMs: 4 * Math.max(termMs, flushMs, chance.oneOf([250, 500, 1_250])),
      amountMaxMinor: chance.oneOf([10n, 60n, 500n, LEASE_SETTINGS.amountMaxMinor, 10n ** 17n]),
      deductionsMax: chance.happens(0.1) ? 6 : LEASE_SETTINGS.deductionsMax,
    },
  };
}

/** An account that is worth leasing from: a lease is a quarter of a row at most. */
export function leasedPlan(chance: Dice, plan: AccountPlan): AccountPlan {
  const openingMinor = plan.openingMinor * BigInt(chance.oneOf([1, 10, 100]));
  return {
    ...plan,
    openingMinor: openingMinor > MINOR_MAX ? MINOR_MAX : openingMinor,
    largeShare: chance.happens(0.5) ? 0 : plan.largeShare,
    strategy: 'leased',
  };
}

function accountPlans(chance: Dice): AccountPlan[] {
  return Array.from({ length: chance.between(1, 4) }, (_, number) => accountPlan(chance, number));
}

export function accountPlan(chance: Dice, number: number): AccountPlan {
  const subAccounts = chance.oneOf(SUB_ACCOUNTS);
  // Sometimes so much that the `net` of a row wraps around.
  const unitMinor = chance.happens(0.15) ? 10n ** 16n : 1n;
  const wealth = chance.oneOf([0, 5, 30, 200, 2_000]);
  const openingMinor = BigInt(subAccounts * wealth) * unitMinor;
  return {
    accountId: `a${number}`,
    subAccounts,
    openingMinor: openingMinor > MINOR_MAX ? MINOR_MAX : openingMinor,
    unitMinor,
    heat: number === 0 ? 6 : chance.oneOf([0.5, 1, 2]),
    creditShare: chance.oneOf([0, 0.05, 0.2, 0.5]),
    largeShare: chance.oneOf([0.02, 0.1, 0.4]),
    lopsided: chance.happens(unitMinor === 1n ? 0.1 : 0.6),
    strategy: 'merged',
  };
}

/** In a third of the worlds. */
function intakePlan(chance: Dice): IntakePlan | undefined {
  if (!chance.happens(1 / 3)) return undefined;
  return {
    share: 0.1 + 0.8 * chance.next(),
    againShare: 0.25 * chance.next(),
    messageShare: chance.named('messages').oneOf([0, 0.3, 0.8]),
    recordsMax: chance.oneOf([4, 1_000, 1_000]),
    pageRecords: chance.oneOf([2, 500, 500]),
  };
}

/** In a quarter of the worlds. */
function selfSplitPlan(chance: Dice): SelfSplitPlan | undefined {
  if (!chance.happens(0.25)) return undefined;
  return {
    hotPerSecond: chance.oneOf([2, 10, 40]),
    hotMs: chance.oneOf([0, 400]),
    cooledMs: chance.oneOf([400, 1_500]),
    pauseMs: chance.oneOf([300, 2_000]),
    backMs: chance.oneOf([300, 1_000]),
    subAccountsMax: chance.oneOf([2, 5, 16]),
    leaseMs: chance.oneOf([100, 1_000]),
  };
}

function someSplitThemselves(accounts: readonly AccountPlan[], chance: Dice): AccountPlan[] {
  return accounts.map((account) =>
    chance.happens(0.7) ? { ...account, subAccounts: 1, isSplitByItself: true } : account,
  );
}

/** In a third of the worlds. */
function budgetsPlan(chance: Dice): BudgetsPlan | undefined {
  if (!chance.happens(1 / 3)) return undefined;
  return { share: 0.2 + 0.7 * chance.next(), changeShare: chance.oneOf([0, 0.02, 0.1]) };
}

/** In two fifths of the worlds. */
function paymentsPlan(chance: Dice): PaymentsPlan | undefined {
  if (!chance.happens(0.4)) return undefined;
  return {
    share: 0.1 + 0.6 * chance.next(),
    ambush: chance.oneOf([0, 0.05, 0.3]),
    deathAtPoint: chance.oneOf([0, 0.01, 0.05]),
    pageMax: chance.oneOf([1, 3, 200]),
  };
}

/** In two fifths of the worlds. */
function creditLinesPlan(chance: Dice): CreditLinesPlan | undefined {
  if (!chance.happens(0.4)) return undefined;
  return { changes: 1 + 12 * chance.next(), deathAtPoint: chance.oneOf([0, 0.02, 0.1]) };
}

/** In a third of the worlds. */
function holdBatchesPlan(chance: Dice): HoldBatchesPlan | undefined {
  if (!chance.happens(1 / 3)) return undefined;
  return {
    share: 0.2 + 0.6 * chance.next(),
    itemsMax: chance.oneOf([16, 1_000]),
    waitMsMax: chance.oneOf([5, 10_000]),
  };
}

/** Accounts that are paid and have little to pay with; one of them may have another asset. */
function payeePlans(chance: Dice, number: number): AccountPlan[] {
  const payees = Array.from({ length: chance.between(1, 2) }, (_, n) => accountPlan(chance, number + n));
  return payees.map((payee, n) => ({
    ...payee,
    openingMinor: chance.happens(0.6) ? 0n : payee.openingMinor,
    heat: 0.5,
    ...(n > 0 && chance.happens(0.3) && { asset: 'EUR/2' }),
  }));
}

/** In two thirds of the worlds with an intake where nothing is screened: the finale takes an account's last cent, and may. */
function queuedPlan(chance: Dice): QueuedPlan | undefined {
  return chance.happens(2 / 3) ? { changes: chance.happens(0.5) ? 5 * chance.next() : 0 } : undefined;
}

function someQueued(accounts: readonly AccountPlan[], chance: Dice): AccountPlan[] {
  return accounts.map((account) => (chance.happens(0.7) ? { ...account, strategy: 'queued' } : account));
}

/** In two thirds of those worlds. */
function screeningPlan(chance: Dice): ScreeningPlan | undefined {
  if (!chance.happens(2 / 3)) return undefined;
  return {
    onFailure: chance.oneOf(FAILURE_POLICIES),
    callMsMax: chance.oneOf([50, 200]),
    itemsMax: chance.oneOf([1, 3, 200]),
    callsMax: chance.oneOf([1, 8]),
    waitMsMax: chance.oneOf([3_000, 24 * 3_600_000]),
    rejectShare: 0.3 * chance.next(),
    waitShare: 0.4 * chance.next(),
    troubleShare: chance.happens(0.7) ? chance.next() : 0,
  };
}

/** In a third of the worlds. */
function listsPlan(chance: Dice): ListsPlan | undefined {
  if (!chance.happens(1 / 3)) return undefined;
  return {
    pauseMsMean: chance.oneOf([50, 200]),
    limit: chance.oneOf([1, 3, 20, 1_000]),
    clocksPutRight: chance.next() * 3,
  };
}

/** In half of the worlds. */
function lastingShareOf(chance: Dice): number | undefined {
  return chance.happens(0.5) ? 0.3 + 0.7 * chance.next() : undefined;
}

/** In a third of the worlds. */
function holdListsPlan(chance: Dice): HoldListsPlan | undefined {
  if (!chance.happens(1 / 3)) return undefined;
  return { pauseMsMean: chance.oneOf([50, 200]), limit: chance.oneOf([1, 2, 5, 1_000]) };
}

/** In a third of the worlds. */
function feedPlan(chance: Dice): FeedPlan | undefined {
  if (!chance.happens(1 / 3)) return undefined;
  return {
    limits: Array.from({ length: chance.between(1, 3) }, () => chance.oneOf([1, 3, 20, 1_000])),
    pauseMsMean: chance.oneOf([20, 100, 400]),
    cursorLost: chance.next() * 0.3,
    rowsMax: chance.oneOf([1, 2, 5, 256]),
    leaseMs: chance.oneOf([20, 400, 6_000]),
    restMs: chance.oneOf([0, 300, 2_000]),
    boundsMoved: chance.next() * chance.oneOf([4, 16]),
    deathAtPoint: chance.oneOf([0, 0.05, 0.2]),
  };
}
