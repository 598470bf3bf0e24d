// npm run fuzz -- [--requests N] [--seed S] [--store sqlite|mariadb] [--json FILE]: hostile requests to the real service.
// Databases are the embedded ones, or private servers that are started for the run.
import './bootstrap/require-node.mjs';
import { join } from 'node:path';
import { runNode } from './bootstrap/node24.mjs';
import { ready } from './bootstrap/ready.mjs';
import { repositoryRoot } from './bootstrap/repository.mjs';
import { passSignals } from './children/pass-signals.mjs';
import { serversEnvironment, withoutGivenServers } from './servers/environment.mjs';
import { startServers } from './servers/start-servers.mjs';

await ready();

const args = process.argv.slice(2);
const dist = join(repositoryRoot, 'dist');
const needsServers = /--store[= ]mariadb/.test(args.join(' '));
const { env, stop } = needsServers ? await startFuzzServers() : { env: {}, stop: async () => {} };
const { exitCode } = await runNode(
  ['--enable-source-maps', join(dist, 'tools', 'fuzz', 'main.js'), ...args],
  {
    env: { ...process.env, HOTSPLIT_TEST_DIST: dist, ...env },
    onStart: passSignals,
  },
).finally(stop);
process.exit(exitCode);

async function startFuzzServers() {
  try {
    const { servers, stop } = await startServers(withoutGivenServers({ mariadb: 2, redis: 0, mysql: 0 }));
    return { env: serversEnvironment(servers), stop };
  } catch (error) {
    process.stderr.write(`\nhotsplit: ${error.message}\n`);
    return process.exit(1);
  }
}
