import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { pause } from '../../kernel/clock';
import type { Server } from './server';

const LOOK_MS = 200;
const WHOLE_MS_MAX = 180_000;
const CONNECT_MS_MAX = 2_000;

/** The nodes of the Galera cluster that one of the shards is on. */
export class Nodes {
  constructor(
    readonly servers: readonly Server[],
    private readonly database: string,
  ) {}

  /** The shard, past every proxy. When all has come to rest, every node has the same. */
  get url(): string {
    return this.#urlOf(this.servers[0] as Server);
  }

  /** The node that the shard is written through, as the first node that answers says. */
  async writer(): Promise<Server> {
    for (const server of this.servers) {
      const [row] = await this.#ask(server, 'SELECT node FROM writer_mark').catch(() => []);
      const writer = this.servers.find(({ url }) => new URL(url).host === row?.['node']);
      if (writer) return writer;
    }
    throw new Error('no node says which of them is the writer');
  }

  /**
   * Resolves when every node sees all of them. A node that stood still does not know at first that the others went on without
   * it, and if the next writer were killed before it has joined them again, no majority would be left.
   */
  async whole(): Promise<void> {
    for (let ms = 0; ms < WHOLE_MS_MAX; ms += LOOK_MS) {
      const seen = await Promise.all(this.servers.map((server) => this.#seesAll(server).catch(() => false)));
      if (seen.every(Boolean)) return;
      await pause(LOOK_MS);
    }
    throw new Error('the nodes of the cluster have not come together again');
  }

  async #seesAll(server: Server): Promise<boolean> {
    const rows = await this.#ask(
      server,
      `SHOW STATUS WHERE Variable_name IN ('wsrep_local_state_comment', 'wsrep_cluster_size')`,
    );
    const status = new Map(rows.map((row) => [row['Variable_name'], row['Value']]));
    const isInSync = status.get('wsrep_local_state_comment') === 'Synced';
    return isInSync && status.get('wsrep_cluster_size') === String(this.servers.length);
  }

  async #ask(server: Server, sql: string): Promise<RowDataPacket[]> {
    const connection: Connection = await createConnection({
      uri: this.#urlOf(server),
      connectTimeout: CONNECT_MS_MAX,
    });
    try {
      const [rows] = await connection.query<RowDataPacket[]>({ sql, timeout: CONNECT_MS_MAX });
      return rows;
    } finally {
      connection.destroy();
    }
  }

  #urlOf({ url }: Server): string {
    return `${url}/${this.database}`;
  }
}
