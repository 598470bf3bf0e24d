import cluster from 'node:cluster';
import type { Notice } from '../platform/notices';
import type { FromPrimary, FromWorker } from './messages';
import type { MetricValues } from './metrics-sum';

/** Longer than the primary waits for the workers, shorter than a scrape usually may take. */
const SUM_MS_MAX = 5_000;

/** The primary, which alone knows of all workers, has not answered; it is stopped, or its event loop is. */
export class PrimarySilentError extends Error {
  readonly code = 'PRIMARY_SILENT';

  constructor() {
    super(`the primary process has not answered within ${SUM_MS_MAX} ms`);
    this.name = 'PrimarySilentError';
  }
}

/**
 * A worker's line to its primary. When the primary is gone (it was killed), so are the listeners that it holds for all:
 * whoever has something to finish is told, and what was asked of it remains without an answer from there.
 */
export class WorkerLine {
  readonly #noticed: ((notice: Notice) => void)[] = [];
  readonly #asked = new Map<number, (text: string | undefined) => void>();
  #asks = 0;
  #readMetrics: () => Promise<MetricValues> = () => Promise.resolve([]);
  #stop: () => void = () => process.exit(0);

  constructor(private readonly channel: NodeJS.Process) {
    channel.on('message', (message) => {
      this.#hear(message as FromPrimary);
    });
    channel.on('disconnect', () => {
      for (const answer of this.#asked.values()) answer(undefined);
      this.#asked.clear();
      this.#stop();
    });
  }

  /** Resolves when it has left, or cannot. */
  tell(message: FromWorker): Promise<void> {
    return new Promise((resolve) => {
      if (!this.channel.connected) resolve();
      else
        this.channel.send?.(message, undefined, undefined, () => {
          resolve();
        });
    });
  }

  onNotice(listener: (notice: Notice) => void): void {
    this.#noticed.push(listener);
  }

  /** What to do when the primary says so, or has ended; before there is something, the process ends at once. */
  onStop(stop: () => void): void {
    this.#stop = stop;
  }

  /** Where this worker's own share of the metrics is read. */
  readMetricsFrom(read: () => Promise<MetricValues>): void {
    this.#readMetrics = read;
  }

  /**
   * The metrics of all workers as a text; `undefined` when there is no primary to collect them.
   *
   * @throws PrimarySilentError when there is one that does not answer. This worker's own would not do in its place: every
   *   counter would fall now and rise again later, which `rate()` reads as a burst.
   */
  metricsOfAll(): Promise<string | undefined> {
    if (!this.channel.connected) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const ask = (this.#asks += 1);
      const late = setTimeout(() => {
        this.#asked.delete(ask);
        reject(new PrimarySilentError());
      }, SUM_MS_MAX);
      this.#asked.set(ask, (text) => {
        clearTimeout(late);
        resolve(text);
      });
      void this.tell({ kind: 'sumWanted', ask });
    });
  }

  #hear(message: FromPrimary): void {
    switch (message.kind) {
      case 'stop':
        this.#stop();
        return;
      case 'notice':
        for (const listener of this.#noticed) listener(message.notice);
        return;
      case 'aliveWanted':
        void this.tell({ kind: 'alive' });
        return;
      case 'metricsWanted':
        void this.#readMetrics().then((metrics) =>
          this.tell({ kind: 'metrics', look: message.look, metrics }),
        );
        return;
      case 'sum':
        this.#asked.get(message.ask)?.(message.text);
        this.#asked.delete(message.ask);
    }
  }
}

export const WORKER_LINE = Symbol('worker line');

let line: WorkerLine | undefined;

/** The line of this process, if it is a worker. */
export function workerLine(): WorkerLine | undefined {
  if (!cluster.worker) return undefined;
  // Otherwise node:cluster ends the process in the middle of what it is doing when the primary is gone.
  cluster.worker.exitedAfterDisconnect = true;
  return (line ??= new WorkerLine(process));
}
