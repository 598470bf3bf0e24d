// Private servers for one command, or for as long as you like:
//
//   node scripts/servers/run.mjs --mariadb 2 --redis 1 [--mysql 2] [--buffer-pool 256M] [-- command…]
//
// The command finds their addresses in HOTSPLIT_TEST_* variables; without one they are printed, until Ctrl-C.
import '../bootstrap/require-node.mjs';
import { parseArgs } from 'node:util';
import { passSignals } from '../children/pass-signals.mjs';
import { runChild } from '../children/run-child.mjs';
import { serversEnvironment } from './environment.mjs';
import { startServers } from './start-servers.mjs';

const count = { type: 'string', default: '0' };
const { values, positionals } = parseArgs({
  options: { mariadb: count, redis: count, mysql: count, 'buffer-pool': { type: 'string', default: '256M' } },
  allowPositionals: true,
});

const [mariadb, redis, mysql] = [values.mariadb, values.redis, values.mysql].map((text) => {
  if (!/^\d{1,2}$/.test(text)) fail(`"${text}" is not a number of servers`);
  return Number(text);
});
if (mariadb + redis + mysql === 0) fail('ask for at least one server, e.g. --mariadb 2 --redis 1');

const { servers, stop } = await startServers({
  mariadb,
  redis,
  mysql,
  bufferPool: values['buffer-pool'],
}).catch((error) => fail(error.message));
const addresses = serversEnvironment(servers);

if (positionals.length === 0) {
  for (const [name, value] of Object.entries(addresses))
    console.log(`${name}='${value.replaceAll("'", "'\\''")}'`);
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => void stop().then(() => process.exit(0)));
} else {
  const [command, ...args] = positionals;
  const { exitCode } = await runChild(command, args, {
    env: { ...process.env, ...addresses },
    onStart: passSignals,
  }).finally(stop);
  process.exit(exitCode);
}

function fail(message) {
  console.error(`servers: ${message}`);
  process.exit(2);
}
