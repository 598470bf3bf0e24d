import type { AccountService } from '../accounts/account.service';
import { canonicalMap, fingerprint } from '../engine/fingerprint';
import type { Flow } from '../engine/flow';
import type { PayOutcome } from '../engine/paying/paying';
import type { EngineRuntime } from '../engine/runtime';

export interface TransferRequest {
  readonly from: string;
  readonly to: string;
  readonly requestId: string;
  readonly amountMinor: bigint;
  readonly reference?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Whose it is, for fair shares of the lanes. */
  readonly flow?: Flow | undefined;
}

export type TransferOutcome =
  | PayOutcome
  | { readonly kind: 'accountNotFound'; readonly accountId: string }
  | { readonly kind: 'sameAccount' }
  | { readonly kind: 'assetsDiffer'; readonly assets: readonly [from: string, to: string] };

export interface TransferParts {
  readonly accounts: Pick<AccountService, 'find'>;
  readonly runtime: Pick<EngineRuntime, 'paying'>;
}

/**
 * Money from one account to another, behind every door and in the simulator. Rejects with `ShardUnavailableError` or
 * `DirectoryUnavailableError` when what decides cannot be read.
 */
export async function transferMoney(
  { accounts, runtime }: TransferParts,
  request: TransferRequest,
): Promise<TransferOutcome> {
  const { from, to, requestId, amountMinor, reference = null, flow } = request;
  if (from === to) return { kind: 'sameAccount' };
  const [payer, payee] = await Promise.all([accounts.find(from), accounts.find(to)]);
  if (!payer || !payee) return { kind: 'accountNotFound', accountId: payer ? to : from };
  if (payer.asset !== payee.asset) return { kind: 'assetsDiffer', assets: [payer.asset, payee.asset] };
  const metadata = canonicalMap(request.metadata);
  const print = fingerprint('transfer', to, amountMinor, reference, metadata);
  return runtime.paying.pay(
    { accountId: from, requestId, amountMinor, fingerprint: print, reference, metadata, flow },
    { payer, payee },
  );
}
