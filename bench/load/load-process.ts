import { join } from 'node:path';
import { Child } from '../processes/child';
import type { Cleanups } from '../stage/cleanups';
import type { LoadPlan, LoadResult } from './load-plan';

const SLACK_MS = 10_000;

export class LoadProcess {
  readonly #child: Child;

  constructor(cleanups: Cleanups) {
    this.#child = new Child('the load client', join(__dirname, 'load-main.js'), {
      env: process.env,
      cleanups,
    });
  }

  run(plan: LoadPlan): Promise<LoadResult> {
    const { warmUpMs, measureMs, drainMsMax } = plan.timing;
    return this.#child.call('run', plan, warmUpMs + measureMs + drainMsMax + SLACK_MS);
  }

  stop(): Promise<void> {
    return this.#child.end();
  }
}
