// npm test [-- jest arguments]: lint, types, layers, build and every test suite, on real servers; one line of counts
// at the end. All steps run even if an earlier one failed, so that one run tells everything.
//
//   --unit            only what needs no server: the static checks and Jest's project "unit"
//   jest arguments    are passed on; the static checks are skipped then
//   HOTSPLIT_TEST_*   servers that these variables name are used instead of private ones
import './bootstrap/require-node.mjs';
import { ensureBuilt } from './bootstrap/ensure-built.mjs';
import { ensureInstalled } from './bootstrap/ensure-installed.mjs';
import { runNode } from './bootstrap/node24.mjs';
import { repositoryRoot } from './bootstrap/repository.mjs';
import { watchLauncher } from './children/launcher.mjs';
import { bringChromium } from './servers/chromium.mjs';
import { serversEnvironment, withoutGivenServers } from './servers/environment.mjs';
import { unsyncedOptions } from './servers/mysql-options.mjs';
import { startServers } from './servers/start-servers.mjs';
import { add, countJest, formatCounts, none } from './testing/counts.mjs';
import { runJest } from './testing/jest-run.mjs';
import { scratchEnvironment } from './testing/scratch.mjs';
import { staticChecks } from './testing/static-checks.mjs';
import { slowestFiles } from './testing/slowest.mjs';
import { Steps } from './testing/steps.mjs';
import { storeLines } from './testing/stores.mjs';

const unitOnly = process.argv.includes('--unit');
const jestArgs = process.argv.slice(2).filter((arg) => arg !== '--unit');
const steps = new Steps();
const scratch = scratchEnvironment();
const onePassed = { ...none, passed: 1 };
const oneFailed = { ...none, failed: 1 };
let counts = none;
let starting;

// A child in the terminal's process group has had the Ctrl-C already; one that has not dies with this process.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => void abandon());
watchLauncher(() => void abandon());

await ensureInstalled().catch(async (error) => {
  console.error(`\n${error.message}`);
  await finish({ ...none, failed: 1 });
});

// In the background: servers take a few seconds, on a fresh machine minutes.
if (!unitOnly) starting = startWanted();
// Beside the tests, which wait for servers and processes much of the time.
const checks = jestArgs.length === 0 ? runStaticChecks() : undefined;
if (unitOnly) await runTests({ projects: ['--selectProjects', 'unit'], env: {} });
else if (await runBuild()) await runTests(await serversForTests());
await checks;
await finish(counts);

/** Answers {env} or {error} and never rejects: whoever needs the servers comes back for the answer much later. */
async function startWanted() {
  // One after the other: both may install packages.
  const [servers, browser] = [await startWantedServers(), await browserForTests()];
  return { ...servers, env: { ...servers.env, ...browser } };
}

/** The browser that the tests of the console drive; where it cannot be had, the summary says why. */
async function browserForTests() {
  if (jestArgs.length > 0 && !jestArgs.some((arg) => arg.includes('console'))) return {};
  try {
    const report = (text) => process.stderr.write(`servers: ${text}\n`);
    return { HOTSPLIT_TEST_CHROMIUM: await bringChromium(report) };
  } catch (error) {
    return { HOTSPLIT_TEST_CHROMIUM_UNAVAILABLE: error.message };
  }
}

function startWantedServers() {
  const wanted = withoutGivenServers({ mariadb: 2, redis: 1, mysql: 2 });
  if (wanted.mariadb + wanted.redis + wanted.mysql === 0)
    return Promise.resolve({ env: {}, stop: async () => {} });
  return startServers({
    ...wanted,
    bringKafka: true,
    redoLog: '128M',
    serverOptions: unsyncedOptions,
    env: { ...process.env, ...scratch },
  }).then(
    ({ servers, stop }) => ({ env: serversEnvironment(servers), stop }),
    (error) => ({ error, stop: async () => {} }),
  );
}

async function runStaticChecks() {
  for (const { name, args } of staticChecks()) {
    await steps.runAside(name, async () => {
      const { exitCode, output } = await runNode(args, { cwd: repositoryRoot, capture: true });
      counts = add(counts, exitCode === 0 ? onePassed : oneFailed);
      return { words: exitCode === 0 ? 'passed' : 'failed', output };
    });
  }
}

/** The integration tests start the real service from `dist`. Says whether there is one. */
function runBuild() {
  return steps.run('Build', async () => {
    try {
      await ensureBuilt();
      return { words: 'done', result: true };
    } catch (error) {
      console.error(error.message);
      counts = add(counts, oneFailed);
      return { words: 'failed', result: false };
    }
  });
}

/** Without servers the unit tests still run; the missing rest counts as one failure. */
async function serversForTests() {
  const { env, error } = await starting;
  if (error === undefined) return { projects: [], env };
  console.error(`\n${error.message}`);
  steps.add('Servers', 'failed');
  counts = add(counts, oneFailed);
  return { projects: ['--selectProjects', 'unit'], env: {} };
}

async function runTests({ projects, env }) {
  const { report } = await steps.run('Jest', async () => {
    const run = await runJest({
      args: [...projects, ...jestArgs],
      env: { ...scratch, ...env },
    });
    const tests = countJest(run);
    counts = add(counts, tests);
    return { words: formatCounts(tests), result: run };
  });
  if (unitOnly) return;
  for (const [name, words] of await storeLines(report, { ...process.env, ...env }))
    steps.add(`  ${name}`, words);
  if (jestArgs.length > 0) return;
  const { slowest, seconds } = slowestFiles(report);
  console.log(`\nFiles that took longest, of ${seconds} s together:\n  ${slowest.join('\n  ')}`);
}

async function finish(total) {
  await (await starting)?.stop();
  steps.print();
  console.log(formatCounts(total));
  process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
}

async function abandon() {
  steps.halt();
  console.error('\nstopped; ending the servers …');
  // Not waited for while they start: they end with this process in any case.
  await Promise.race([
    starting?.then(({ stop }) => stop()),
    new Promise((resolve) => setTimeout(resolve, 5_000)),
  ]);
  process.exit(130);
}
