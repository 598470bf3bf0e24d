import type { Command, DeductCommand, GuardRow, SpreadFields, SpreadTarget } from '../ledger/command';
import type { Charge, ChargeAsked } from '../ledger/allowance';
import type { MoneyAsked } from '../ledger/money-asked';
import type { Payee } from '../ledger/payment';
import type { Screened } from '../ledger/screened';
import { assertNever } from '../ledger/assert-never';
import { countOnShard, type Home, routeRequest } from '../ledger/routing';
import type { AccountRecord } from '../shards/directory/account-record';
import type { Span } from '../shards/span';
import type { Flow } from './flow';

/** What a user asks for, before it is known where it lives. */
export type Request = PlainRequest | HoldRequest;

interface Asked extends MoneyAsked {
  /** Whose it is, for fair shares of the lanes. */
  readonly flow?: Flow | undefined;
  /** Where the request is traced. */
  readonly span?: Span | undefined;
}

/** Of a request that is charged to budgets as well. */
interface Budgeted {
  /** The allowances that it is charged to, */
  readonly budgets?: readonly Charge[] | undefined;
  /** and once they were looked up, by which steps. */
  readonly charges?: readonly ChargeAsked[] | undefined;
}

export interface PlainRequest extends Asked, Budgeted {
  readonly kind: 'deduct' | 'credit';
  /** Of a deduction: the budgets that it names, from which its allowances are found once it is charged. */
  readonly budgetIds?: readonly string[] | undefined;
  /** Of a deduction that was received before: the attempt that is charged, and where its record is. */
  readonly attempt?: ReceivedAttempt | undefined;
  /** A message, which may be delivered again. */
  readonly isMessage?: true | undefined;
  /** Of a deduction that pays another account. */
  readonly payee?: Payee | undefined;
}

export interface ReceivedAttempt {
  readonly number: number;
  readonly shard: string;
  /** The row that the record is pinned to. */
  readonly subAccount: number;
  /** The verdict by which it is charged; none where nothing is screened. */
  readonly screening?: Screened | undefined;
}

/** Its request id names the hold. */
export interface HoldRequest extends Asked, Budgeted {
  readonly kind: 'hold';
  readonly expiresInUs: number;
}

export interface Routed {
  readonly shard: string;
  readonly command: Command;
}

export interface SpreadOptions {
  /** Names what a credit sends to other shards; asked for only if it may send something. */
  readonly newId: () => string;
  /** Whether shares of a credit may be sent to a shard; otherwise they stay with the account's other rows. */
  readonly takesShares?: (shard: string) => boolean;
}

/** Where a request goes under the account's present placement. */
export function routeToHome(request: Request, account: AccountRecord, spread: SpreadOptions): Routed {
  const { placement, subAccounts } = account;
  const home = routeRequest(request.requestId, placement, subAccounts);
  const common = {
    accountId: request.accountId,
    requestId: request.requestId,
    amountMinor: request.amountMinor,
    fingerprint: request.fingerprint,
    reference: request.reference,
    metadata: request.metadata,
    subAccount: home.subAccount,
    epoch: placement.epoch,
    flow: request.flow,
    span: request.span,
    ...guardOf(account, home),
  };
  switch (request.kind) {
    case 'deduct':
      return {
        shard: home.shard,
        command: deductAt(home, request, common),
      };
    case 'credit':
      return {
        shard: home.shard,
        command: {
          ...common,
          kind: 'credit',
          ...spreadOver(request.amountMinor, home, { account, ...spread }),
        },
      };
    case 'hold':
      return {
        shard: home.shard,
        command: {
          ...common,
          kind: 'hold',
          expiresInUs: request.expiresInUs,
          ...(request.charges && { charges: request.charges }),
        },
      };
    default:
      return assertNever(request);
  }
}

/** Whatever is done to an allowance is turned back by the rows of its account: it is placed as that is. */
function guardOf({ allowance }: AccountRecord, { subAccount }: Home): { readonly guard?: GuardRow } {
  if (!allowance) return NO_GUARD;
  return { guard: { accountId: allowance.of, subAccount, epoch: allowance.epochOfAccount } };
}

const NO_GUARD = {};

/** A synchronous deduction has no field for how it came. */
function deductAt(
  home: Home,
  { attempt, isMessage, payee, charges }: PlainRequest,
  common: Omit<DeductCommand, 'kind' | 'attempt' | 'isMessage' | 'payee' | 'charges'>,
): DeductCommand {
  if (payee) return { ...common, kind: 'deduct', payee };
  if (!attempt && !isMessage && !charges) return { ...common, kind: 'deduct' };
  return {
    ...common,
    kind: 'deduct',
    ...(attempt && chargedAt(home, attempt)),
    ...(isMessage && { isMessage }),
    ...(charges && { charges }),
  };
}

/** The row that the record is pinned to is on its shard alone: elsewhere the attempt does not stand, and nothing is charged. */
function chargedAt(home: Home, { number, shard, subAccount, screening }: ReceivedAttempt) {
  return { attempt: number, screening, subAccount: home.shard === shard ? subAccount : home.subAccount };
}

/**
 * How a credit would be spread: over every other shard of the account, if there could be something in it for every
 * sub-account. On each of them the row in the same turn as home takes the share, so that not always the same one does.
 */
export function spreadOver(
  amountMinor: bigint,
  home: Pick<Home, 'shard' | 'subAccount'>,
  {
    account: { placement, subAccounts },
    newId,
    takesShares = () => true,
  }: { readonly account: AccountRecord } & SpreadOptions,
): SpreadFields {
  const shardCount = placement.shards.length;
  if (shardCount === 1 || amountMinor < BigInt(subAccounts)) return NOT_SPREAD;
  const turn = Math.floor(home.subAccount / shardCount);
  const rowsAt = (position: number): number => countOnShard(position, shardCount, subAccounts);
  const spreadOver = placement.shards.flatMap((shard, position): SpreadTarget[] => {
    if (shard === home.shard || !takesShares(shard)) return [];
    const rows = rowsAt(position);
    return [{ shard, subAccount: position + shardCount * Math.min(turn, rows - 1), rows }];
  });
  return { spreadOver, homeRows: rowsAt(home.subAccount % shardCount), spreadId: newId() };
}

export const NOT_SPREAD: SpreadFields = { spreadOver: [], homeRows: 1, spreadId: '' };
