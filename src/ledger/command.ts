import type { ChargeAsked } from './allowance';
import { assertNever } from './assert-never';
import { entryKey } from './entry';
import type { IntakeEnd } from './intake';
import { arrivalOfPaymentKey, returnOfPaymentKey } from './identifiers';
import type { MoneyAsked } from './money-asked';
import type { Payee, Payment } from './payment';
import type { Screened } from './screened';
import type { RowStatus } from './sub-account';
import { arrivalKey, departureKey, lostKey, type Transfer } from './transfer';

/** What commands from outside have in common. The router fills in `subAccount` and `epoch`. */
interface OutsideCommand extends MoneyAsked {
  readonly subAccount: number;
  /** The placement epoch the command was routed by. */
  readonly epoch: number;
  /** Whose it is, for fair shares of the lanes; decides nothing about money. */
  readonly flow?: string | undefined;
  /** Where the command is traced, its part of the trace; opaque here. */
  readonly span?: object | undefined;
  /** Of an allowance: the row of its account that turns the command back when the account has moved. It is locked too. */
  readonly guard?: GuardRow | undefined;
}

/** A row that is locked and not changed. */
export interface GuardRow {
  readonly accountId: string;
  readonly subAccount: number;
  /** The placement epoch the command was routed by. */
  readonly epoch: number;
}

export interface DeductCommand extends OutsideCommand {
  readonly kind: 'deduct';
  /** Charges what was received: only while this attempt stands as received, in the row that it is pinned to. */
  readonly attempt?: number | undefined;
  /** The verdict that lets the attempt be charged; kept with its record. */
  readonly screening?: Screened | undefined;
  /** Charges a message, which may be delivered again: not if an earlier delivery was received, even if that was rejected since. */
  readonly isMessage?: true | undefined;
  /** Pays another account: what is taken leaves as a payment, which is durable with the entry. */
  readonly payee?: Payee | undefined;
  /** Budgets that it is charged to as well, in their rows of the same index: all of them or none. */
  readonly charges?: readonly ChargeAsked[] | undefined;
}

/** A deduction that is decided by what was received under its key. */
export function dependsOnIntake({ attempt, isMessage }: DeductCommand): boolean {
  return attempt !== undefined || isMessage === true;
}

/** Keeps a deduction, to be charged later. Names the row that it is pinned to, and locks none. */
export interface ReceiveCommand extends MoneyAsked {
  readonly kind: 'receive';
  readonly subAccount: number;
  /** The least number of a new attempt: past homes of the key may know earlier ones. */
  readonly attemptMin: number;
  /** A message is delivered again without anybody asking for another attempt: a rejection of it stands. */
  readonly isMessage?: true | undefined;
  /** Those that it names. */
  readonly budgets?: readonly string[];
}

/** Brings an attempt that waits at a past home to its new one. Names the row that it is pinned to from then on. */
export interface TakeOverCommand extends MoneyAsked {
  readonly kind: 'takeOver';
  readonly attempt: number;
  readonly receivedAtUs: number;
  /** Those that it names. */
  readonly budgets?: readonly string[];
  readonly subAccount: number;
  /** Of the placement that makes this the home. */
  readonly epoch: number;
}

/** Writes what became of an attempt, or that it is put off, under the lock of the row that its record is pinned to. */
export interface EndIntakeCommand {
  readonly kind: 'endIntake';
  readonly accountId: string;
  readonly requestId: string;
  readonly attempt: number;
  readonly subAccount: number;
  /** The placement epoch by which that was decided. */
  readonly epoch: number;
  readonly end: IntakeEnd;
}

/** How a credit is spread over the shards of its account. */
export interface SpreadFields {
  /** The account's other shards, each of which gets a share of a large credit. */
  readonly spreadOver: readonly SpreadTarget[];
  /** How many sub-accounts of the account live on the home shard. */
  readonly homeRows: number;
  /** Names the shares. Made by whoever asks, once: no two credits have the same, whatever their keys. */
  readonly spreadId: string;
}

export interface CreditCommand extends OutsideCommand, SpreadFields {
  readonly kind: 'credit';
}

/**
 * The second step of a payment: it arrives in the account that is paid, or is refused there for good. The one key of both makes
 * it one of the two.
 */
export interface PayInCommand extends SpreadFields {
  readonly kind: 'payIn';
  /** The account that is paid. */
  readonly accountId: string;
  readonly subAccount: number;
  readonly payment: Payment;
}

/** The second step of a payment that was refused: it comes back to the row that has paid. */
export interface PayBackCommand {
  readonly kind: 'payBack';
  /** The account that has paid. */
  readonly accountId: string;
  readonly subAccount: number;
  readonly payment: Payment;
}

/** A shard that gets a share of a credit, in one piece. */
export interface SpreadTarget {
  readonly shard: string;
  /** The row that takes it; the others of its shard draw on it when they are short. */
  readonly subAccount: number;
  /** How many sub-accounts of the account live on this shard: its share counts for all of them. */
  readonly rows: number;
}

/** Sets an amount aside: the try of a TCC. Its request id names the hold. */
export interface HoldCommand extends OutsideCommand {
  readonly kind: 'hold';
  readonly expiresInUs: number;
  /** Budgets that it is set aside in as well, in their rows of the same index: all of them or none. */
  readonly charges?: readonly ChargeAsked[] | undefined;
}

/** What is done to something that stands already, in the row that it is pinned to. */
interface PinnedCommand {
  readonly accountId: string;
  /** Where it is by the present size; if it is pinned to another row of the shard, that one is locked. */
  readonly subAccount: number;
  /** The placement epoch the command was routed by. */
  readonly epoch: number;
  /** Hash of what the user sent (32 hex digits). */
  readonly fingerprint: string;
  /** As of other commands. */
  readonly flow?: string | undefined;
  readonly span?: object | undefined;
}

/** What may set more aside for a hold, in the budgets of that hold as well. */
interface HoldChangeCommand extends PinnedCommand {
  readonly holdId: string;
  /** The budgets of the hold, by their newest steps; not given before somebody was told that they are needed. */
  readonly charges?: readonly ChargeAsked[] | undefined;
}

/** Captures a hold, or a part of it. */
export interface ConfirmCommand extends HoldChangeCommand {
  readonly kind: 'confirm';
  /** By which it is known among the captures of its hold; `null` for the last one, which needs no id. */
  readonly captureId: string | null;
  /** What to take of the hold; `null` for all that it has. */
  readonly amountMinor: bigint | null;
  /** Nothing more is taken after it: the rest is released. */
  readonly isFinal: boolean;
  /** What it takes above what is held comes out of what is available. */
  readonly mayTakeMore: boolean;
  /** What stands in the entry; `null` for what the hold says. */
  readonly reference: string | null;
  /** Canonical JSON of a string map; `null` for what the hold says. */
  readonly metadata: string | null;
}

export interface CancelCommand extends PinnedCommand {
  readonly kind: 'cancel';
  readonly holdId: string;
  /** A hold that is not here is nowhere else either: remember that it was cancelled before it was tried. */
  readonly leaveTombstone: boolean;
}

/** Lets a hold last longer. It moves no money. */
export interface ExtendCommand extends PinnedCommand {
  readonly kind: 'extend';
  readonly holdId: string;
  /** From now. */
  readonly expiresInUs: number;
  /** No hold lasts longer than this since it was tried. */
  readonly lastsUsMax: number;
}

/** Sets more aside for a hold that stands. */
export interface RaiseCommand extends HoldChangeCommand {
  readonly kind: 'raise';
  /** What the hold is to come to in all, what was captured of it included. */
  readonly amountMinor: bigint;
}

/** Cancels a hold whose time is over. It names what was found in the row, so no epoch turns it back. */
export interface ExpireCommand {
  readonly kind: 'expire';
  readonly accountId: string;
  readonly holdId: string;
  readonly subAccount: number;
}

/** Gives a deduction back, or a part of it; or takes a credit back, which the account pays. */
export interface ReverseCommand extends PinnedCommand {
  readonly kind: 'reverse';
  readonly of: 'deduction' | 'credit';
  /** The request id of the deduction or the credit, or of the hold whose capture it was. */
  readonly reverses: string;
  /** Of a capture that has an id of its own. */
  readonly captureId: string | null;
  /** Unique among the reversals of that. */
  readonly requestId: string;
  /** `null` for what is left of it. */
  readonly amountMinor: bigint | null;
  readonly reference: string | null;
  /** Canonical JSON of a string map. */
  readonly metadata: string | null;
}

/** A deduction that was answered from a lease, under the lease's epoch. */
export type LeasedDeduction = Omit<MoneyAsked, 'accountId'>;

/** Writes what was answered from a lease, and takes the next one in its place. */
export interface FlushCommand {
  readonly kind: 'flush';
  readonly accountId: string;
  /** The lease's row; where there is none yet, the row to take one from. */
  readonly subAccount: number;
  /** The placement epoch that the deductions were routed by. */
  readonly epoch: number;
  /** The lease that pays, `null` when there is none yet. */
  readonly leaseId: string | null;
  readonly deductions: readonly LeasedDeduction[];
  /** The lease that follows; `null` gives what is left back. */
  readonly next: {
    /** Made by whoever asks, once. */
    readonly leaseId: string;
    readonly amountMaxMinor: bigint;
    readonly expiresInUs: number;
    readonly termMs: number;
  } | null;
}

/** Marks a lease, for its owner to give it back. */
export interface RecallCommand {
  readonly kind: 'recall';
  readonly accountId: string;
  readonly leaseId: string;
  readonly subAccount: number;
}

/** The second step of a transfer: it arrives. */
export interface TransferInCommand extends Transfer {
  readonly kind: 'transferIn';
  readonly fromShard: string;
  /** The row that takes the money: `toSubAccount`. */
  readonly subAccount: number;
}

/** Restores the half of a transfer that was lost with the shard's database. */
export interface RestoreHalfCommand extends Transfer {
  readonly kind: 'restoreHalf';
  /** The half that is missing here. */
  readonly half: 'out' | 'in';
  /** The shard that has the other half. */
  readonly peerShard: string;
  /** The row of this shard that the half belongs to. */
  readonly subAccount: number;
  readonly fingerprint: string;
}

/** Commands that concern all of an account's rows on the shard, which are locked before they are decided. */
interface WholeAccountCommand {
  readonly accountId: string;
}

/** The first step of a transfer: up to an amount leaves the shard, from whichever rows can best spare it. */
export interface TransferOutCommand extends WholeAccountCommand {
  readonly kind: 'transferOut';
  /** Made by whoever asks, once: the same id never leaves twice. */
  readonly transferId: string;
  readonly amountMaxMinor: bigint;
  readonly toShard: string;
  readonly toSubAccount: number;
}

/** Lifts every row to an epoch: commands routed by an older one are turned back from then on. */
export interface FenceCommand extends WholeAccountCommand {
  readonly kind: 'fence';
  readonly epoch: number;
}

/** Says which rows are in use; the others are to be emptied. Rows take it from a newer operation only. */
export interface LayoutCommand extends WholeAccountCommand {
  readonly kind: 'layout';
  readonly operation: number;
  readonly openIndices: ReadonlySet<number>;
  readonly epoch: number;
}

/** Tells the rows the account's status. Rows take a newer version only. */
export interface StatusCommand extends WholeAccountCommand {
  readonly kind: 'status';
  readonly status: RowStatus;
  readonly version: number;
}

/** Changes what the account's rows on this shard are granted on credit. Rows take a newer version only. */
export interface GrantCommand extends WholeAccountCommand {
  readonly kind: 'grant';
  readonly version: number;
  /** Above zero it is granted; below zero as much of it is taken back as is available here. */
  readonly signedMinor: bigint;
}

/** Empties draining rows into open ones and levels those, within the shard. */
export interface LevelCommand extends WholeAccountCommand {
  readonly kind: 'level';
  /** Level exactly; otherwise only once a row has fallen far below the others. */
  readonly exactly: boolean;
}

/** A command that locks all of the account's rows on the shard. */
export type AccountWideCommand =
  TransferOutCommand | FenceCommand | LayoutCommand | StatusCommand | GrantCommand | LevelCommand;

/** A command that takes money which the account's other rows may have to bring. */
export type DebitCommand = DeductCommand | HoldCommand;

/** A command about a hold or an entry that stands already, which is loaded with the locks. */
export type FollowUpCommand =
  ConfirmCommand | CancelCommand | ExpireCommand | ExtendCommand | RaiseCommand | ReverseCommand;

/** A command about something that stands already which may take money from what is available, where that stands. */
export type PinnedDebitCommand = ConfirmCommand | RaiseCommand | ReverseCommand;

/** A command that names the row it is about. */
export type RowCommand =
  | DebitCommand
  | CreditCommand
  | FollowUpCommand
  | FlushCommand
  | RecallCommand
  | TakeOverCommand
  | EndIntakeCommand
  | PayInCommand
  | PayBackCommand
  | TransferInCommand
  | RestoreHalfCommand;

/** One instruction to a shard. */
export type Command = RowCommand | AccountWideCommand | ReceiveCommand;

export function isAccountWide(command: Command): command is AccountWideCommand {
  return !('subAccount' in command);
}

/** Rows of other accounts that a command locks beside its own, each named like that. */
export function otherRows(command: Command): readonly Pick<GuardRow, 'accountId' | 'subAccount'>[] {
  switch (command.kind) {
    case 'credit':
      return command.guard ? [command.guard] : NO_ROWS;
    case 'deduct':
    case 'hold':
      return command.guard ? [command.guard] : chargedRows(command);
    case 'confirm':
    case 'raise':
      return chargedRows(command);
    default:
      return NO_ROWS;
  }
}

function chargedRows({ charges, subAccount }: DebitCommand | ConfirmCommand | RaiseCommand) {
  return charges?.map(({ allowanceId }) => ({ accountId: allowanceId, subAccount })) ?? NO_ROWS;
}

const NO_ROWS: readonly GuardRow[] = [];

/** A command that locks the one row that it names. */
export function locksItsRow(command: Command): command is RowCommand {
  return 'subAccount' in command && command.kind !== 'receive';
}

export function isFollowUp(command: Command): command is FollowUpCommand {
  switch (command.kind) {
    case 'confirm':
    case 'cancel':
    case 'expire':
    case 'extend':
    case 'raise':
    case 'reverse':
      return true;
    default:
      return false;
  }
}

/**
 * The key under which a shard remembers that a command took effect; none for those that may be repeated freely, and for
 * those about something that stands already, which is loaded with what was done to it whenever they are decided.
 */
export function commandKey(
  command: DebitCommand | CreditCommand | TransferInCommand | TransferOutCommand,
): string;
export function commandKey(command: Command): string | undefined;
export function commandKey(command: Command): string | undefined {
  switch (command.kind) {
    case 'deduct':
    case 'credit':
    case 'hold':
      return entryKey(command.accountId, command.requestId);
    case 'restoreHalf':
      return entryKey(command.accountId, lostKey(command.transferId));
    case 'transferIn':
      return arrivalKey(command.accountId, command.transferId);
    case 'transferOut':
      return departureKey(command.accountId, command.transferId);
    case 'payIn':
      return entryKey(command.accountId, arrivalOfPaymentKey(command.payment));
    case 'payBack':
      return entryKey(command.accountId, returnOfPaymentKey(command.payment));
    case 'confirm':
    case 'cancel':
    case 'expire':
    case 'extend':
    case 'raise':
    case 'reverse':
    case 'flush':
    case 'recall':
    case 'receive':
    case 'takeOver':
    case 'endIntake':
    case 'fence':
    case 'layout':
    case 'status':
    case 'grant':
    case 'level':
      return undefined;
    default:
      return assertNever(command);
  }
}
