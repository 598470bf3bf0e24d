import type { EngineOutcome } from '../../../src/engine/engine-outcome';
import { requestFingerprint } from '../../../src/engine/fingerprint';
import type { EngineRuntime } from '../../../src/engine/runtime';
import type { AccountRecord } from '../../../src/shards/directory/account-record';

/** A deduction from an account as this record describes it, strategy included: the directory need not know it so. */
export function deductAs(
  runtime: EngineRuntime,
  account: AccountRecord,
  requestId: string,
  amount: number,
): Promise<EngineOutcome> {
  const amountMinor = BigInt(amount);
  return runtime.engine.submit(
    {
      kind: 'deduct',
      accountId: account.accountId,
      requestId,
      amountMinor,
      fingerprint: requestFingerprint('deduct', amountMinor, null, null),
      reference: null,
      metadata: null,
    },
    account,
  );
}
