import type { Command, SpreadTarget } from '../ledger/command';
import { assertNever } from '../ledger/assert-never';
import { routeRequest, shardOfSubAccount } from '../ledger/routing';
import type { AccountRecord } from '../shards/directory/account-record';

/** What a user asks for, before it is known where it lives. */
export type Request = PlainRequest | HoldRequest;

export interface PlainRequest extends RequestParts {
  readonly kind: 'deduct' | 'credit';
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

/** Where a request goes under the account's present placement. */
export function routeToHome(request: Request, account: AccountRecord): Routed {
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
      return { shard: home.shard, command: { ...common, kind: 'deduct' } };
    case 'credit':
      return {
        shard: home.shard,
        command: { ...common, kind: 'credit', spreadOver: spreadTargets(request, home.subAccount, account) },
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

/** Every other sub-account, if each could get a share. */
function spreadTargets(
  { amountMinor }: Request,
  home: number,
  { placement, subAccounts }: AccountRecord,
): SpreadTarget[] {
  const others: SpreadTarget[] = [];
  if (amountMinor < BigInt(subAccounts)) return others;
  for (let index = 0; index < subAccounts; index += 1) {
    if (index !== home) others.push({ shard: shardOfSubAccount(index, placement), subAccount: index });
  }
  return others;
}
