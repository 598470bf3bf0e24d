import type { ServiceProcess } from '../http/service-process';
import type { LoadProcess } from '../load/load-process';
import type { Timing } from '../measure/measurement';

/** What a call is carried out with: the service, and the process that loads it. */
export interface Driving {
  readonly service: ServiceProcess;
  readonly load: LoadProcess;
  /** Calls under way at once. */
  readonly inFlight: number;
  readonly firstSequence: number;
  readonly timing: Timing;
}
