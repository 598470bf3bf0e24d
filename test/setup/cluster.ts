import { randomBytes } from 'node:crypto';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { eventually } from './eventually';

/** One node of a cluster of servers. */
export class ClusterNode {
  constructor(
    readonly url: string,
    readonly port: number,
    private pid: number,
    private readonly again: () => Promise<number>,
  ) {}

  /** Resolves when the process is gone. */
  async kill(): Promise<void> {
    process.kill(this.pid, 'SIGKILL');
    await eventually('the end of a killed node', () => Promise.resolve(isGone(this.pid) || undefined));
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

  /** What one statement on a connection of its own answers; `before` is said on it first. */
  async ask(sql: string, database?: string, before?: string): Promise<RowDataPacket[]> {
    const connection = await this.connect(database);
    try {
      if (before !== undefined) await connection.query(before);
      const [rows] = await connection.query<RowDataPacket[]>(sql);
      return rows;
    } finally {
      await connection.end();
    }
  }
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

/** Several servers that are one database, gone with the test at the latest. */
export abstract class TestCluster {
  constructor(
    readonly nodes: readonly ClusterNode[],
    readonly stop: () => Promise<void>,
  ) {}

  /** What the writer's mark calls a node. */
  protected abstract markOf(at: number): string;

  /** A node that takes writes. */
  protected abstract writable(): Promise<ClusterNode>;

  /** Whether every node sees all of them, in sync. One that stood still has not noticed yet that the others went on without it. */
  abstract isWhole(): Promise<boolean>;

  node(at: number): ClusterNode {
    return this.nodes[at] as ClusterNode;
  }

  /** Makes an empty database on all nodes. */
  async database(): Promise<string> {
    const name = `cluster_${randomBytes(6).toString('hex')}`;
    await (await this.writable()).ask(`CREATE DATABASE ${name}`);
    return name;
  }

  /** The URL of a database through some nodes, in this order. */
  url(database: string, ...at: readonly number[]): string {
    return `mysql://root@${at.map((each) => `127.0.0.1:${this.node(each).port}`).join(',')}/${database}`;
  }

  /** The node that a database is written through, as an answering node says, which may not have the last change yet. */
  async writer(database: string, askedAt: number, before?: string): Promise<number> {
    const [row] = await this.node(askedAt).ask('SELECT node FROM writer_mark', database, before);
    return this.nodes.findIndex((_, at) => this.markOf(at) === String(row?.['node']));
  }
}
