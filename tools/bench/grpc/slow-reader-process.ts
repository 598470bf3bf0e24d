import { join } from 'node:path';
import { Child } from '../../kernel/child-process';
import type { Cleanups } from '../../kernel/cleanups';
import type { SlowReaderPlan, SlowReaderProgress, SlowReaderResult } from './slow-reader';

const ANSWER_MS_MAX = 30_000;
/** What the service and the connection hold is read at full speed then. */
const FINISH_MS_MAX = 120_000;

export class SlowReaderProcess {
  private constructor(private readonly child: Child) {}

  static async start(plan: SlowReaderPlan, cleanups: Cleanups): Promise<SlowReaderProcess> {
    const main = join(__dirname, 'slow-reader-main.js');
    const child = new Child('the slow reader', main, { env: process.env, cleanups });
    await child.call('start', plan, ANSWER_MS_MAX);
    return new SlowReaderProcess(child);
  }

  progress(): Promise<SlowReaderProgress> {
    return this.child.call('progress', undefined, ANSWER_MS_MAX);
  }

  async finish(): Promise<SlowReaderResult> {
    const result = await this.child.call<SlowReaderResult>('finish', undefined, FINISH_MS_MAX);
    await this.child.end();
    return result;
  }
}
