import { connect, type Socket } from 'node:net';
import { nodeUrls } from '../shard-address';
import { MysqlTls } from './mysql-tls';

export interface MysqlHost {
  readonly host: string;
  readonly port: number;
}

/**
 * Node compares a certificate with this name where a socket that is connected already is made secure without a server
 * name, and a server name is never an address. Without it a certificate for `localhost` would do for any address.
 */
type NamedSocket = Socket & { _host?: string };

/**
 * The nodes that a URL names, and the one in use. All pools of a database share one of these, so that batches, single
 * deductions and single statements move to another node together; the node stays in use until it fails.
 */
export class MysqlHosts {
  /** Nothing without TLS. All pools of a database have the same, so that they share its contexts. */
  readonly tls: MysqlTls | undefined;
  readonly #hosts: readonly MysqlHost[];
  #current = 0;

  constructor(readonly url: string) {
    this.tls = MysqlTls.of(url);
    this.#hosts = nodeUrls(url).map((node) => {
      const { hostname, port } = new URL(node);
      return { host: hostname.replace(/^\[|\]$/g, ''), port: port ? Number(port) : 3306 };
    });
  }

  get count(): number {
    return this.#hosts.length;
  }

  get current(): MysqlHost {
    return this.#hosts[this.#current] as MysqlHost;
  }

  /** The next node is tried, unless somebody has moved on from this one already. */
  failed(host: MysqlHost): void {
    if (host === this.current) this.#current = (this.#current + 1) % this.#hosts.length;
  }

  /** What the driver connects through: the node in use when the connection is made, which `config` is then told. */
  connect(config: { host?: string | undefined; port?: number | undefined }): Socket {
    const { host, port } = this.current;
    Object.assign(config, { host, port });
    const socket: NamedSocket = connect({ host, port, keepAlive: true, noDelay: true });
    socket._host = host;
    return socket;
  }

  /** The node that a connection was made to. */
  of(config: { host?: string | undefined; port?: number | undefined }): MysqlHost | undefined {
    return this.#hosts.find(({ host, port }) => host === config.host && port === config.port);
  }
}
