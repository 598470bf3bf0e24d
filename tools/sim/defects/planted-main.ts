import type * as RunSeed from '../run-seed';
import type * as SimDirectory from '../world/sim-directory';
import { DEFECTS } from './defects';
import { plant } from './plant';

/** What a run with a planted defect came to. */
export interface PlantedReport {
  readonly name: string;
  /** Seeds that ran, the one that found it included. */
  readonly seeds: number;
  readonly seed: number | undefined;
  readonly violation: string | undefined;
}

/** A process of its own for one defect: plants it, then runs seeds until one finds it. One line of JSON is the answer. */
async function main(): Promise<void> {
  const [name = '', from = '1', seedsMax = '200', calls = '600'] = process.argv.slice(2);
  const defect = DEFECTS.find((each) => each.name === name);
  if (!defect) throw new Error(`there is no defect "${name}"`);
  plant(defect);
  // Loaded only now, with the defect in it.
  /* eslint-disable @typescript-eslint/no-require-imports */
  const { runSeed } = require('../run-seed') as typeof RunSeed;
  const { makeDirectoryImage } = require('../world/sim-directory') as typeof SimDirectory;
  /* eslint-enable @typescript-eslint/no-require-imports */
  const directoryImage = await makeDirectoryImage();
  let report: PlantedReport = { name, seeds: Number(seedsMax), seed: undefined, violation: undefined };
  for (let seeds = 1; seeds <= Number(seedsMax); seeds += 1) {
    const seed = Number(from) + seeds - 1;
    const { violation } = await runSeed({ seed, calls: Number(calls), directoryImage });
    if (!violation) continue;
    report = { name, seeds, seed, violation: violation.message.split('\n')[0] };
    break;
  }
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

void main();
