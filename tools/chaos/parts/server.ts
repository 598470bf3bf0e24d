import { execFile } from 'node:child_process';
import { rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pause } from '../../kernel/clock';
import type { StartedServer, StartedServers } from './scripts';

const TRIES_MAX = 20;
const LOOK_MS = 50;
const run = promisify(execFile);

/** A database server or a Redis: one process with its data, that can be killed, stopped and started alone. */
export class Server {
  #pid: number;
  #isKilled = false;
  #isKept = false;
  #starting: Promise<void> | undefined;

  constructor(
    readonly name: string,
    private readonly started: StartedServer,
    private readonly startAgain: StartedServers['startAgain'],
  ) {
    this.#pid = started.pid;
  }

  get url(): string {
    return this.started.url;
  }

  get version(): string {
    return this.started.version ?? '?';
  }

  get hasSmallDisk(): boolean {
    return this.started.smallDisk !== undefined;
  }

  get isRunning(): boolean {
    try {
      return process.kill(this.#pid, 0);
    } catch {
      return false;
    }
  }

  signal(signal: NodeJS.Signals): void {
    if (this.isRunning) process.kill(this.#pid, signal);
  }

  /** Resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#isKilled = true;
    await this.#starting?.catch(() => undefined);
    this.signal('SIGKILL');
    while (this.isRunning) await pause(LOOK_MS);
  }

  /** Starts it unless it runs; resolves when it answers. */
  start(): Promise<void> {
    this.#isKilled = false;
    this.#starting ??= this.#startUnlessRunning().finally(() => (this.#starting = undefined));
    return this.#starting;
  }

  /**
   * Starts it again whenever it ends by itself, as a service manager does, until `stopKeeping`. A database that gives up
   * over a full disk is gone only after it has written down why.
   */
  keepRunning(): void {
    this.#isKept = true;
    void this.#keepRunning();
  }

  stopKeeping(): void {
    this.#isKept = false;
  }

  async #keepRunning(): Promise<void> {
    while (this.#isKept) {
      // On a full disk it may not come up: the next try may.
      if (!this.#isKilled) await this.start().catch(() => undefined);
      await pause(LOOK_MS);
    }
  }

  async #startUnlessRunning(): Promise<void> {
    for (let tries = 1; !this.isRunning; tries += 1) {
      try {
        this.#pid = await this.startAgain(this.started.port);
      } catch (error) {
        // The port may be in use for a moment by somebody's outgoing connection.
        if (tries >= TRIES_MAX) throw error;
        await pause(LOOK_MS);
      }
    }
  }

  /** Leaves not a byte free on its disk. */
  async fillDisk(): Promise<void> {
    const disk = statfsSync(this.#disk());
    const bytes = disk.bavail * disk.bsize;
    if (bytes > 0)
      await run('fallocate', ['--length', String(bytes), this.#ballast()]).catch(() => undefined);
  }

  freeDisk(): void {
    rmSync(this.#ballast(), { force: true });
  }

  #ballast(): string {
    return join(this.#disk(), 'ballast');
  }

  #disk(): string {
    if (this.started.smallDisk === undefined) throw new Error(`${this.name} has no small disk`);
    return this.started.smallDisk;
  }
}
