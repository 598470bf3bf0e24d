import { join } from 'node:path';
import { Child } from '../../kernel/child-process';
import type { Cleanups } from '../../kernel/cleanups';
import type { LoopPlan } from './counted-loop';
import type { LoadPlan, LoadResult } from './load-plan';

const SLACK_MS = 10_000;

/** What can be asked of a load process, and the plan that each takes. */
export interface LoadDuties {
  readonly connections: LoadPlan;
  readonly client: LoopPlan;
  readonly grpcBatch: LoopPlan;
  readonly grpcStream: LoopPlan;
}

export class LoadProcess {
  readonly #child: Child;

  constructor(cleanups: Cleanups) {
    this.#child = new Child('the load client', join(__dirname, 'load-main.js'), {
      env: process.env,
      cleanups,
    });
  }

  /** @param duty what the load process does: plain HTTP on connections of its own, or calls of a client library */
  run<Duty extends keyof LoadDuties>(duty: Duty, plan: LoadDuties[Duty]): Promise<LoadResult> {
    const { warmUpMs, measureMs, drainMsMax } = plan.timing;
    return this.#child.call(duty, plan, warmUpMs + measureMs + drainMsMax + SLACK_MS);
  }

  stop(): Promise<void> {
    return this.#child.end();
  }
}
