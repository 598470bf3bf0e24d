import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageCommand, runNode } from '../bootstrap/node24.mjs';
import { repositoryRoot } from '../bootstrap/repository.mjs';

/** Runs Jest in sight of the user; answers {exitCode, report}, `report` being Jest's own (undefined if it wrote none). */
export async function runJest({ args, env, onStart }) {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplit-jest-'));
  const reportFile = join(folder, 'report.json');
  try {
    const jest = [
      packageCommand('jest'),
      '--config=jest.config.cjs',
      '--json',
      `--outputFile=${reportFile}`,
      ...args,
    ];
    const nodeOptions = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings`.trim();
    const { exitCode } = await runNode(jest, {
      cwd: repositoryRoot,
      env: { ...process.env, ...env, NODE_OPTIONS: nodeOptions },
      onStart,
    });
    return {
      exitCode,
      report: existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : undefined,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
