import { type DebitCommand, otherRows, type PinnedDebitCommand } from '../../ledger/command';
import type { Claim, ShardFunds } from '../../ledger/plan-collection';
import type { AccountRecord } from '../../shards/directory/account-record';
import type { LaneOutcome, Lent } from '../engine-outcome';
import type { Reading } from '../reading';
import { type Request, routeToHome } from '../router';

/** What a deduction came to, and the shard it is about. */
export interface Collected {
  readonly shard: string;
  readonly outcome: LaneOutcome | Lent;
}

/**
 * Money that is taken for something that stands already: a capture above its hold, a raise, a credit that is reversed. It is paid
 * where that stands, whatever the account's placement is by now.
 */
export interface PinnedDebit {
  readonly kind: 'pinned';
  /** Whose money it is: the account's, or that of an allowance of the hold's. */
  readonly accountId: string;
  readonly shard: string;
  readonly command: PinnedDebitCommand;
  /** What it takes of what is available. */
  readonly amountMinor: bigint;
}

/** What a budget is charged for a deduction or a hold that it cannot pay where that has its home. */
export interface ShortCharge {
  readonly kind: 'charge';
  /** The allowance. */
  readonly accountId: string;
  readonly shard: string;
  readonly request: Request;
  readonly command: DebitCommand;
  readonly amountMinor: bigint;
}

/** What says where an account's requests have their homes: an allowance is placed as its account is, and its own epoch is its step. */
export type PlacedAccount = Pick<AccountRecord, 'placement' | 'allowance'>;

/** A deduction, a hold, or what is taken for something that stands, that its shard could not pay. */
export interface Waiting {
  readonly request: Request | PinnedDebit | ShortCharge;
  /** By which its key was looked up at its past homes. */
  readonly account: PlacedAccount;
  readonly since: number;
  rounds: number;
  /** Told what it came to: whatever fails afterwards, it must not be carried out any more. */
  decided: boolean;
  readonly resolve: (collected: Collected) => void;
  readonly reject: (error: unknown) => void;
}

/** One with its command, routed by the account as a round knows it. */
export interface Homed {
  readonly waiting: Waiting;
  readonly shard: string;
  readonly command: DebitCommand | PinnedDebitCommand;
  /** What it takes of what is available. */
  readonly amountMinor: bigint;
}

/** Only credits send anything of their own. */
const notSpread = (): string => {
  throw new TypeError('the collector pays deductions and holds, which are not spread');
};

export function homeOf(waiting: Waiting, account: AccountRecord): Homed {
  const { request } = waiting;
  const { amountMinor } = request;
  if (request.kind === 'pinned') {
    const isOwn = request.command.accountId === account.accountId;
    const command = isOwn ? { ...request.command, epoch: account.placement.epoch } : request.command;
    return { waiting, shard: request.shard, command, amountMinor };
  }
  if (request.kind === 'charge')
    return { waiting, shard: request.shard, command: request.command, amountMinor };
  const { shard, command } = routeToHome(request, account, { newId: notSpread });
  if (command.kind !== 'deduct' && command.kind !== 'hold')
    throw new TypeError(`the collector pays deductions and holds, not "${command.kind}"`);
  return { waiting, shard, command, amountMinor };
}

export function claimOf({ shard, amountMinor }: Homed): Claim {
  return { homeShard: shard, amountMinor };
}

/**
 * What it takes has changed since it was asked for: of a hold, others may have captured what it would have taken; of what is charged
 * to budgets, another of its accounts is short by now.
 */
export function takesOther({ amountMinor, waiting, command }: Homed, outcome: LaneOutcome): boolean {
  if (outcome.kind !== 'insufficientFunds') return false;
  if ((outcome.shortOf ?? command.accountId) !== waiting.request.accountId) return true;
  return outcome.askedMinor !== undefined && outcome.askedMinor !== amountMinor;
}

/** Whether a command locks rows of several accounts: whoever has locked one of them does not run it under those locks. */
export function isJoint({ command }: Homed): boolean {
  return otherRows(command).length > 0;
}

export function fundsOf(reading: Reading, account: AccountRecord): ShardFunds[] {
  return [...reading.parts].map(([shard, { availableMinor }]) => ({
    shard,
    availableMinor,
    inPlacement: account.placement.shards.includes(shard),
  }));
}

export function at(homed: readonly Homed[], positions: readonly number[]): Homed[] {
  return positions.map((position) => homed[position]).filter((each) => each !== undefined);
}

/** The waiting of some, in the order in which they came. */
export function inOrder(homed: readonly Homed[]): Waiting[] {
  return homed.map(({ waiting }) => waiting).sort((a, b) => a.since - b.since);
}

/** Tells those whose home was not short; @returns the others. */
export function tellUnlessShort(
  shard: string,
  homed: readonly Homed[],
  outcomes: readonly LaneOutcome[],
): Homed[] {
  return homed.filter((each, position) => {
    const outcome = outcomes[position] as LaneOutcome;
    if (outcome.kind === 'insufficientFunds' && !takesOther(each, outcome)) return true;
    each.waiting.resolve({ shard, outcome });
    return false;
  });
}
