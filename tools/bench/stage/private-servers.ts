import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RefusedRun } from '../refused-run';
import type { Cleanups } from '../../kernel/cleanups';
import { type Servers, serverCountOf, type StoreKind } from './store-kind';

/** The checkout that this build belongs to: `dist/tools/bench/stage` is four levels down. */
const CHECKOUT = resolve(__dirname, '..', '..', '..', '..');

interface StartedServers {
  readonly servers: {
    readonly mariadb: readonly { readonly url: string }[];
    readonly mysql: readonly { readonly url: string }[];
    readonly unavailable: { readonly mysql?: string };
  };
  readonly stop: () => Promise<void>;
}

interface ServersScript {
  startServers(wanted: {
    readonly mariadb: number;
    readonly mysql: number;
    readonly bufferPool: string;
    readonly serverOptions: readonly string[];
  }): Promise<StartedServers>;
}

export interface PrivateServers extends Servers {
  readonly stop: () => Promise<void>;
}

/**
 * Servers that a scenario has to itself, because they are set up as it needs them: so many sets of those
 * that its shards are spread over. They are put away with the other cleanups in any case.
 *
 * @throws RefusedRun when this machine cannot have them
 */
export async function startPrivateServers(
  store: StoreKind,
  settings: { readonly sets: number; readonly bufferPoolMib: number; readonly options: readonly string[] },
  cleanups: Cleanups,
): Promise<PrivateServers> {
  if (store === 'sqlite') return { mariadb: [], mysql: [], stop: () => Promise.resolve() };
  const count = settings.sets * serverCountOf(store);
  const isMariadb = store.startsWith('mariadb');
  const script = await serversScript();
  const { servers, stop } = await script.startServers({
    mariadb: isMariadb ? count : 0,
    mysql: isMariadb ? 0 : count,
    bufferPool: `${settings.bufferPoolMib}M`,
    serverOptions: settings.options,
  });
  const stopOnce = cleanups.add(stop);
  const { mysql: why } = servers.unavailable;
  if (!isMariadb && why !== undefined) {
    await stopOnce();
    throw new RefusedRun(`no servers for ${store}: ${why}`);
  }
  const urls = (started: readonly { readonly url: string }[]) => started.map(({ url }) => url);
  return { mariadb: urls(servers.mariadb), mysql: urls(servers.mysql), stop: stopOnce };
}

async function serversScript(): Promise<ServersScript> {
  const file = join(CHECKOUT, 'scripts', 'servers', 'start-servers.mjs');
  return (await import(pathToFileURL(file).href)) as ServersScript;
}
