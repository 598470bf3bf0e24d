import type { EngineOutcome } from '../../src/engine/engine-outcome';
import { requestFingerprint } from '../../src/engine/fingerprint';
import type { EngineRuntime } from '../../src/engine/runtime';
import type { Operation } from '../measure/closed-loop';
import { amountOf, requestIdOf, type Sequence } from '../measure/requests';
import type { Tally } from '../measure/tally';
import { HOT_ACCOUNT } from '../stage/runtime';

/** Deductions through the engine, with what every door does for each: account look-up and fingerprint. */
export function mergedLoad(runtime: EngineRuntime, sequence: Sequence, tally: Tally): Operation {
  return async () => {
    const position = sequence.next();
    const amount = amountOf(position);
    const account = runtime.accounts.peek(HOT_ACCOUNT);
    if (!account) throw new Error('the hot account is not known to the engine');
    const amountMinor = BigInt(amount);
    const outcome = await runtime.engine.submit(
      {
        kind: 'deduct',
        accountId: HOT_ACCOUNT,
        requestId: requestIdOf(position),
        amountMinor,
        fingerprint: requestFingerprint('deduct', amountMinor, null, null),
        reference: null,
        metadata: null,
      },
      account,
    );
    return count(outcome, amount, tally);
  };
}

function count(outcome: EngineOutcome, amountMinor: number, tally: Tally): number {
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
