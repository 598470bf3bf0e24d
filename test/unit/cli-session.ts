import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { run } from '../../src/cli/program';
import { readSecret } from '../../src/cli/surroundings';

export interface Ended {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Runs command lines in this process, in a folder and a time of their own: a pause passes at once. */
export class CliSession {
  readonly folder = mkdtempSync(join(tmpdir(), 'hotsplit-cli-'));
  /** All pauses so far. */
  readonly pausesMs: number[] = [];
  #nowMs = 0;

  /** What comes from standard input. */
  input = '';
  /** Where keys are pressed, when `onTerminal`. */
  readonly keys = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  /** The terminals of the command that runs. */
  readonly terminals: Writable[] = [];

  constructor(private readonly env: Readonly<Record<string, string>>) {}

  file(name: string, text?: string | Buffer): string {
    const path = join(this.folder, name);
    if (text !== undefined) writeFileSync(path, text);
    return path;
  }

  /** Whether both outputs are terminals, 100 columns wide. */
  onTerminal = false;

  async run(...args: string[]): Promise<Ended> {
    const [out, err] = [new Collected(this.onTerminal), new Collected(this.onTerminal)];
    this.terminals.splice(0, Infinity, out, err);
    const exitCode = await run(args, {
      out,
      err,
      readIn: (what) => readSecret(Readable.from([this.input]), what),
      keys: () => this.keys as unknown as NodeJS.ReadStream,
      env: this.env,
      random: () => 0.5,
      clock: {
        wallMs: () => Date.UTC(2026, 0, 1) + this.#nowMs,
        nowMs: () => this.#nowMs,
        pause: (milliseconds, signal) => {
          signal.throwIfAborted();
          this.pausesMs.push(milliseconds);
          this.#nowMs += milliseconds;
          return Promise.resolve();
        },
      },
    });
    return { exitCode, out: out.text, err: err.text };
  }

  /** Runs one with `--json`. */
  async json<T>(...args: string[]): Promise<T & { readonly exitCode: number }> {
    const { exitCode, out } = await this.run(...args, '--json');
    return { ...(JSON.parse(out) as T), exitCode };
  }

  end(): void {
    rmSync(this.folder, { recursive: true });
  }
}

class Collected extends Writable {
  text = '';
  readonly columns = 100;
  readonly rows = 30;

  constructor(readonly isTTY: boolean) {
    super();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
