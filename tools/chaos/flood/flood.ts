import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { FloodAnswers, FloodPlan } from './flood-plan';

const STOP_MS_MAX = 10_000;

/** A flood that is under way. */
export class Flood {
  private constructor(private readonly child: ChildProcess) {}

  static start(plan: FloodPlan): Flood {
    return new Flood(fork(join(__dirname, 'flood-main.js'), [JSON.stringify(plan)]));
  }

  /** Ends it. @returns what it was answered */
  stop(): Promise<FloodAnswers> {
    const { child } = this;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        resolve({});
      }, STOP_MS_MAX);
      child.once('message', (answers) => {
        clearTimeout(timer);
        resolve(answers as FloodAnswers);
      });
      child.send('stop');
    });
  }
}
