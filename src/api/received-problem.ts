import type { Problem } from '../contract/problem';
import type { KnownDeduction } from '../contract/received';
import type { ReceivedOutcome } from '../deductions/intake.service';
import type { Principal } from '../platform/principal';
import { refusalProblem } from './outcome-problem';

/** A deduction that was received, as it is now. */
export interface ReceivedDeduction {
  readonly known: KnownDeduction;
  /** It was received, or took effect, before. */
  readonly replayed: boolean;
}

/** Whether it is still to be charged. */
export function waits({ known }: ReceivedDeduction): boolean {
  return !known.entry && known.record.state !== 'succeeded';
}

/** What a request to charge later came to, or the problem that says why it was not received. */
export function receivedOrProblem(outcome: ReceivedOutcome, caller: Principal): ReceivedDeduction | Problem {
  switch (outcome.kind) {
    case 'received':
      return { known: { record: outcome.record }, replayed: outcome.replayed };
    case 'replayed':
      return { known: outcome, replayed: true };
    default:
      return refusalProblem(outcome, caller);
  }
}
