// npm run bench -- [scenario] [--json FILE]: the benchmark suite on private servers that have the memory to themselves.
// The suite finds their addresses in the same HOTSPLIT_TEST_* variables as the tests do.
import './bootstrap/require-node.mjs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { runNode } from './bootstrap/node24.mjs';
import { ready } from './bootstrap/ready.mjs';
import { repositoryRoot } from './bootstrap/repository.mjs';
import { passSignals } from './children/pass-signals.mjs';
import { serversEnvironment, withoutGivenServers } from './servers/environment.mjs';
import { bringChromium } from './servers/chromium.mjs';
import { bringH2load } from './servers/h2load.mjs';
import { startServers } from './servers/start-servers.mjs';

const bufferPoolMibMax = 2048;
/** Scenarios that start servers themselves, set up as they need them. */
const withServersOfTheirOwn = ['growth'];

await ready();

const args = process.argv.slice(2);
const main = join(repositoryRoot, 'dist', 'tools', 'bench', 'main.js');
const isQuestion = args.some((arg) => arg === '--help' || arg === '-h');
const needsNone = isQuestion || withServersOfTheirOwn.includes(args[0]);
const h2load = isQuestion || !concerns('hot') ? {} : await brought('H2LOAD', bringH2load);
const chromium = isQuestion || !concerns('console') ? {} : await brought('CHROMIUM', bringChromium);
const { env, stop } = needsNone ? { env: {}, stop: async () => {} } : await startBenchServers();
const { exitCode } = await runNode(['--enable-source-maps', main, ...args], {
  env: { ...process.env, ...env, ...h2load, ...chromium },
  onStart: passSignals,
}).finally(stop);
process.exit(exitCode);

async function startBenchServers() {
  // Four servers may use their pools to the full: together at most half of the memory.
  const bufferPoolMib = Math.min(bufferPoolMibMax, Math.floor(totalmem() / 2 ** 20 / 8));
  const wanted = withoutGivenServers({ mariadb: 2, redis: 1, mysql: 2 });
  try {
    const { servers, stop } = await startServers({ ...wanted, bufferPool: `${bufferPoolMib}M` });
    return { env: serversEnvironment(servers), stop };
  } catch (error) {
    process.stderr.write(`\nhotsplit: ${error.message}\n`);
    return process.exit(1);
  }
}

/** An argument that is not a scenario stands for all of them. */
function concerns(scenario) {
  const [first] = args;
  return first === undefined || first === scenario || first.startsWith('-');
}

/** Without it the suite says so and leaves out what it would have driven. */
async function brought(name, bring) {
  try {
    return { [`HOTSPLIT_BENCH_${name}`]: await bring((text) => process.stderr.write(`${text}\n`)) };
  } catch (error) {
    return { [`HOTSPLIT_BENCH_${name}_UNAVAILABLE`]: error.message };
  }
}
