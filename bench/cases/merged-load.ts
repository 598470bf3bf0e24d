import type { EngineRuntime } from '../../src/engine/runtime';
import type { Operation } from '../measure/closed-loop';
import { amountOf, requestIdOf, type Sequence } from '../measure/requests';
import type { Tally } from '../measure/tally';
import { HOT_ACCOUNT } from '../stage/runtime';
import { countOutcome, submit } from './submit';

/** Deductions from the hot account through the engine. */
export function mergedLoad(runtime: EngineRuntime, sequence: Sequence, tally: Tally): Operation {
  return async () => {
    const position = sequence.next();
    const amount = amountOf(position);
    const requestId = requestIdOf(position);
    const outcome = await submit(runtime, { kind: 'deduct', accountId: HOT_ACCOUNT, requestId, amount });
    return countOutcome(outcome, amount, tally);
  };
}
