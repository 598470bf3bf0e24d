import type { Measurement, Timing } from '../measure/measurement';
import type { Acknowledged } from '../measure/tally';

/** What the load process is to send. */
export interface LoadPlan {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly key: string;
  readonly connections: number;
  /** Deductions in one request: 1 for the unary call, more for the batch call. */
  readonly items: number;
  readonly accountId: string;
  /** Where deductions are drawn from so many accounts; `accountId` is then one of them. */
  readonly accounts?: number;
  readonly firstSequence: number;
  readonly timing: Timing;
}

export interface LoadResult extends Measurement {
  /** Sequence numbers taken, from `firstSequence` on. */
  readonly sequencesUsed: number;
  readonly acknowledged: Acknowledged;
  /** What was answered instead of success, by HTTP status; `lost` for broken connections. */
  readonly failures: Readonly<Record<string, number>>;
}
