import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { TcpRelay } from '../../kernel/tcp-relay';
import { Nodes } from './nodes';
import { Screening } from './screening';
import { serversScript, type StartedServers } from './scripts';
import { Server } from './server';
import { Service } from './service';

const SERVICES = 2;
const DATABASES = 3;
const NODES = 3;
const DATABASE = 'chaos';
const SMALL_DISK_MIB = 1_024;

/** The name of the shard that is on several nodes. */
export const ON_NODES = 'galera';

/** A network between two parts. */
export interface Link {
  readonly name: string;
  readonly kind: 'database' | 'redis' | 'screening' | 'clients';
  readonly service: number;
  /** The shard that it leads to, where it leads to a database. */
  readonly shard?: string;
  readonly proxy: TcpRelay;
}

/** Everything that can break: services, databases (the directory is on the first), Redis, and what lies between. */
export interface Cluster {
  readonly services: readonly Service[];
  readonly databases: readonly Server[];
  /** Of one more shard, where there is one. */
  readonly nodes: Nodes | undefined;
  /** Names of the shards: those on the databases by their position, then the one on the nodes. */
  readonly shardNames: readonly string[];
  /** Addresses of the shards in the same order, past every proxy. */
  readonly databaseUrls: readonly string[];
  readonly redis: Server;
  /** What is charged later is screened by it. */
  readonly screening: Screening;
  readonly links: readonly Link[];
  readonly adminKey: string;
  stop(): Promise<void>;
}

/** The servers that services are started on. */
type Servers = Pick<Cluster, 'databases' | 'nodes' | 'shardNames' | 'databaseUrls' | 'redis' | 'screening'>;

/**
 * Starts everything. Services log to files in `folder`.
 *
 * @param withNodes whether one more shard is on a Galera cluster; rejects where this machine cannot have one
 */
export async function startCluster(folder: string, withNodes: boolean): Promise<Cluster> {
  const started = await (
    await serversScript()
  ).startServers({
    mariadb: DATABASES,
    redis: 1,
    galera: withNodes ? NODES : 0,
    bufferPool: '64M',
    redoLog: '64M',
    smallDiskMib: SMALL_DISK_MIB,
  });
  const links: Link[] = [];
  const services: Service[] = [];
  const databases: Server[] = [];
  const end = async (): Promise<void> => {
    for (const database of databases) database.stopKeeping();
    await Promise.all(services.map((service) => service.end('SIGKILL')));
    await Promise.all(links.map(({ proxy }) => proxy.close()));
    await screening.stop();
    await started.stop();
  };
  const screening = await Screening.start();
  try {
    const servers = { ...(await prepareServers(started)), screening };
    databases.push(...servers.databases);
    for (const database of databases) database.keepRunning();
    const adminKey = randomBytes(24).toString('hex');
    for (let number = 0; number < SERVICES; number += 1) {
      const service = await linkService(number, { servers, links, folder, adminKey });
      services.push(service);
    }
    await Promise.all(services.map((service) => service.start()));
    return { ...servers, services, links, adminKey, stop: end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** An empty database on each server, and one on the nodes. */
async function prepareServers(started: StartedServers): Promise<Omit<Servers, 'screening'>> {
  const { servers } = started;
  const again = (port: number): Promise<number> => started.startAgain(port);
  const databases = servers.mariadb.map((server, n) => new Server(`database ${n}`, server, again));
  const redis = new Server('redis', servers.redis[0] as (typeof servers.redis)[0], again);
  const databaseUrls = await Promise.all(databases.map((database) => createDatabase(database.url)));
  const shardNames = databases.map((_, n) => `s${n}`);
  if (servers.unavailable.galera !== undefined) throw new NoNodesError(servers.unavailable.galera);
  const [first] = servers.galera;
  if (!first) return { databases, nodes: undefined, redis, databaseUrls, shardNames };
  await createDatabase(first.url);
  const nodes = new Nodes(
    servers.galera.map((node, n) => new Server(`node ${n}`, node, again)),
    DATABASE,
  );
  return {
    databases,
    nodes,
    redis,
    databaseUrls: [...databaseUrls, nodes.url],
    shardNames: [...shardNames, ON_NODES],
  };
}

/** This machine cannot have a Galera cluster. */
export class NoNodesError extends Error {}

interface LinkService {
  readonly servers: Servers;
  /** What lies between is added to these. */
  readonly links: Link[];
  readonly folder: string;
  readonly adminKey: string;
}

/** One service, not started yet, with a proxy on each of its ways. */
async function linkService(
  number: number,
  { servers, links, folder, adminKey }: LinkService,
): Promise<Service> {
  const between: MakeLink = async (url, what) => {
    const proxy = await TcpRelay.before(url);
    links.push({ ...what, service: number, proxy });
    return proxy;
  };
  const from = `service ${number}`;
  const shards = await linkShards(from, servers, between);
  const toRedis = await between(servers.redis.url, { name: `${from} → redis`, kind: 'redis' });
  const toScreening = await between(servers.screening.url, {
    name: `${from} → screening`,
    kind: 'screening',
  });
  const door = await between('http://127.0.0.1:1', { name: `clients → ${from}`, kind: 'clients' });
  const dataFolder = join(folder, `service-${number}`);
  mkdirSync(dataFolder, { recursive: true });
  const environment = {
    HOTSPLIT_HTTP_PORT: '0',
    HOTSPLIT_GRPC_PORT: '0',
    HOTSPLIT_DATA_DIR: dataFolder,
    HOTSPLIT_SHARDS: shards.join(','),
    HOTSPLIT_REDIS_URL: toRedis.url,
    HOTSPLIT_SCREENING_URL: toScreening.url,
    HOTSPLIT_ADMIN_KEY: adminKey,
    HOTSPLIT_LOG_LEVEL: 'info',
  };
  return new Service(number, environment, door, join(folder, `service-${number}.log`));
}

/** Puts a proxy before an address. */
type MakeLink = (url: string, what: Pick<Link, 'name' | 'kind' | 'shard'>) => Promise<TcpRelay>;

/** Proxies before every database and node; answers what a service is told of its shards. */
async function linkShards(from: string, servers: Servers, between: MakeLink): Promise<string[]> {
  const { databases, nodes, databaseUrls, shardNames } = servers;
  const shards: string[] = [];
  for (const [n, { name }] of databases.entries()) {
    const shard = shardNames[n] as string;
    const what = { name: `${from} → ${name}`, kind: 'database', shard } as const;
    const { url } = await between(databaseUrls[n] as string, what);
    shards.push(`${shard}=${url}`);
  }
  if (!nodes) return shards;
  const hosts: string[] = [];
  for (const { name, url } of nodes.servers) {
    const what = { name: `${from} → ${name}`, kind: 'database', shard: ON_NODES } as const;
    hosts.push(new URL((await between(url, what)).url).host);
  }
  return [...shards, `${ON_NODES}=mysql://root@${hosts.join(',')}/${DATABASE}`];
}

/** An empty database on a server; answers its address. */
async function createDatabase(serverUrl: string): Promise<string> {
  const connection = await createConnection(serverUrl);
  await connection.query(`CREATE DATABASE ${DATABASE}`);
  await connection.end();
  return `${serverUrl}/${DATABASE}`;
}
