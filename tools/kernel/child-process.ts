import { fork, type ChildProcess } from 'node:child_process';
import type { Cleanups } from './cleanups';

export interface Call {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

export type Answer = { readonly id: number } & ({ readonly result: unknown } | { readonly error: string });

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

const END_MS_MAX = 10_000;

/**
 * A process that this one starts, and calls to it, which `answerParent` serves over there. The child ends by itself when
 * this process is gone, and with the other cleanups in any case.
 */
export class Child {
  readonly #waiting = new Map<number, Waiting>();
  readonly #process: ChildProcess;
  readonly #exited: Promise<void>;
  #calls = 0;

  /** Ends the process: asks it to, then makes it. */
  readonly end: () => Promise<void>;

  constructor(
    private readonly name: string,
    module: string,
    options: { readonly env: NodeJS.ProcessEnv; readonly cleanups: Cleanups },
  ) {
    this.#process = fork(module, { env: options.env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#process.on('message', (answer: Answer) => {
      this.#settle(answer);
    });
    this.#exited = new Promise((resolve) => {
      this.#process.once('exit', (code, signal) => {
        this.#failAll(`${this.name} ended (${signal ?? `exit code ${code ?? 'unknown'}`})`);
        resolve();
      });
    });
    this.end = options.cleanups.add(() => this.#end());
  }

  /** Rejects when the process ends, answers with an error, or takes longer than `msMax`. */
  call<T>(name: string, argument: unknown, msMax: number): Promise<T> {
    const id = (this.#calls += 1);
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`${this.name} did not answer "${name}" within ${Math.round(msMax / 1_000)} s`));
      }, msMax);
      const settled = (): boolean => this.#waiting.delete(id);
      this.#waiting.set(id, {
        resolve: (result) => {
          clearTimeout(timer);
          if (settled()) resolve(result as T);
        },
        reject: (error) => {
          clearTimeout(timer);
          if (settled()) reject(error);
        },
      });
      this.#process.send({ id, name, argument } satisfies Call);
    });
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    if ('error' in answer) waiting?.reject(new Error(`${this.name}: ${answer.error}`));
    else waiting?.resolve(answer.result);
  }

  #failAll(reason: string): void {
    for (const waiting of [...this.#waiting.values()]) waiting.reject(new Error(reason));
  }

  async #end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    if (this.#process.connected) this.#process.disconnect();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), END_MS_MAX);
    await this.#exited;
    clearTimeout(timer);
  }
}
