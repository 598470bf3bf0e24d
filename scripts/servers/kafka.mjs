import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exclusively } from '../bootstrap/exclusive.mjs';
import { repositoryRoot } from '../bootstrap/repository.mjs';
import { runChild } from '../children/run-child.mjs';
import { bringCommands } from './bring-commands.mjs';
import { startAnswering } from './server-process.mjs';

const pom = fileURLToPath(new URL('kafka/pom.xml', import.meta.url));
const attemptMsMax = 2_000;
const outputLinesMax = 15;

/** For clients, and for the quorum of one that the broker is with itself. */
export const kafkaPortsPerBroker = 2;

/**
 * Java, and the broker's jars from Maven Central: 43 MB, kept under node_modules/.cache, and by Maven itself in its own
 * cache, so that a new installation of the packages fetches nothing again.
 */
export async function bringKafka(report) {
  const { java } = await bringCommands({
    product: 'Java',
    commands: ['java'],
    debianPackage: 'default-jre-headless',
    report,
  });
  const digest = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12);
  const jars = join(repositoryRoot, 'node_modules', '.cache', `kafka-${digest}`);
  if (!existsSync(jars)) await exclusively('kafka-jars', () => bringJars(jars, report));
  return { java, jars };
}

async function bringJars(jars, report) {
  if (existsSync(jars)) return;
  const { mvn } = await bringCommands({
    product: 'Maven',
    commands: ['mvn'],
    debianPackage: 'maven',
    report,
  });
  report('the jars of Kafka are being fetched from Maven Central (this happens once) …');
  const draft = `${jars}.${randomUUID()}`;
  mkdirSync(dirname(jars), { recursive: true });
  const { exitCode, output } = await runChild(
    mvn,
    ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${draft}`],
    { capture: true },
  );
  if (exitCode !== 0) {
    rmSync(draft, { recursive: true, force: true });
    throw new Error(`Kafka could not be fetched from Maven Central:\n${tailOf(output)}`);
  }
  // Complete or not there: a folder that is half full would be taken for a whole one.
  renameSync(draft, jars);
}

/**
 * Starts a Kafka on each pair of ports, a cluster of its own, in KRaft mode. Topics are made by who writes to them, with
 * one partition, unless a test makes them. Each can be started again in its place with the data it has: `startAgain()`.
 */
export function startKafka({ commands, ports, folder }) {
  const brokers = [];
  for (let at = 0; at < ports.length; at += kafkaPortsPerBroker)
    brokers.push(startBroker({ commands, ports: ports.slice(at, at + kafkaPortsPerBroker), folder }));
  return Promise.all(brokers);
}

async function startBroker({ commands: { java, jars }, ports: [port, quorumPort], folder }) {
  const home = join(folder, `kafka-${port}`);
  mkdirSync(home);
  const properties = join(home, 'server.properties');
  writeFileSync(properties, propertiesOf({ port, quorumPort, home }));
  const runJava = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(jars, '*')];
  const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId(), '-c', properties];
  const { exitCode, output } = await runChild(java, [...runJava, ...format], { capture: true });
  if (exitCode !== 0) throw new Error(`Kafka's storage could not be formatted:\n${tailOf(output)}`);
  const server = await startAnswering({
    what: `Kafka on port ${port}`,
    command: java,
    args: [
      ...runJava,
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      // By this the reaper knows whose process it is.
      `-Dhotsplit.test=--datadir=${home}`,
      'kafka.Kafka',
      properties,
    ],
    logFile: join(folder, `kafka-${port}.log`),
    askVersion: () => kafkaAnswers({ port }),
  });
  return { port, url: `127.0.0.1:${port}`, ...server };
}

function propertiesOf({ port, quorumPort, home }) {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${quorumPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${quorumPort}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    `log.dirs=${join(home, 'log')}`,
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=4',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'transaction.state.log.num.partitions=4',
    'group.initial.rebalance.delay.ms=0',
    // Tests kill members, and wait for the group to notice.
    'group.min.session.timeout.ms=1000',
    'num.network.threads=2',
    'num.io.threads=2',
    'log.cleaner.dedupe.buffer.size=4194304',
    'log.cleaner.threads=1',
    '',
  ].join('\n');
}

/** Sixteen bytes in base64url, as Kafka wants them. */
function clusterId() {
  return Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
}

/** Whether a broker takes requests: it answers which versions of them it knows (ApiVersions, version 0). */
function kafkaAnswers({ port }) {
  const request = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const finish = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(attemptMsMax, () => finish(undefined));
    socket.once('error', () => finish(undefined));
    socket.once('end', () => finish(undefined));
    socket.once('connect', () => socket.write(request));
    socket.once('data', () => finish('answers'));
  });
}

function tailOf(output) {
  return output.trimEnd().split('\n').slice(-outputLinesMax).join('\n');
}
