// Private servers for one command, or for as long as you like:
//
//   node scripts/servers/run.mjs --mariadb 2 --redis 1 [--mysql 2] [--kafka 1] [--buffer-pool 256M] [-- command…]
//
// The command finds their addresses in HOTSPLIT_TEST_* variables; without one they are printed, until Ctrl-C.
import '../bootstrap/require-node.mjs';
import { parseArgs } from 'node:util';
import { passSignals } from '../children/pass-signals.mjs';
import { runChild } from '../children/run-child.mjs';
import { serversEnvironment } from './environment.mjs';
import { startServers } from './start-servers.mjs';

const count = { type: 'string', default: '0' };
const USAGE =
  'usage: npm run servers -- [--mariadb N] [--mysql N] [--redis N] [--kafka N] [--buffer-pool SIZE] [-- command…]';
const HELP = `${USAGE}

Starts so many private servers of each kind, on free ports and with empty data that is deleted at the end.

With a command, runs it with the servers' addresses in HOTSPLIT_TEST_* variables, and ends with its exit code.
Without one, prints the addresses as NAME=value lines and keeps the servers running until Ctrl-C.

  --mariadb N, --mysql N   databases
  --redis N                Redis servers
  --kafka N                Kafka brokers
  --buffer-pool SIZE       memory of each database, 256M by default

npm run servers -- --mariadb 2 --redis 1 -- npm start`;
const { values, positionals } = read({
  options: {
    mariadb: count,
    redis: count,
    mysql: count,
    kafka: count,
    'buffer-pool': { type: 'string', default: '256M' },
    help: { type: 'boolean' },
  },
  allowPositionals: true,
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

const [mariadb, redis, mysql, kafka] = ['mariadb', 'redis', 'mysql', 'kafka'].map((server) => {
  const text = values[server];
  if (!/^\d{1,2}$/.test(text)) fail(`"${text}" is not a number of servers`);
  return Number(text);
});
if (mariadb + redis + mysql + kafka === 0) fail('ask for at least one server, e.g. --mariadb 2 --redis 1');

const { servers, stop } = await startServers({
  mariadb,
  redis,
  mysql,
  kafka,
  bufferPool: values['buffer-pool'],
}).catch((error) => fail(error.message));
if (kafka > 0 && servers.unavailable.kafka !== undefined) fail(servers.unavailable.kafka);
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

function read(asked) {
  try {
    return parseArgs(asked);
  } catch (error) {
    return fail(`${error.message}\n${USAGE}`);
  }
}

function fail(message) {
  console.error(`servers: ${message}`);
  process.exit(2);
}
