import { type ChildProcess, spawn, type SpawnOptions, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { OperatorFault } from '../faults';

/** Where the build has the service, seen from this file. */
const MAIN = join(__dirname, '..', '..', 'main.js');
/** As npm start does. */
const FLAGS = ['--max-semi-space-size=8', '--enable-source-maps', '--disable-sigusr1'];
const STOP_MS_MAX = 30_000;

/** A service of one's own: on files in a folder, on ports that are free, by no settings but these. */
export class OwnService {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly url: string;
  readonly key: string;

  private constructor(child: ChildProcess, closed: Promise<unknown>, at: { url: string; key: string }) {
    this.#child = child;
    this.#closed = closed;
    this.url = at.url;
    this.key = at.key;
  }

  /** @param port of the API and the console; 0 takes a free one. @throws OperatorFault when it does not start */
  static async start(
    dataDir: string,
    port: number,
    env: Readonly<Record<string, string | undefined>>,
  ): Promise<OwnService> {
    if (!existsSync(MAIN)) throw new OperatorFault('the service is not built: npm run build');
    const child = spawnTied([...FLAGS, MAIN], {
      // Settings of another service, perhaps of a real one, are none of ours.
      ...Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('HOTSPLIT_'))),
      HOTSPLIT_DATA_DIR: dataDir,
      HOTSPLIT_HTTP_PORT: String(port),
      HOTSPLIT_GRPC_PORT: '0',
      HOTSPLIT_LOG_LEVEL: 'error',
    });
    const closed = once(child, 'close');
    const url = await addressOf(child, closed).catch((error: unknown) => {
      child.kill('SIGKILL');
      throw error;
    });
    return new OwnService(child, closed, {
      url,
      key: readFileSync(join(dataDir, 'admin.key'), 'utf8').trim(),
    });
  }

  /** Resolves when it has ended by itself, which it should not. */
  get ended(): Promise<unknown> {
    return this.#closed;
  }

  /** Lets it end in order, and does not wait for ever. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), STOP_MS_MAX);
    await this.#closed;
    clearTimeout(timer);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** In a session of its own, so that a Ctrl-C reaches this program only; on Linux it dies with this program. */
function spawnTied(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const options: SpawnOptions = { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true };
  const canTie =
    process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0;
  return canTie
    ? spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, ...args], options)
    : spawn(process.execPath, args, options);
}

function addressOf(child: ChildProcess, closed: Promise<unknown>): Promise<string> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
  return new Promise((resolve, reject) => {
    if (child.stdout)
      createInterface(child.stdout).on('line', (line) => {
        const [, url] = /^REST\s+(https?:\/\/[^/]+)/.exec(line) ?? [];
        if (url !== undefined) resolve(url);
      });
    child.once('error', reject);
    void closed.then(() => {
      reject(new OperatorFault(`the service did not start: ${said.trim()}`));
    });
  });
}
