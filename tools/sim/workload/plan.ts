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
  /** Only in some worlds some shards are on clusters. */
  readonly cluster: ClusterPlan | undefined;
  /** Only in some worlds clients ask for deductions to be charged later. */
  readonly intake: IntakePlan | undefined;
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
  /** Of all calls, how many send again, at once or later, what was submitted. */
  readonly againShare: number;
  /** Records that may wait on a shard. */
  readonly recordsMax: number;
  /** Records that are read together. */
  readonly pageRecords: number;
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

/** How long a list may be in this world, and how often it is asked for. */
export interface ListsPlan {
  readonly pauseMsMean: number;
  readonly limit: number;
  /** How often the clock of a shard is wrong for a while and put right, on the average. */
  readonly clocksPutRight: number;
}

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

const SUB_ACCOUNTS = [1, 1, 2, 3, 4, 5, 8, 13, 16];

/** The draws that make a world with leased accounts, a quarter of all. None of a seed that is kept is among them. */
const LEASED_WORLDS = { from: 0.45, to: 0.7 };

/**
 * What is added to a plan is drawn from `chance.named`, and is `undefined` in the worlds that do not have it: so it leaves the
 * other draws, and with them all those worlds, as they were.
 */
export function planOf(chance: Dice, calls: number): Plan {
  const shards = Array.from({ length: chance.between(1, 5) }, (_, number) => `s${number}`);
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
    intake: intakePlan(chance.named('intake')),
    cluster,
    secondUse: chance.named('second use').happens(0.5),
  };
  return {
    ...plan,
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
    recordsMax: chance.oneOf([4, 1_000, 1_000]),
    pageRecords: chance.oneOf([2, 500, 500]),
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
