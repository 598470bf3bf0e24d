import type { EngineOutcome } from '../../../src/engine/engine-outcome';
import { requestFingerprint } from '../../../src/engine/fingerprint';
import type { EngineRuntime } from '../../../src/engine/runtime';
import type { Tally } from '../measure/tally';

export interface PlainRequest {
  readonly kind: 'deduct' | 'credit';
  readonly accountId: string;
  readonly requestId: string;
  readonly amount: number;
}

/** A request through the engine, with what every door does for each: account look-up and fingerprint. */
export function submit(
  runtime: EngineRuntime,
  { kind, accountId, requestId, amount }: PlainRequest,
): Promise<EngineOutcome> {
  const account = runtime.accounts.peek(accountId);
  if (!account) throw new Error(`the account "${accountId}" is not known to the engine`);
  const amountMinor = BigInt(amount);
  return runtime.engine.submit(
    {
      kind,
      accountId,
      requestId,
      amountMinor,
      fingerprint: requestFingerprint(kind, amountMinor, null, null),
      reference: null,
      metadata: null,
    },
    account,
  );
}

/** @returns 1 when the request was acknowledged, else 0 */
export function countOutcome(outcome: EngineOutcome, amountMinor: number, tally: Tally): number {
  switch (outcome.kind) {
    case 'applied':
      tally.acknowledged(amountMinor);
      return 1;
    case 'shardUnavailable':
    case 'failed':
      tally.unknown(amountMinor);
      return 0;
    default:
      tally.refused();
      return 0;
  }
}
