import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { TcpProxy } from '../network/tcp-proxy';
import { serversScript } from './scripts';
import { Server } from './server';
import { Service } from './service';

const SERVICES = 2;
const DATABASES = 3;
const SMALL_DISK_MIB = 1_024;

/** A network between two parts. */
export interface Link {
  readonly name: string;
  readonly kind: 'database' | 'redis' | 'clients';
  readonly service: number;
  /** Position of the database it leads to. */
  readonly database?: number;
  readonly proxy: TcpProxy;
}

/** Everything that can break: services, databases (the directory is on the first), Redis, and what lies between. */
export interface Cluster {
  readonly services: readonly Service[];
  readonly databases: readonly Server[];
  /** Names of the shards, by position of their database. */
  readonly shardNames: readonly string[];
  /** Addresses of the shards, past every proxy. */
  readonly databaseUrls: readonly string[];
  readonly redis: Server;
  readonly links: readonly Link[];
  readonly adminKey: string;
  stop(): Promise<void>;
}

/** Starts everything. Services log to files in `folder`. */
export async function startCluster(folder: string): Promise<Cluster> {
  const started = await (
    await serversScript()
  ).startServers({
    mariadb: DATABASES,
    redis: 1,
    bufferPool: '64M',
    redoLog: '64M',
    smallDiskMib: SMALL_DISK_MIB,
  });
  const { servers } = started;
  const startAgain = (port: number): Promise<number> => started.startAgain(port);
  const links: Link[] = [];
  const services: Service[] = [];
  const end = async (): Promise<void> => {
    await Promise.all(services.map((service) => service.end('SIGKILL')));
    await Promise.all(links.map(({ proxy }) => proxy.close()));
    await started.stop();
  };
  try {
    const databases = servers.mariadb.map((server, n) => new Server(`database ${n}`, server, startAgain));
    const redis = new Server('redis', servers.redis[0] as (typeof servers.redis)[0], startAgain);
    const databaseUrls = await Promise.all(databases.map((database) => createDatabase(database.url)));
    const shardNames = databases.map((_, n) => `s${n}`);
    const adminKey = randomBytes(24).toString('hex');
    for (let number = 0; number < SERVICES; number += 1) {
      const toDatabases = await Promise.all(databaseUrls.map((url) => TcpProxy.before(url)));
      const toRedis = await TcpProxy.before(redis.url);
      const door = await TcpProxy.before('http://127.0.0.1:1');
      const common = { service: number };
      links.push(
        ...toDatabases.map((proxy, database) => ({
          ...common,
          name: `service ${number} → database ${database}`,
          kind: 'database' as const,
          database,
          proxy,
        })),
        { ...common, name: `service ${number} → redis`, kind: 'redis', proxy: toRedis },
        { ...common, name: `clients → service ${number}`, kind: 'clients', proxy: door },
      );
      const dataFolder = join(folder, `service-${number}`);
      mkdirSync(dataFolder, { recursive: true });
      const environment = {
        HOTSPLIT_HTTP_PORT: '0',
        HOTSPLIT_GRPC_PORT: '0',
        HOTSPLIT_DATA_DIR: dataFolder,
        HOTSPLIT_SHARDS: toDatabases.map(({ url }, n) => `${shardNames[n] as string}=${url}`).join(','),
        HOTSPLIT_REDIS_URL: toRedis.url,
        HOTSPLIT_ADMIN_KEY: adminKey,
        HOTSPLIT_LOG_LEVEL: 'info',
      };
      services.push(new Service(number, environment, door, join(folder, `service-${number}.log`)));
    }
    await Promise.all(services.map((service) => service.start()));
    return { services, databases, shardNames, databaseUrls, redis, links, adminKey, stop: end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** An empty database on a server; answers its address. */
async function createDatabase(serverUrl: string): Promise<string> {
  const connection = await createConnection(serverUrl);
  await connection.query('CREATE DATABASE chaos');
  await connection.end();
  return `${serverUrl}/chaos`;
}
