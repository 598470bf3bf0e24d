import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageCommand, runNode } from '../bootstrap/node24.mjs';
import { repositoryRoot } from '../bootstrap/repository.mjs';

// Jest writes its report when the last test is done. What keeps it from ending after that is something a test left open.
const lingerMsMax = 15_000;

/** Runs Jest in sight of the user; answers {exitCode, report}, `report` being Jest's own (undefined if it wrote none). */
export async function runJest({ args, env }) {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplit-jest-'));
  const reportFile = join(folder, 'report.json');
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // An interrupted run ends this process without coming back here.
  process.once('exit', remove);
  let endWatch;
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
      onStart: (child) => (endWatch = endLingering(child, reportFile)),
    });
    return {
      exitCode,
      report: existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : undefined,
    };
  } finally {
    endWatch?.();
    process.off('exit', remove);
    remove();
  }
}

/** Ends a Jest that has reported and does not end itself: it fails the run instead of hanging it for ever. */
function endLingering(child, reportFile) {
  let lingering;
  const looking = setInterval(() => {
    if (!existsSync(reportFile)) return;
    clearInterval(looking);
    lingering = setTimeout(() => {
      console.error(
        `\nJest has run all tests and did not end within ${lingerMsMax / 1000} s, so it is ended and counts as failed: ` +
          'a test left a server, a pool or a timer open ("npm test -- --detectOpenHandles" may tell which).',
      );
      child.kill('SIGKILL');
    }, lingerMsMax);
  }, 500);
  return () => {
    clearInterval(looking);
    clearTimeout(lingering);
  };
}
