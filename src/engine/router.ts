import type { Command, CreditCommand, SpreadTarget } from '../ledger/command';
import { assertNever } from '../ledger/assert-never';
import { countOnShard, type Home, routeRequest } from '../ledger/routing';
import type { AccountRecord } from '../shards/directory/account-record';

/** What a user asks for, before it is known where it lives. */
export type Request = PlainRequest | HoldRequest;

export interface PlainRequest extends RequestParts {
  readonly kind: 'deduct' | 'credit';
  /** Of a deduction that was received before: the attempt that is charged, and where its record is. */
  readonly attempt?: ReceivedAttempt | undefined;
}

export interface ReceivedAttempt {
  readonly number: number;
  readonly shard: string;
  /** The row that the record is pinned to. */
  readonly subAccount: number;
}

/** Its request id names the hold. */
export interface HoldRequest extends RequestParts {
  readonly kind: 'hold';
  readonly expiresInUs: number;
}

interface RequestParts {
  readonly accountId: string;
  readonly requestId: string;
  readonly amountMinor: bigint;
  /** Hash of what the user sent (32 hex digits), see `fingerprint`. */
  readonly fingerprint: string;
  readonly reference: string | null;
  /** Canonical JSON of a string map. */
  readonly metadata: string | null;
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
  };
  switch (request.kind) {
    case 'deduct':
      return {
        shard: home.shard,
        command: request.attempt
          ? { ...common, kind: 'deduct', ...chargedAt(home, request.attempt) }
          : { ...common, kind: 'deduct' },
      };
    case 'credit':
      return {
        shard: home.shard,
        command: { ...common, kind: 'credit', ...spreadOf(request, home, { account, ...spread }) },
      };
    case 'hold':
      return {
        shard: home.shard,
        command: { ...common, kind: 'hold', expiresInUs: request.expiresInUs },
      };
    default:
      return assertNever(request);
  }
}

/** The row that the record is pinned to is on its shard alone: elsewhere the attempt does not stand, and nothing is charged. */
function chargedAt(home: Home, { number, shard, subAccount }: ReceivedAttempt) {
  return { attempt: number, subAccount: home.shard === shard ? subAccount : home.subAccount };
}

/**
 * How a credit would be spread: over every other shard of the account, if there could be something in it for every
 * sub-account. On each of them the row in the same turn as home takes the share, so that not always the same one does.
 */
function spreadOf(
  { amountMinor }: Request,
  home: Home,
  {
    account: { placement, subAccounts },
    newId,
    takesShares = () => true,
  }: { readonly account: AccountRecord } & SpreadOptions,
): Pick<CreditCommand, 'spreadOver' | 'homeRows' | 'spreadId'> {
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

const NOT_SPREAD = { spreadOver: [], homeRows: 1, spreadId: '' } as const;
