import type { FollowUp } from '../../src/engine/follow-ups';
import type { Request } from '../../src/engine/router';
import { routeRequest } from '../../src/ledger/routing';
import type { AccountRecord } from '../../src/shards/directory/account-record';

/** What users ask of the account "acme". */
export function deduction(requestId: string, amountMinor: bigint, accountId = 'acme'): Request {
  return {
    kind: 'deduct',
    accountId,
    requestId,
    amountMinor,
    fingerprint: `deduct ${amountMinor}`,
    reference: null,
    metadata: null,
  };
}

export function creditOf(requestId: string, amountMinor: bigint, accountId = 'acme'): Request {
  return {
    ...deduction(requestId, amountMinor, accountId),
    kind: 'credit',
    fingerprint: `credit ${amountMinor}`,
  };
}

export function holdOf(requestId: string, amountMinor: bigint, expiresInUs = 900_000_000): Request {
  return {
    ...deduction(requestId, amountMinor),
    kind: 'hold',
    fingerprint: `hold ${amountMinor}`,
    expiresInUs,
  };
}

export function confirmationOf(holdId: string, amountMinor: bigint | null = null): FollowUp {
  const last = { captureId: null, isFinal: true, mayTakeMore: false };
  const notes = { reference: null, metadata: null };
  return {
    kind: 'confirm',
    accountId: 'acme',
    holdId,
    amountMinor,
    fingerprint: 'confirm',
    ...last,
    ...notes,
  };
}

/** A capture after which the hold goes on. */
export function captureOf(
  holdId: string,
  captureId: string,
  given: { readonly amountMinor: bigint; readonly isFinal?: boolean; readonly mayTakeMore?: boolean },
): FollowUp {
  const { amountMinor, isFinal = false, mayTakeMore = false } = given;
  const asked = { captureId, amountMinor, isFinal, mayTakeMore, reference: null, metadata: null };
  const fingerprint = `capture ${amountMinor} ${isFinal} ${mayTakeMore}`;
  return { kind: 'confirm', accountId: 'acme', holdId, ...asked, fingerprint };
}

export function raiseOf(holdId: string, amountMinor: bigint): FollowUp {
  return { kind: 'raise', accountId: 'acme', holdId, amountMinor, fingerprint: `raise ${amountMinor}` };
}

export function extensionOf(holdId: string, expiresInUs: number): FollowUp {
  const lastsUsMax = 2_592_000_000_000;
  return { kind: 'extend', accountId: 'acme', holdId, expiresInUs, lastsUsMax, fingerprint: 'extend' };
}

export function creditReversalOf(
  reverses: string,
  requestId: string,
  amountMinor: bigint | null = null,
): FollowUp {
  const what = { reverses, captureId: null, requestId, amountMinor, fingerprint: `take back ${amountMinor}` };
  return { kind: 'reverse', of: 'credit', accountId: 'acme', ...what, reference: null, metadata: null };
}

export function cancellationOf(holdId: string): FollowUp {
  return { kind: 'cancel', accountId: 'acme', holdId, fingerprint: 'cancel' };
}

export function reversalOf(reverses: string, requestId: string, amountMinor: bigint | null = null): FollowUp {
  const what = { reverses, captureId: null, requestId, amountMinor, fingerprint: `reverse ${amountMinor}` };
  return { kind: 'reverse', of: 'deduction', accountId: 'acme', ...what, reference: null, metadata: null };
}

/** The n-th request id of a series whose home is a given shard. */
export function requestAt(shard: string, account: AccountRecord, n = 0, series = 'r'): string {
  for (let number = 0, found = 0; number < 100_000; number += 1) {
    const requestId = `${series}${number}`;
    if (routeRequest(requestId, account.placement, account.subAccounts).shard !== shard) continue;
    if (found === n) return requestId;
    found += 1;
  }
  throw new RangeError(`no request of series ${series} has its home on ${shard}`);
}
