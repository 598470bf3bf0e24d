// Runs private servers for as long as its stdin stays open: startServers (start-servers.mjs) spawns it, and however
// that process ends, -9 included, the kernel closes the pipe and the servers go. Prints one JSON line on stdout:
// {mariadb: [{port, socket, pid, version, url, smallDisk?}], redis: […], mysql: […], galera: [{port, pid, url}],
// kafka: [{port, url, pid}], unavailable: {mysql?: "reason", galera?: "reason", kafka?: "reason"}}. The nodes of `galera`
// are one cluster; each Kafka is one by itself.
//
// A line {"startAgain": port} on stdin starts a server or Galera node again that has ended, with the data it has, and is
// answered {"startedAgain": port, "pid"} or {"startedAgain": port, "error"}.
//
// The data are in a fresh folder under HOTSPLIT_SERVERS_DIR, by default the system's folder for temporary files.
//
//   supervisor.mjs {"mariadb": 2, "redis": 1, "mysql": 2, "bufferPool": "256M", "redoLog": "512M"?, "smallDiskMib": n?,
//                   "serverOptions": ["--…"]?, "galera": 3?, "suspectSeconds": n?, "kafka": 1?,
//                   "bringKafka": true?}
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePorts } from './free-ports.mjs';
import { bringGalera, galeraPortsPerNode, startGalera } from './galera.mjs';
import { bringKafka, kafkaPortsPerBroker, startKafka } from './kafka.mjs';
import { bringMariadb, startMariadb } from './mariadb.mjs';
import { findMysqlTool, startMysqlByTool } from './mysql-tool.mjs';
import { findMysqld, startMysqld } from './mysqld.mjs';
import { bringRedis, startRedis } from './redis.mjs';
import { killServerProcesses } from './server-process.mjs';

const wanted = JSON.parse(process.argv[2]);
const report = (text) => process.stderr.write(`servers: ${text}\n`);
// stderr may be a pipe to the process that has just died.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const galeraPortsCount = wanted.galera * galeraPortsPerNode;
const kafkaPortsCount = wanted.kafka * kafkaPortsPerBroker;
const ports = await freePorts(
  wanted.mariadb + wanted.redis + wanted.mysql + galeraPortsCount + kafkaPortsCount,
);
const galeraPorts = ports.splice(0, galeraPortsCount);
const kafkaPorts = ports.splice(0, kafkaPortsCount);
const mariadbPorts = ports.splice(0, wanted.mariadb);
const redisPorts = ports.splice(0, wanted.redis);
const mysqlPorts = ports;
const mysqlTool = wanted.mysql > 0 ? findMysqlTool() : undefined;
const folder = mkdtempSync(join(process.env.HOTSPLIT_SERVERS_DIR ?? tmpdir(), 'hotsplit-servers-'));
// The reaper's stdin tells it when this process is gone. It holds our stdout open until it has cleaned up, so whoever
// waits for that to close waits for the whole of it.
spawn(
  process.execPath,
  [fileURLToPath(new URL('reaper.mjs', import.meta.url)), JSON.stringify({ folder, mysqlTool, mysqlPorts })],
  { stdio: ['pipe', 'inherit', 'ignore'], detached: true },
);

/** Stopping in order is the same as being killed: whatever is left, half started or not, is the reaper's. */
function stop(exitCode) {
  killServerProcesses();
  process.exit(exitCode);
}

const startAgainByPort = new Map();
createInterface({ input: process.stdin }).on('line', (line) => void startAgain(JSON.parse(line).startAgain));
process.stdin.once('close', () => stop(0));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0));

try {
  const servers = await startAll();
  const { mariadb, redis, mysql, galera, kafka } = servers;
  for (const { port, startAgain } of [...mariadb, ...redis, ...mysql, ...galera, ...kafka])
    startAgainByPort.set(port, startAgain);
  process.stdout.write(`${JSON.stringify(servers)}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: error.message })}\n`, () => stop(1));
}

async function startAgain(port) {
  const answer = await startAgainByPort
    .get(port)()
    .then(
      (pid) => ({ pid }),
      (error) => ({ error: error.message }),
    );
  process.stdout.write(`${JSON.stringify({ startedAgain: port, ...answer })}\n`);
}

async function startAll() {
  const { bufferPool, redoLog, smallDiskMib, serverOptions } = wanted;
  // Packages come one after the other, since the system's package tool takes one at a time.
  const mariadbCommands = wanted.mariadb > 0 ? await bringMariadb(report) : undefined;
  const redisCommands = wanted.redis > 0 ? await bringRedis(report) : undefined;
  const [mariadb, redis, mysql, galera, kafka] = await Promise.all([
    mariadbCommands
      ? startMariadb({
          commands: mariadbCommands,
          ports: mariadbPorts,
          folder,
          bufferPool,
          redoLog,
          smallDiskMib,
          serverOptions,
        })
      : [],
    redisCommands ? startRedis({ commands: redisCommands, ports: redisPorts, folder }) : [],
    startMysql({ bufferPool, serverOptions }),
    startGaleraIfWanted({ bufferPool }),
    startKafkaIfWanted(),
  ]);
  const unavailable = {
    ...(mysql.reason !== undefined && { mysql: mysql.reason }),
    ...(galera.reason !== undefined && { galera: galera.reason }),
    ...(kafka.reason !== undefined && { kafka: kafka.reason }),
  };
  return {
    mariadb,
    redis,
    mysql: mysql.servers,
    galera: galera.servers,
    kafka: kafka.servers,
    unavailable,
  };
}

/** Kafka is an extra as well: it takes Java, Maven and Maven Central. With `bringKafka` it is brought and not started. */
async function startKafkaIfWanted() {
  if (wanted.kafka === 0 && !wanted.bringKafka) return { servers: [] };
  try {
    const commands = await bringKafka(report);
    return { servers: await startKafka({ commands, ports: kafkaPorts, folder }) };
  } catch (error) {
    return { servers: [], reason: reasonOf(error) };
  }
}

/** Galera, too, is an extra: what it takes is in packages of Debian and Ubuntu. */
async function startGaleraIfWanted({ bufferPool }) {
  if (wanted.galera === 0) return { servers: [] };
  try {
    const commands = await bringGalera(report);
    const { suspectSeconds } = wanted;
    return {
      servers: await startGalera({ commands, ports: galeraPorts, folder, bufferPool, suspectSeconds }),
    };
  } catch (error) {
    return { servers: [], reason: reasonOf(error) };
  }
}

/** MySQL 9 is an extra: a machine that cannot have it runs the rest and is told why this part is missing. */
async function startMysql({ bufferPool, serverOptions }) {
  if (wanted.mysql === 0) return { servers: [] };
  try {
    const mysqld = mysqlTool ? undefined : await findMysqld();
    if (mysqlTool) {
      const started = startMysqlByTool({
        tool: mysqlTool,
        ports: mysqlPorts,
        bufferPool,
        serverOptions,
        report,
      });
      return { servers: await started };
    }
    if (mysqld) {
      const started = startMysqld({ mysqld, ports: mysqlPorts, folder, bufferPool, serverOptions });
      return { servers: await started };
    }
    return { servers: [], reason: 'there is no mysqld of MySQL 9 on the PATH' };
  } catch (error) {
    return { servers: [], reason: reasonOf(error) };
  }
}

/** The first lines of what a command said, for a report: one alone may only say that the command failed. */
function reasonOf({ message }) {
  return message.split('\n').slice(0, 3).join(' ');
}
