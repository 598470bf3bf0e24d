import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The checkout that this build belongs to: `dist/tools/chaos/parts` is four levels down. */
export const CHECKOUT = resolve(__dirname, '..', '..', '..', '..');

export interface StartedServer {
  readonly port: number;
  readonly pid: number;
  /** A node of a cluster does not say. */
  readonly version?: string;
  readonly url: string;
  /** The folder of a small disk of its own, where it has one. */
  readonly smallDisk?: string;
}

export interface StartedServers {
  readonly servers: {
    readonly mariadb: StartedServer[];
    readonly redis: StartedServer[];
    /** The nodes of one cluster; none where this machine cannot have one, and then `unavailable` says why. */
    readonly galera: StartedServer[];
    readonly unavailable: { readonly galera?: string };
  };
  stop(): Promise<void>;
  /** Starts a server again that has ended; answers its new process. */
  startAgain(port: number): Promise<number>;
}

interface ServersScript {
  startServers(wanted: {
    readonly mariadb: number;
    readonly redis: number;
    readonly galera: number;
    readonly bufferPool: string;
    readonly redoLog: string;
    readonly smallDiskMib: number;
  }): Promise<StartedServers>;
}

interface TiedScript {
  /** Like child_process.spawn; the child ends when this process does. */
  spawnTied(command: string, args: readonly string[], options: SpawnOptions): ChildProcess;
}

/** The private servers of the tests, from scripts/servers. */
export async function serversScript(): Promise<ServersScript> {
  return (await load('servers', 'start-servers.mjs')) as ServersScript;
}

export async function tiedScript(): Promise<TiedScript> {
  return (await load('children', 'tied.mjs')) as TiedScript;
}

function load(...path: string[]): Promise<unknown> {
  return import(pathToFileURL(join(CHECKOUT, 'scripts', ...path)).href);
}
