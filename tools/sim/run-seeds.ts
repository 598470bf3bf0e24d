import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SeedReport, SeedWork } from './seed-report';

export interface Seeds {
  readonly from: number;
  readonly count: number;
  readonly calls: number;
  readonly workers: number;
}

/**
 * Runs seeds side by side, each in a world of its own.
 *
 * @param ended told of each as it ends, in any order; answers whether to go on
 */
export async function runSeeds(
  { from, count, calls, workers }: Seeds,
  ended: (report: SeedReport) => boolean,
): Promise<void> {
  let next = from;
  let goOn = true;
  const one = async (): Promise<void> => {
    const worker = new Worker(join(__dirname, 'seed-worker.js'));
    try {
      while (goOn && next < from + count) {
        const work: SeedWork = { seed: next, calls };
        next += 1;
        const report = await answerOf(worker, work);
        if (!ended(report)) goOn = false;
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, count) }, one));
}

function answerOf(worker: Worker, work: SeedWork): Promise<SeedReport> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(new Error(`seed ${work.seed} ended its worker: ${error.message}`, { cause: error }));
    };
    worker.once('error', fail);
    worker.once('message', (report: SeedReport) => {
      worker.off('error', fail);
      resolve(report);
    });
    worker.postMessage(work);
  });
}
