import { type Connection, createConnection, type SslOptions } from 'mysql2/promise';
import { nodeUrls } from '../shards/shard-address';
import { MysqlTls } from '../shards/mysql/mysql-tls';

const MS_MAX = 3_000;

/** A session on one node of a database's URL, as the server is: nothing is set, and nothing is written. */
export class ServerSession {
  private constructor(private readonly connection: Connection) {}

  static async open(nodeUrl: string): Promise<ServerSession> {
    const { hostname, port, username, password, pathname } = new URL(nodeUrl);
    const tls = MysqlTls.of(nodeUrl);
    const connection = await createConnection({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port ? Number(port) : 3306,
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database: decodeURIComponent(pathname.slice(1)),
      supportBigNumbers: true,
      bigNumberStrings: true,
      connectTimeout: MS_MAX,
      // The driver looks for the parts by itself; its type names them optional and not possibly missing.
      ...(tls && { ssl: tls as SslOptions }),
    });
    // What is lost is found out by the next statement.
    connection.on('error', () => undefined);
    return new ServerSession(connection);
  }

  /** Rows as text; NULL is `null`. */
  readonly query = async (sql: string): Promise<string[][]> => {
    const [rows] = await this.connection.query({ sql, rowsAsArray: true, timeout: MS_MAX });
    // LOCK TABLES answers no rows.
    return Array.isArray(rows) ? (rows as unknown[][]).map((row) => row.map(String)) : [];
  };

  async pairs(sql: string): Promise<Map<string, string>> {
    return new Map((await this.query(sql)).map(([name = '', value = '']) => [name.toLowerCase(), value]));
  }

  end(): void {
    this.connection.destroy();
  }
}

export function nodesOf(
  url: string,
): { readonly url: string; readonly host: string; readonly isLocal: boolean }[] {
  return nodeUrls(url).map((node) => {
    const { hostname, port } = new URL(node);
    const isLocal = /^(localhost|127\.|\[?::1\]?$)/.test(hostname);
    return { url: node, host: `${hostname}:${port || '3306'}`, isLocal };
  });
}
