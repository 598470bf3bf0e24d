import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ClusterNode, TestCluster } from './cluster';
import { eventually } from './eventually';

interface StartedServer {
  readonly port: number;
  readonly pid: number;
  readonly url: string;
}

interface Script {
  readonly startServers: (wanted: {
    mysql: number;
    bufferPool: string;
    serverOptions: readonly string[];
  }) => Promise<{
    readonly servers: { readonly mysql: StartedServer[]; readonly unavailable: { readonly mysql?: string } };
    readonly stop: () => Promise<void>;
    readonly startAgain: (port: number) => Promise<number>;
  }>;
}

/** This machine cannot have MySQL 9. */
export class NoGroupError extends Error {}

/** Three members of one MySQL group, gone with the test at the latest. It begins with a single primary. */
export class MysqlGroup extends TestCluster {
  /** By position, the id that members know each other by. */
  readonly #ids: string[] = [];

  private constructor(
    nodes: readonly ClusterNode[],
    stop: () => Promise<void>,
    private readonly mode: Mode,
  ) {
    super(nodes, stop);
  }

  /** Rejects with `NoGroupError` where there is no MySQL 9. */
  static async start(): Promise<MysqlGroup> {
    const file = resolve(__dirname, '../../scripts/servers/start-servers.mjs');
    const { startServers } = (await import(pathToFileURL(file).href)) as Script;
    const started = await startServers({ mysql: 3, bufferPool: '64M', serverOptions: serverOptions() });
    const { mysql, unavailable } = started.servers;
    if (unavailable.mysql !== undefined) {
      await started.stop();
      throw new NoGroupError(unavailable.mysql);
    }
    const ports = mysql.map(({ port }) => port);
    const mode: Mode = { primaries: 'one' };
    const nodes: ClusterNode[] = mysql.map(
      ({ url, port, pid }, at) =>
        new ClusterNode(url, port, pid, async () => {
          const again = await started.startAgain(port);
          await join(nodes[at] as ClusterNode, { ports, at, mode, isFirst: false });
          return again;
        }),
    );
    try {
      for (const [at, node] of nodes.entries()) await join(node, { ports, at, mode, isFirst: at === 0 });
      const group = new MysqlGroup(nodes, () => started.stop(), mode);
      for (const node of nodes) group.#ids.push(await idOf(node));
      return group;
    } catch (error) {
      await started.stop();
      throw error;
    }
  }

  /** From now on every member is a primary. */
  async becomeMultiPrimary(): Promise<void> {
    this.mode.primaries = 'all';
    await (await this.writable()).ask('SELECT group_replication_switch_to_multi_primary_mode()');
    await eventually('every member being a primary', async () => {
      const roles = (await this.#members(this.node(0))).map(({ role }) => role);
      return roles.every((role) => role === 'PRIMARY') || undefined;
    });
  }

  /** Positions of the members that are no primary, as all agree once the group is whole. */
  async secondaries(): Promise<number[]> {
    const members = await this.#members(this.node(0));
    return members.filter(({ role }) => role === 'SECONDARY').map(({ id }) => this.#ids.indexOf(id));
  }

  override async isWhole(): Promise<boolean> {
    for (const node of this.nodes) {
      const members = await this.#members(node).catch(() => []);
      const online = members.filter(({ state }) => state === 'ONLINE');
      if (online.length !== this.nodes.length) return false;
    }
    return true;
  }

  protected override markOf(at: number): string {
    return this.#ids[at] ?? '';
  }

  protected override async writable(): Promise<ClusterNode> {
    const primary = (await this.#members(this.node(0))).find(({ role }) => role === 'PRIMARY');
    return this.node(this.#ids.indexOf(primary?.id ?? ''));
  }

  async #members(node: ClusterNode): Promise<{ id: string; state: string; role: string }[]> {
    const rows = await node.ask(
      `SELECT MEMBER_ID AS id, MEMBER_STATE AS state, MEMBER_ROLE AS role
       FROM performance_schema.replication_group_members`,
    );
    return rows.map((row) => ({
      id: String(row['id']),
      state: String(row['state']),
      role: String(row['role']),
    }));
  }
}

/** What all members are started with. What is lost when the machine stops is worth nothing: nothing is forced to the disk. */
function serverOptions(): string[] {
  return [
    '--log-bin=binlog',
    '--sync-binlog=0',
    '--gtid-mode=ON',
    '--enforce-gtid-consistency=ON',
    '--report-host=127.0.0.1',
    '--plugin-load-add=group_replication.so',
    '--loose-group-replication-start-on-boot=OFF',
    `--loose-group-replication-group-name=${randomUUID()}`,
    // Members speak to each other through their one port.
    '--loose-group-replication-communication-stack=MYSQL',
    // A member is suspected after five seconds, and expelled at once.
    '--loose-group-replication-member-expel-timeout=0',
  ];
}

/** What a member that joins must be told, for it has forgotten it when it was killed. */
interface Mode {
  primaries: 'one' | 'all';
}

interface Join {
  readonly mode: Mode;
  readonly ports: readonly number[];
  readonly at: number;
  readonly isFirst: boolean;
}

/** Resolves when a server is a member of the group, with all that the others have. */
async function join(node: ClusterNode, { ports, at, mode, isFirst }: Join): Promise<void> {
  const connection = await node.connect();
  try {
    const seeds = ports.map((port) => `127.0.0.1:${port}`).join(',');
    await connection.query(`SET GLOBAL server_id = ${at + 1}`);
    await connection.query(`SET GLOBAL group_replication_local_address = '127.0.0.1:${ports[at]}'`);
    await connection.query(`SET GLOBAL group_replication_group_seeds = '${seeds}'`);
    if (mode.primaries === 'all') {
      await connection.query('SET GLOBAL group_replication_single_primary_mode = OFF');
      await connection.query('SET GLOBAL group_replication_enforce_update_everywhere_checks = ON');
    }
    await connection.query(
      `CHANGE REPLICATION SOURCE TO SOURCE_USER = 'root' FOR CHANNEL 'group_replication_recovery'`,
    );
    if (isFirst) await connection.query('SET GLOBAL group_replication_bootstrap_group = ON');
    await connection.query('START GROUP_REPLICATION');
    if (isFirst) await connection.query('SET GLOBAL group_replication_bootstrap_group = OFF');
  } finally {
    await connection.end();
  }
  await eventually('a member being online', async () => {
    const [row] = await node.ask(
      `SELECT MEMBER_STATE AS state FROM performance_schema.replication_group_members
       WHERE MEMBER_ID = @@server_uuid`,
    );
    return row?.['state'] === 'ONLINE' || undefined;
  });
}

async function idOf(node: ClusterNode): Promise<string> {
  const [row] = await node.ask('SELECT @@server_uuid AS id');
  return String(row?.['id']);
}
