import type { ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pause } from '../../kernel/clock';
import type { TcpRelay } from '../../kernel/tcp-relay';
import { CHECKOUT, tiedScript } from './scripts';

const START_AGAIN_MS = 200;

/** One instance of the real service: a process that is started again and again, behind one address. */
export class Service {
  /** How often it ended although nobody had ended it. */
  unexpectedEnds = 0;
  /** Past its door, while it serves. */
  url: string | undefined;
  #child: ChildProcess | undefined;
  #ended: Promise<number | NodeJS.Signals> = Promise.resolve(0);
  #isToEnd = false;

  constructor(
    readonly number: number,
    private readonly environment: Readonly<Record<string, string>>,
    /** Before it, for clients. */
    readonly door: TcpRelay,
    readonly logFile: string,
  ) {}

  get name(): string {
    return `service ${this.number}`;
  }

  private get isToEnd(): boolean {
    return this.#isToEnd;
  }

  /** Resolves when it serves. One that ends at its start is started again, as whatever supervises it would. */
  async start(): Promise<void> {
    this.#isToEnd = false;
    for (;;) {
      const url = await this.#startOnce();
      if (url !== undefined) {
        this.door.aimAt(url);
        this.url = url;
        return;
      }
      if (this.isToEnd) return;
      await pause(START_AGAIN_MS);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends it with a signal and answers how it ended: an exit code, or the signal. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | NodeJS.Signals> {
    this.#isToEnd = true;
    this.signal(signal);
    return this.#ended;
  }

  /** Its address once it serves; undefined if it ended before. */
  async #startOnce(): Promise<string | undefined> {
    const main = join(CHECKOUT, 'dist', 'src', 'main.js');
    const script = await tiedScript();
    const child = script.spawnTied(process.execPath, ['--enable-source-maps', main], {
      env: { PATH: process.env['PATH'], ...this.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(this.logFile, { flags: 'a' });
    child.stderr?.pipe(log);
    this.#child = child;
    return new Promise((resolve) => {
      let said = '';
      let url: string | undefined;
      child.stdout?.on('data', (part: Buffer) => {
        said += part.toString();
        url ??= /^REST +(http:\/\/\S+)\/v1$/m.exec(said)?.[1];
        if (url !== undefined) resolve(url);
      });
      this.#ended = new Promise((ended) => {
        child.once('close', (code, signal) => {
          if (url !== undefined && !this.#isToEnd) this.#endedByItself(code, signal);
          resolve(undefined);
          ended(code ?? signal ?? 0);
        });
      });
    });
  }

  #endedByItself(code: number | null, signal: NodeJS.Signals | null): void {
    this.unexpectedEnds += 1;
    createWriteStream(this.logFile, { flags: 'a' }).end(`ended by itself: ${code ?? signal}\n`);
    void this.start();
  }
}
