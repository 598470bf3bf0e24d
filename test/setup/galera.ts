import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ClusterNode, TestCluster } from './cluster';

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

/** Three MariaDB servers that are one cluster, gone with the test at the latest. */
export class GaleraCluster extends TestCluster {
  static async start(): Promise<GaleraCluster> {
    const given = givenUrls();
    if (given.length > 0) {
      const nodes = given.map((url) => new ClusterNode(url, Number(new URL(url).port), 0, neverAgain));
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
      ({ url, port, pid }) => new ClusterNode(url, port, pid, () => started.startAgain(port)),
    );
    return new GaleraCluster(nodes, () => started.stop());
  }

  protected override markOf(at: number): string {
    return `127.0.0.1:${this.node(at).port}`;
  }

  protected override writable(): Promise<ClusterNode> {
    return Promise.resolve(this.node(0));
  }

  override async isWhole(): Promise<boolean> {
    for (const node of this.nodes) {
      const rows = await node
        .ask(`SHOW STATUS WHERE Variable_name IN ('wsrep_local_state_comment', 'wsrep_cluster_size')`)
        .catch(() => []);
      const status = new Map(rows.map((row) => [row['Variable_name'], row['Value']]));
      if (status.get('wsrep_local_state_comment') !== 'Synced') return false;
      if (status.get('wsrep_cluster_size') !== String(this.nodes.length)) return false;
    }
    return true;
  }
}
