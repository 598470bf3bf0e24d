import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { pause } from '../../kernel/clock';
import type { Load } from '../load/load';
import type { Cluster, Link } from '../parts/cluster';
import type { Server } from '../parts/server';
import type { Service } from '../parts/service';
import type { Fault, Target } from './fault';

/** What breaking needs. */
export interface Breakable {
  readonly cluster: Cluster;
  readonly load: Pick<Load, 'pour'>;
  /** An orderly stop that did not end with exit code 0 in time, for the report. */
  readonly disorderlyStop: (service: Service, exit: number | NodeJS.Signals) => void;
}

/** Breaks one thing, and mends it. Resolves when it is whole again: a process serves, a network lets everything pass. */
export async function carryOut(fault: Fault, breakable: Breakable): Promise<void> {
  const { cluster } = breakable;
  const { kind, forMs, degree } = fault;
  switch (kind) {
    case 'service killed': {
      const service = serviceOf(fault.target, cluster);
      await service.end('SIGKILL');
      await pause(forMs);
      return service.start();
    }
    case 'service stopped':
      return stopForAWhile(serviceOf(fault.target, cluster), forMs);
    case 'service restarted':
      return restart(serviceOf(fault.target, cluster), breakable);
    case 'rolling restart':
      for (const service of cluster.services) await restart(service, breakable);
      return;
    case 'database killed':
    case 'redis killed':
      return killForAWhile(serverOf(fault.target, cluster), forMs);
    case 'database stopped':
    case 'redis stopped':
      return stopForAWhile(serverOf(fault.target, cluster), forMs);
    case 'writer killed':
      return breakWriter(cluster, (writer) => killForAWhile(writer, forMs));
    case 'writer stopped':
      return breakWriter(cluster, (writer) => stopForAWhile(writer, forMs));
    case 'disk full':
      return fillForAWhile(serverOf(fault.target, cluster), forMs, breakable);
    case 'redis flushed':
      return flush(cluster.redis);
    case 'screening killed':
      await cluster.screening.kill();
      await pause(forMs);
      return cluster.screening.startAgain();
    case 'screening slow':
      return cluster.screening.trouble('slow', forMs);
    case 'screening failing':
      return cluster.screening.trouble('failing', forMs);
    case 'connections cut':
      return cutAgainAndAgain(linkOf(fault.target, cluster), forMs, degree);
    case 'answers dropped': {
      const { proxy } = linkOf(fault.target, cluster);
      proxy.dropAnswers();
      await pause(forMs);
      proxy.passAnswers();
      return;
    }
    case 'network slow': {
      const { proxy } = linkOf(fault.target, cluster);
      proxy.delay(degree);
      await pause(forMs);
      proxy.delay(0);
      return;
    }
    case 'packets swallowed': {
      const { proxy } = linkOf(fault.target, cluster);
      proxy.stall();
      await pause(forMs);
      proxy.resume();
      return;
    }
    case 'connections refused': {
      const { proxy } = linkOf(fault.target, cluster);
      await proxy.refuse();
      await pause(forMs);
      return proxy.accept();
    }
  }
}

async function restart(service: Service, { disorderlyStop }: Breakable): Promise<void> {
  const exit = await service.end('SIGTERM');
  if (exit !== 0) disorderlyStop(service, exit);
  await service.start();
}

async function killForAWhile(server: Server, forMs: number): Promise<void> {
  await server.kill();
  await pause(forMs);
  await server.start();
}

async function stopForAWhile(part: Server | Service, forMs: number): Promise<void> {
  part.signal('SIGSTOP');
  await pause(forMs);
  part.signal('SIGCONT');
}

/** Whole is the cluster when the node has joined the others again. */
async function breakWriter(
  { nodes }: Cluster,
  breakForAWhile: (writer: Server) => Promise<void>,
): Promise<void> {
  if (!nodes) throw new RangeError('there is no cluster whose writer could be broken');
  await breakForAWhile(await nodes.writer());
  await nodes.whole();
}

async function fillForAWhile(server: Server, forMs: number, { cluster, load }: Breakable): Promise<void> {
  const url = cluster.databaseUrls[cluster.databases.indexOf(server)];
  const accountIds = url === undefined ? [] : await coldAccountsOn(url).catch(() => []);
  await server.fillDisk();
  const endPouring = load.pour(accountIds);
  await pause(forMs);
  endPouring();
  server.freeDisk();
  // It may have given up over it.
  await server.start();
}

/** Accounts that are on this database and no other. */
async function coldAccountsOn(url: string): Promise<string[]> {
  const connection = await createConnection(url);
  try {
    const [rows] = await connection.query(
      `SELECT account_id AS id FROM sub_account WHERE account_id LIKE 'cold-%' AND state = 'open'`,
    );
    return (rows as { id: string }[]).map(({ id }) => id);
  } finally {
    await connection.end();
  }
}

async function flush(server: Server): Promise<void> {
  const redis = new Redis(server.url, { lazyConnect: true, maxRetriesPerRequest: 0 });
  redis.on('error', () => undefined);
  await redis
    .connect()
    .then(() => redis.flushall())
    .catch(() => undefined);
  redis.disconnect();
}

async function cutAgainAndAgain({ proxy }: Link, forMs: number, times: number): Promise<void> {
  for (let cut = 0; cut < times; cut += 1) {
    proxy.cut();
    await pause(forMs / times);
  }
}

function serviceOf(target: Target, { services }: Cluster): Service {
  const service = target.part === 'service' ? services[target.number] : undefined;
  if (!service) throw new RangeError(`${target.part} is no service`);
  return service;
}

function serverOf(target: Target, { databases, redis }: Cluster): Server {
  const server = target.part === 'database' ? databases[target.number] : redis;
  if (!server) throw new RangeError(`${target.part} is no server`);
  return server;
}

function linkOf(target: Target, { links }: Cluster): Link {
  const link = target.part === 'link' ? links[target.number] : undefined;
  if (!link) throw new RangeError(`${target.part} is no link`);
  return link;
}
