import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { Counter, Registry } from 'prom-client';
import type { Settings } from '../platform/settings';
import type { StructuredLog } from '../platform/structured-log';
import { endDealtConnectionsWith } from './dealt-connections';
import type { FromPrimary, FromWorker } from './messages';
import { type MetricValues, MetricsSum } from './metrics-sum';
import { endsInARow, restartPauseMs } from './restart-pause';
import { Silence } from './silence';

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

/** How often each worker is asked whether it is there. */
const QUESTION_MS = 1_000;

/** One that starts loads everything at once, and answers nothing meanwhile. */
const START_SECONDS_MAX = 60;

/** The primary's own metrics, among those of the workers, which are counted from 1. */
const PRIMARY = 0;

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
 *
 * One that does not answer any more (a blocked event loop, a stopped process) keeps its connections from being answered
 * by another: it is killed, which for money is a crash like any other, and thereby replaced.
 */
export class Workers {
  readonly #serving = new Map<number, Worker>();
  readonly #sum = new MetricsSum();
  readonly #looks = new Map<number, Look>();
  readonly #stopping = new AbortController();
  readonly #silence = new Silence();
  /** Killed for it. */
  readonly #silent = new Set<number>();
  readonly #replaced = workersReplaced();
  #lookCount = 0;
  #onFailure: (error: Error) => void = () => undefined;

  constructor(
    private readonly settings: Pick<Settings, 'workers' | 'workerSilentSecondsMax'>,
    private readonly log: Pick<StructuredLog, 'warn' | 'error' | 'info'>,
  ) {}

  /**
   * The first alone, so that migrations run and refusals are told once; then the others.
   *
   * @returns what each prints of where it listens, which is the same for all; nothing when they were stopped meanwhile
   * @throws WorkerRefusedError when one cannot start
   */
  async start(): Promise<readonly string[] | undefined> {
    this.#replaced.counter.inc({ reason: 'ended' }, 0);
    this.#replaced.counter.inc({ reason: 'silent' }, 0);
    setInterval(() => {
      for (const worker of workersAlive()) this.#ask(worker);
    }, QUESTION_MS).unref();
    try {
      const addresses = await this.#launch(0);
      if (this.#isStopping()) return undefined;
      await Promise.all(Array.from({ length: this.settings.workers - 1 }, () => this.#launch(0)));
      return addresses;
    } catch (error) {
      if (this.#isStopping()) return undefined;
      throw error;
    }
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
    endDealtConnectionsWith(worker.process);
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
    let servingSince: number | undefined;
    worker.on('message', (message: FromWorker) => {
      this.#silence.hear(worker.id);
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
      this.#silence.forget(worker.id);
      const reason = this.#silent.delete(worker.id) ? 'silent' : 'ended';
      if (servingSince !== undefined) this.#replaced.counter.inc({ reason });
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

  #ask(worker: Worker): void {
    const { id, process: child } = worker;
    const secondsMax = Math.max(
      this.#serving.has(id) ? 0 : START_SECONDS_MAX,
      this.settings.workerSilentSecondsMax,
    );
    if (this.#silent.has(id)) return;
    if (this.#silence.ask(id) < secondsMax) {
      send(worker, { kind: 'aliveWanted' });
      return;
    }
    this.#silent.add(id);
    this.log.error('a worker does not answer and is killed', { worker: id, pid: child.pid, secondsMax });
    child.kill('SIGKILL');
  }

  #hear(worker: Worker, message: Exclude<FromWorker, { kind: 'serving' | 'refused' }>): void {
    switch (message.kind) {
      case 'alive':
        return;
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
    const own = (await this.#replaced.registry.getMetricsAsJSON()) as unknown as MetricValues;
    return this.#sum.text(new Map(look.answers).set(PRIMARY, own));
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

/** The primary's own metric. It has a registry of its own, because the others are the workers' and are added up. */
export function workersReplaced(): { readonly counter: Counter<'reason'>; readonly registry: Registry } {
  const registry = new Registry();
  const counter = new Counter({
    name: 'hotsplit_workers_replaced_total',
    help: 'Only with several workers: those that served and were replaced, because they `ended`, or were `silent` for HOTSPLIT_WORKER_SILENT_SECONDS_MAX and were killed.',
    labelNames: ['reason'],
    registers: [registry],
  });
  return { counter, registry };
}
