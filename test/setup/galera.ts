import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';

interface StartedNode {
  readonly port: number;
  readonly pid: number;
  readonly url: string;
}

interface Script {
  readonly startServers: (wanted: { galera: number; bufferPool: string; suspectSeconds: number }) => Promise<{
    readonly servers: { readonly galera: StartedNode[]; readonly unavailable: { readonly galera?: string } };
    readonly stop: () => Promise<void>;
    readonly startAgain: (port: number) => Promise<number>;
  }>;
}

const PROVIDER = '/usr/lib/galera/libgalera_smm.so';

/** Why there can be no Galera cluster on this machine; undefined if there can, for what is missing is installed. */
export function galeraUnavailable(): string | undefined {
  const isThere = (command: string): boolean =>
    (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)));
  if (existsSync(PROVIDER) && isThere('mariadbd') && isThere('rsync')) return undefined;
  return isThere('apt-get') && process.getuid?.() === 0
    ? undefined
    : 'it takes mariadb-server, galera-4 and rsync, which only root on Debian or Ubuntu can install here';
}

/** The nodes of a cluster that stands, as HOTSPLIT_TEST_GALERA_URLS names them; tests that break nodes need one of their own. */
export function givenUrls(): string[] {
  return (process.env['HOTSPLIT_TEST_GALERA_URLS'] ?? '').split(',').filter((url) => url !== '');
}

function neverAgain(): Promise<number> {
  return Promise.reject(new Error('this node is not ours to start'));
}

/** One node of a private cluster. */
export class GaleraNode {
  constructor(
    readonly url: string,
    readonly port: number,
    private pid: number,
    private readonly again: () => Promise<number>,
  ) {}

  kill(): void {
    process.kill(this.pid, 'SIGKILL');
  }

  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Resolves when the node has joined the others and has all that they have. */
  async startAgain(): Promise<void> {
    this.pid = await this.again();
  }

  connect(database?: string): Promise<Connection> {
    return createConnection({
      host: '127.0.0.1',
      port: this.port,
      user: 'root',
      ...(database !== undefined && { database }),
      flags: ['FOUND_ROWS'],
    });
  }

  /** What one statement on a connection of its own answers. */
  async ask(sql: string, database?: string): Promise<RowDataPacket[]> {
    const connection = await this.connect(database);
    try {
      const [rows] = await connection.query<RowDataPacket[]>(sql);
      return rows;
    } finally {
      await connection.end();
    }
  }
}

/** Three MariaDB servers that are one cluster, gone with the test at the latest. */
export class GaleraCluster {
  private constructor(
    readonly nodes: readonly GaleraNode[],
    readonly stop: () => Promise<void>,
  ) {}

  static async start(): Promise<GaleraCluster> {
    const given = givenUrls();
    if (given.length > 0) {
      const nodes = given.map((url) => new GaleraNode(url, Number(new URL(url).port), 0, neverAgain));
      return new GaleraCluster(nodes, () => Promise.resolve());
    }
    const file = resolve(__dirname, '../../scripts/servers/start-servers.mjs');
    const { startServers } = (await import(pathToFileURL(file).href)) as Script;
    const started = await startServers({
      galera: 3,
      bufferPool: '64M',
      suspectSeconds: 5,
    });
    const { galera, unavailable } = started.servers;
    if (unavailable.galera !== undefined) {
      await started.stop();
      throw new Error(unavailable.galera);
    }
    const nodes = galera.map(
      ({ url, port, pid }) => new GaleraNode(url, port, pid, () => started.startAgain(port)),
    );
    return new GaleraCluster(nodes, () => started.stop());
  }

  node(at: number): GaleraNode {
    return this.nodes[at] as GaleraNode;
  }

  /** Makes an empty database on all nodes. */
  async database(): Promise<string> {
    const name = `cluster_${randomBytes(6).toString('hex')}`;
    await this.node(0).ask(`CREATE DATABASE ${name}`);
    return name;
  }

  /** The URL of a database through some nodes, in this order. */
  url(database: string, ...at: readonly number[]): string {
    return `mysql://root@${at.map((each) => `127.0.0.1:${this.node(each).port}`).join(',')}/${database}`;
  }

  /** The node that a database is written through, as an answering node says. */
  async writer(database: string, askedAt: number): Promise<number> {
    const [row] = await this.node(askedAt).ask('SELECT node FROM writer_mark', database);
    return this.nodes.findIndex(({ port }) => String(row?.['node']).endsWith(`:${port}`));
  }
}
