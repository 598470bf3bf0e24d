import type { ServiceClient } from '../service/service-client';
import type { Clock } from '../surroundings';
import type { BeginStage, Stage } from '../terminal/progress';
import type { LogFormat } from './log-format';
import { Patience } from './patience';
import type { PlanOptions } from './plan-accounts';
import type { ChargeTopic } from './produce-batch';

export interface ReplaySettings {
  readonly batchSize: number;
  /** Batches in flight. */
  readonly concurrency: number;
  readonly retrySeconds: number;
  readonly format: LogFormat;
  /** Has the charges received, to be charged later. */
  readonly isAsync: boolean;
  /** Reads the log and sends nothing. */
  readonly dryRun: boolean;
  readonly idPrefix?: string;
  readonly checkpoint?: string;
  /** With it, the accounts of the log are made first. */
  readonly accounts?: PlanOptions;
}

export interface ReplayContext {
  readonly client: ServiceClient;
  /** Where charges are produced to, instead of being sent to the service. */
  readonly topic?: ChargeTopic;
  readonly clock: Clock;
  readonly random: () => number;
  readonly beginStage: BeginStage;
  readonly warn: (text: string) => void;
  /** Raised to end early; what is in flight is waited for. */
  readonly stop: AbortController;
}

/** Patience for one stage, which shows what is being waited for. */
export function newPatience(
  stage: Stage,
  { retrySeconds }: ReplaySettings,
  { clock, random, stop }: ReplayContext,
): Patience {
  return new Patience({
    patienceMs: retrySeconds * 1000,
    clock,
    random,
    stop: stop.signal,
    onWait: (reason) => {
      stage.note(`waiting: ${reason}`);
    },
  });
}

export async function inStage<T>(stage: Stage, work: (stage: Stage) => Promise<T>): Promise<T> {
  try {
    return await work(stage);
  } finally {
    stage.end();
  }
}
