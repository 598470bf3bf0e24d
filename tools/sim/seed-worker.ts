import { parentPort } from 'node:worker_threads';
import { runSeed } from './run-seed';
import type { SeedReport, SeedWork } from './seed-report';
import { makeDirectoryImage } from './world/sim-directory';

const image = makeDirectoryImage();

parentPort?.on('message', ({ seed, calls }: SeedWork) => {
  void tell(seed, calls);
});

async function tell(seed: number, calls: number): Promise<void> {
  const { violation, ...result } = await runSeed({ seed, calls, directoryImage: await image });
  const report: SeedReport = {
    ...result,
    violation: violation && { message: violation.message, about: violation.about },
  };
  parentPort?.postMessage(report);
}
