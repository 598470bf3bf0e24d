import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runChild } from '../children/run-child.mjs';
import { exclusively } from './exclusive.mjs';
import { installedTreeMatchesLock } from './installed-tree.mjs';
import { node24 } from './node24.mjs';
import { withProgress } from './progress.mjs';
import { repositoryRoot } from './repository.mjs';
import { dependenciesStamp } from './stamp.mjs';

const npmOutputLinesMax = 40;

/** Installs the dependencies if node_modules is missing or made for other ones. Fresh, it costs a few milliseconds. */
export async function ensureInstalled(root = repositoryRoot) {
  if (isFresh(root)) return;
  const onWait = (pid) =>
    process.stderr.write(`Process ${pid} is installing or building here; waiting for it …\n`);
  await exclusively(
    `bootstrap ${root}`,
    async () => {
      if (isFresh(root)) return;
      if (!(await isComplete(root))) await withProgress('Installing dependencies', () => install(root));
      writeFileSync(stampFile(root), dependenciesStamp(root));
    },
    { onWait },
  );
}

function stampFile(root) {
  return join(root, 'node_modules', '.hotsplit-stamp');
}

export function isFresh(root) {
  return (
    existsSync(stampFile(root)) &&
    readFileSync(stampFile(root), 'utf8') === dependenciesStamp(root) &&
    existsSync(node24(root))
  );
}

/** Without a stamp: somebody installed by hand. Good if it is all there and the pinned Node runs on this machine. */
async function isComplete(root) {
  if (!existsSync(node24(root)) || !installedTreeMatchesLock(root)) return false;
  const { exitCode } = await runChild(node24(root), ['--version'], { capture: true }).catch(() => ({
    exitCode: 1,
  }));
  return exitCode === 0;
}

/**
 * No package's install script is run, save the one that fetches the pinned Node: all native parts come prebuilt, and
 * npm's implied `node-gyp rebuild` would ask for Python and a compiler that a fresh machine need not have.
 */
async function install(root) {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--include=dev'];
  if (existsSync(join(root, 'package-lock.json'))) {
    const { exitCode, output } = await npm(root, ['ci', '--ignore-scripts', ...quiet]);
    // EUSAGE: the lock file does not fit package.json, or lacks an optional package of this platform. What it does
    // fix is still kept to; --no-save leaves the file itself alone.
    if (exitCode !== 0 && !output.includes('EUSAGE')) throw installFailure(output);
    if (exitCode !== 0) await npmOrThrow(root, ['install', '--no-save', '--ignore-scripts', ...quiet]);
  } else {
    await npmOrThrow(root, ['install', '--ignore-scripts', ...quiet]);
  }
  await npmOrThrow(root, ['rebuild', 'node', '--loglevel=error']);
  if (!existsSync(node24(root))) throw installFailure(`npm brought no Node binary to ${node24(root)}`);
}

async function npmOrThrow(root, args) {
  const { exitCode, output } = await npm(root, args);
  if (exitCode !== 0) throw installFailure(output);
}

function npm(root, args) {
  const binFolder = join(root, 'node_modules', '.bin');
  // `npm start` puts node_modules/.bin first, where the pinned Node is: npm must not run on what it is replacing.
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== binFolder);
  const env = { ...process.env, PATH: path.join(delimiter) };
  return runChild('npm', args, { cwd: root, env, capture: true });
}

function installFailure(output) {
  const tail = output.trimEnd().split('\n').slice(-npmOutputLinesMax).join('\n');
  return new Error(`the dependencies could not be installed; npm said:\n\n${tail}\n`);
}
