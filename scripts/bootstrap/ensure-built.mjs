import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exclusively } from './exclusive.mjs';
import { packageCommand, runNode } from './node24.mjs';
import { withProgress } from './progress.mjs';
import { repositoryRoot } from './repository.mjs';
import { contentStamp, listBuildSettings, listBuildSources, listConsoleSources } from './stamp.mjs';

/** Builds `dist` if it is missing, unfinished or older than its sources. Fresh, it costs a few milliseconds. */
export async function ensureBuilt(root = repositoryRoot) {
  if (isCurrent(readRecord(root), wantedRecord(root))) return;
  const onWait = (pid) =>
    process.stderr.write(`Process ${pid} is installing or building here; waiting for it …\n`);
  await exclusively(
    `bootstrap ${root}`,
    async () => {
      const wanted = wantedRecord(root);
      const built = readRecord(root);
      if (!isCurrent(built, wanted)) await withProgress('Building', () => build(root, built, wanted));
    },
    { onWait },
  );
}

/** Whether there is a whole build, of whatever sources. */
export function isBuilt(root) {
  return existsSync(recordFile(root));
}

/** Whether that build is of these sources. */
export function isBuildCurrent(root) {
  return isCurrent(readRecord(root), wantedRecord(root));
}

/** What a build is made from. Its copy in `dist` is the build's proof: written last, removed first. */
function wantedRecord(root) {
  const sources = listBuildSources(root);
  return {
    settings: contentStamp(root, listBuildSettings(root)),
    stamp: contentStamp(root, sources),
    console: contentStamp(root, listConsoleSources(root)),
    sources,
  };
}

function recordFile(root) {
  return join(root, 'dist', '.hotsplit-build.json');
}

function readRecord(root) {
  return existsSync(recordFile(root)) ? JSON.parse(readFileSync(recordFile(root), 'utf8')) : undefined;
}

export function isCurrent(built, wanted) {
  return (
    built !== undefined &&
    built.settings === wanted.settings &&
    built.stamp === wanted.stamp &&
    built.console === wanted.console
  );
}

/**
 * May the compiler start from its last output? Not after an interrupted build (no record), nor when a source is gone
 * (its output would survive and could still be required), nor under other settings.
 */
export function mayBuildOnto(built, wanted) {
  if (built === undefined || built.settings !== wanted.settings) return false;
  const kept = new Set(wanted.sources);
  return built.sources.every((file) => kept.has(file));
}

/** For whoever changes single files of `dist`: the next build makes all of it anew. */
export function forgetBuild(root = repositoryRoot) {
  rmSync(recordFile(root), { force: true });
}

async function build(root, built, wanted) {
  forgetBuild(root);
  if (!mayBuildOnto(built, wanted)) rmSync(join(root, 'dist'), { recursive: true, force: true });
  await compile(root, [join(root, 'scripts', 'bootstrap', 'transpile.mjs')]);
  // Whoever uses the client wants its types; nobody else is typed against `dist`.
  await compile(root, [packageCommand('typescript', 'tsc'), '-p', 'tsconfig.client.json']);
  await compile(root, [join(root, 'scripts', 'bootstrap', 'client-package.mjs')]);
  // A second or two, which only changes of the page itself are worth.
  if (built?.console !== wanted.console || !existsSync(join(root, 'dist', 'console', 'index.html')))
    await compile(root, [join(root, 'scripts', 'bootstrap', 'build-console.mjs')]);
  mkdirSync(join(root, 'dist'), { recursive: true });
  const draft = `${recordFile(root)}.draft`;
  writeFileSync(draft, JSON.stringify(wanted));
  renameSync(draft, recordFile(root));
}

async function compile(root, args) {
  const { exitCode, output } = await runNode(args, { cwd: root, capture: true });
  if (exitCode !== 0) throw new Error(`the build failed:\n\n${output.trimEnd()}\n`);
}
