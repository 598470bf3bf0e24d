import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StructuredLog } from '../platform/structured-log';
import type { FromPrimary, FromWorker } from './messages';
import { type MetricValues, MetricsSum } from './metrics-sum';
import { endsInARow, restartPauseMs } from './restart-pause';

/** A worker that could not start, in its own words. */
export class WorkerRefusedError extends Error {
  readonly code = 'WORKER_REFUSED';

  constructor(readonly told: string) {
    super(told);
    this.name = 'WorkerRefusedError';
  }
}

/** A worker that does not tell its metrics within this is left out of the sum, but for what it had counted before. */
const METRICS_MS_MAX = 1_000;

interface Look {
  readonly wanted: Set<number>;
  readonly answers: Map<number, MetricValues>;
  readonly done: () => void;
}

/**
 * The worker processes, as their primary sees them. They share the listeners, which the primary holds and deals
 * connections from in turn, and the shards, which they use as several instances do.
 *
 *     launched ──serving──▶ serving ──ends──▶ replaced after a pause that grows ──▶ launched …
 *        └──refused──▶ at the start, or when no other serves: everything ends, in the worker's words
 */
export class Workers {
  readonly #serving = new Map<number, Worker>();
  readonly #sum = new MetricsSum();
  readonly #looks = new Map<number, Look>();
  readonly #stopping = new AbortController();
  #lookCount = 0;
  #onFailure: (error: Error) => void = () => undefined;

  constructor(
    private readonly count: number,
    private readonly log: Pick<StructuredLog, 'warn' | 'error' | 'info'>,
  ) {}

  /**
   * The first alone, so that migrations run and refusals are told once; then the others.
   *
   * @returns what each prints of where it listens, which is the same for all
   * @throws WorkerRefusedError when one cannot start
   */
  async start(): Promise<readonly string[]> {
    const addresses = await this.#launch(0);
    await Promise.all(Array.from({ length: this.count - 1 }, () => this.#launch(0)));
    return addresses;
  }

  /** What to do when none is left that serves, and the next could not start. */
  onFailure(listener: (error: Error) => void): void {
    this.#onFailure = listener;
  }

  /** Tells every worker to stop, waits for all, and answers whether each ended in order. */
  async stop(): Promise<boolean> {
    this.#stopping.abort();
    const ends = workersAlive().map(async (worker) => {
      const ended = codeOfEnd(worker);
      send(worker, { kind: 'stop' });
      return (await ended) === 0;
    });
    return (await Promise.all(ends)).every(Boolean);
  }

  /** Ends every worker now. */
  kill(): void {
    this.#stopping.abort();
    for (const worker of workersAlive()) worker.process.kill('SIGKILL');
  }

  /** @param endsBefore how often in a row the one ended whose place this one takes */
  #launch(endsBefore: number): Promise<readonly string[]> {
    const worker = cluster.fork();
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
    let servingSince: number | undefined;
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'refused') reject(new WorkerRefusedError(message.told));
      else if (message.kind !== 'serving') this.#hear(worker, message);
      else {
        servingSince = performance.now();
        this.#serving.set(worker.id, worker);
        this.log.info('a worker serves', { worker: worker.id, pid: worker.process.pid });
        resolve(message.addresses);
      }
    });
    worker.once('exit', (code: number | null, signal: string | null) => {
      const how = signal ?? `code ${String(code)}`;
      reject(new WorkerRefusedError(`a worker ended at its start (${how})`));
      if (servingSince !== undefined)
        void this.#replace(worker, how, endsInARow(endsBefore, performance.now() - servingSince));
    });
    return promise;
  }

  async #replace({ id, process: { pid } }: Worker, how: string, endsBefore: number): Promise<void> {
    this.#serving.delete(id);
    for (const look of this.#looks.values()) settle(look, id);
    await this.#sum.end(id);
    if (this.#isStopping()) return;
    this.log.error('a worker has ended and is replaced', { worker: id, pid, how });
    for (let ends = endsBefore; ; ends += 1) {
      await sleep(restartPauseMs(ends), undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#isStopping()) return;
      try {
        await this.#launch(ends);
        this.log.info('a worker was replaced', { worker: id });
        return;
      } catch (error) {
        if (this.#isStopping()) return;
        this.log.error('a worker cannot be replaced yet', { worker: id, error });
        if (this.#serving.size > 0) continue;
        this.#onFailure(error as Error);
        return;
      }
    }
  }

  #hear(worker: Worker, message: Exclude<FromWorker, { kind: 'serving' | 'refused' }>): void {
    switch (message.kind) {
      case 'notice':
        for (const other of this.#serving.values()) if (other !== worker) send(other, message);
        return;
      case 'sumWanted':
        void this.#sumUp().then((text) => {
          send(worker, { kind: 'sum', ask: message.ask, text });
        });
        return;
      case 'metrics': {
        const look = this.#looks.get(message.look);
        if (!look) return;
        look.answers.set(worker.id, message.metrics);
        settle(look, worker.id);
      }
    }
  }

  /** Asks every worker; one that does not answer holds nobody up for long. */
  async #sumUp(): Promise<string> {
    const number = (this.#lookCount += 1);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const look: Look = {
      wanted: new Set(this.#serving.keys()),
      answers: new Map(),
      done: () => {
        resolve(undefined);
      },
    };
    this.#looks.set(number, look);
    for (const worker of this.#serving.values()) send(worker, { kind: 'metricsWanted', look: number });
    const waited = new AbortController();
    const late = sleep(METRICS_MS_MAX, undefined, { signal: waited.signal }).catch(() => undefined);
    await Promise.race([promise, late]);
    waited.abort();
    this.#looks.delete(number);
    return this.#sum.text(look.answers);
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }
}

function settle(look: Look, id: number): void {
  look.wanted.delete(id);
  if (look.wanted.size === 0) look.done();
}

/** To one that is about to end, it is as good as not sent. */
function send(worker: Worker, message: FromPrimary): void {
  if (worker.isConnected()) worker.send(message, () => undefined);
}

function workersAlive(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter(
    (worker): worker is Worker => worker !== undefined && !worker.isDead(),
  );
}

function codeOfEnd(worker: Worker): Promise<number | null> {
  return new Promise((resolve) => {
    worker.once('exit', (code: number | null) => {
      resolve(code);
    });
  });
}
