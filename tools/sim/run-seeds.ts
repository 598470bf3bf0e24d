import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SeedReport, SeedWork } from './seed-report';

/**
 * Runs seeds, each in a world of its own, `workers` of them side by side.
 *
 * @param ended told of each as it ends, in any order; answers whether to go on
 */
export async function runSeeds(
  seeds: readonly SeedWork[],
  workers: number,
  ended: (report: SeedReport) => boolean,
): Promise<void> {
  const left = [...seeds];
  let goOn = true;
  const one = async (): Promise<void> => {
    const worker = new Worker(join(__dirname, 'seed-worker.js'));
    try {
      for (let work = left.shift(); goOn && work; work = left.shift()) {
        const report = await answerOf(worker, work);
        if (!ended(report)) goOn = false;
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, seeds.length) }, one));
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
