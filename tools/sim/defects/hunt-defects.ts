import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Defect } from './defect';
import type { PlantedReport } from './planted-main';

export interface Hunt {
  readonly defects: readonly Defect[];
  readonly from: number;
  readonly seedsMax: number;
  readonly calls: number;
  readonly workers: number;
}

/** Looks for each planted defect, in a process of its own. @param found told of each as its hunt ends */
export async function huntDefects(
  { defects, from, seedsMax, calls, workers }: Hunt,
  found: (defect: Defect, report: PlantedReport) => void,
): Promise<void> {
  const left = [...defects];
  const one = async (): Promise<void> => {
    for (let defect = left.shift(); defect; defect = left.shift())
      found(defect, await hunt([defect.name, from, seedsMax, calls].map(String)));
  };
  await Promise.all(Array.from({ length: workers }, one));
}

function hunt(args: readonly string[]): Promise<PlantedReport> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--no-warnings', join(__dirname, 'planted-main.js'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      const [name = ''] = args;
      // A defect that ends the process is found as well: nothing of the product may.
      if (code !== 0 || out === '') {
        const why = err.trim().split('\n').slice(-3).join(' ');
        reject(new Error(`the hunt for "${name}" ended with ${String(code)}: ${why}`));
      } else resolve(JSON.parse(out) as PlantedReport);
    });
  });
}
