import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { RestClient } from './rest-client';
import { serviceEnvironment, type TestServiceOptions } from './service';

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The real service as a process of its own, as `npm start` runs it. */
export class ServiceProcess {
  readonly exit: Promise<Exit>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  #rest: RestClient | undefined;

  /** Resolves when the service serves. */
  static async start(options: TestServiceOptions): Promise<ServiceProcess> {
    const started = new ServiceProcess(serviceEnvironment(options));
    started.#rest = new RestClient(await started.#restUrl());
    return started;
  }

  /** For starts that must fail: with these variables only. */
  static async runToEnd(
    environment: Readonly<Record<string, string>>,
  ): Promise<Exit & { stdout: string; stderr: string }> {
    const started = new ServiceProcess(environment);
    const exit = await started.exit;
    return { ...exit, stdout: started.stdout, stderr: started.stderr };
  }

  /** Not waited for: it may serve soon, or end. `url` is where it will listen. */
  static launch(environment: Readonly<Record<string, string>>, url: string): ServiceProcess {
    const launched = new ServiceProcess(environment);
    launched.#rest = new RestClient(url);
    return launched;
  }

  private constructor(environment: Readonly<Record<string, string>>) {
    const env = { PATH: process.env['PATH'], ...environment };
    this.#child = spawn(process.execPath, [mainFile()], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.on('data', (part: Buffer) => (this.#stdout += part.toString()));
    this.#child.stderr?.on('data', (part: Buffer) => (this.#stderr += part.toString()));
    this.exit = new Promise((done, fail) => {
      this.#child.on('error', fail);
      // "close" and not "exit": by then everything that was printed has been read.
      this.#child.on('close', (code, signal) => {
        done({ code, signal });
      });
    });
  }

  get rest(): RestClient {
    if (!this.#rest) throw new Error('the service has not started');
    return this.#rest;
  }

  /** For HTTP/2; printed with the address of REST. */
  get grpcUrl(): string {
    const address = /^gRPC +(\S+)$/m.exec(this.#stdout)?.[1];
    if (address === undefined) throw new Error('the service has not started');
    return `http://${address}`;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** What the process has used of a processor so far; stands still where the system does not tell (it does on Linux). */
  get cpuMs(): number {
    const file = `/proc/${this.#child.pid}/stat`;
    if (!existsSync(file)) return 0;
    // Behind the name, which may hold anything, user and system time are the 12th and 13th, in hundredths of a second.
    const fields = readFileSync(file, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  /** From now on nobody reads what it writes. */
  dropReaders(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  /** Sends a signal and goes on. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it with a signal and answers how it ended. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<Exit> {
    this.signal(signal);
    const exit = await this.exit;
    this.#rest?.close();
    return exit;
  }

  #restUrl(): Promise<string> {
    return new Promise((found, fail) => {
      const look = (): void => {
        const url = /^REST +(http:\/\/\S+)\/v1$/m.exec(this.#stdout)?.[1];
        if (url !== undefined) found(url);
      };
      this.#child.stdout?.on('data', look);
      void this.exit.then(({ code, signal }) => {
        fail(new Error(`the service ended at its start (${code ?? signal}): ${this.#stderr}`));
      });
    });
  }
}

/** `npm test` builds before it tests; HOTSPLIT_TEST_DIST names a build elsewhere. */
function mainFile(): string {
  const dist = process.env['HOTSPLIT_TEST_DIST'] ?? resolve(__dirname, '../../dist');
  const file = join(dist, 'src', 'main.js');
  if (!existsSync(file))
    throw new Error(`${file} is missing: run "npm run build", or the tests through "npm test"`);
  return file;
}
