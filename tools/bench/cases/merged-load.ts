import type { EngineRuntime } from '../../../src/engine/runtime';
import type { Operation } from '../measure/closed-loop';
import { amountOf, requestIdOf, type Sequence } from '../measure/requests';
import type { Tally } from '../measure/tally';
import { HOT_ACCOUNT } from '../stage/runtime';
import { countOutcome, submit } from './submit';

/** Deductions from the hot account through the engine, under ids that rise unless told otherwise. */
export function mergedLoad(
  runtime: EngineRuntime,
  sequence: Sequence,
  tally: Tally,
  idOf: (position: number) => string = requestIdOf,
): Operation {
  return async () => {
    const position = sequence.next();
    const amount = amountOf(position);
    const requestId = idOf(position);
    const outcome = await submit(runtime, { kind: 'deduct', accountId: HOT_ACCOUNT, requestId, amount });
    return countOutcome(outcome, amount, tally);
  };
}
