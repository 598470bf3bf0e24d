import type { OperationError, OperationKind, OperationRecord } from '../../shards/directory/operation-record';
import {
  ASKED,
  ENDED,
  type OperationAdvance,
  type OperationStore,
} from '../../shards/directory/operation-store';
import type { Later } from '../../shards/surroundings';
import type { EngineObserver } from '../observer';
import { Periodic } from '../periodic';

/** What a job does with its operation: it reads where it stands, does the work of that step, and takes the next. */
export interface JobRun {
  readonly operation: OperationRecord;
  /** Aborted when this instance stops or another one has taken the operation over. */
  readonly signal: AbortSignal;
  /**
   * Takes the operation from its present step to another. Rejects with `StepLostError` when it does not stand there any
   * more: then another runner is at work, and this one must do nothing further.
   */
  advance(to: OperationAdvance): Promise<void>;
  report(progress: OperationRecord['progress']): Promise<void>;
}

/**
 * A kind of operation. `run` goes on from the step it finds until the operation has ended. Every step may be repeated;
 * what rejects is tried again later, by any instance.
 */
export interface Job {
  run(run: JobRun): Promise<void>;
}

/** The operation was taken over by another runner. */
export class StepLostError extends Error {
  readonly code = 'STEP_LOST';

  constructor(operationId: string) {
    super(`operation ${operationId} has gone on without this runner`);
    this.name = 'StepLostError';
  }
}

export interface RunnerSettings {
  /** How long others leave an operation alone whose runner says nothing. */
  readonly leaseMs: number;
  readonly intervalMs: number;
  /** The pause before what failed is tried again; it doubles up to the longest. */
  readonly retryMs: number;
  readonly retryMsMax: number;
  readonly runningMax: number;
  /** Of kinds that read everything: more at once would leave the instance nothing for its callers. */
  readonly auditsMax: number;
}

export const RUNNER_SETTINGS: RunnerSettings = {
  leaseMs: 3_000,
  intervalMs: 1_000,
  retryMs: 1_000,
  retryMsMax: 10_000,
  runningMax: 16,
  auditsMax: 1,
};

/** So many times the operations that may run are looked at, to find those for which there is room. */
const LOOKED_AT = 4;

export interface RunnerParts {
  readonly store: OperationStore;
  readonly observer: EngineObserver;
  readonly settings: RunnerSettings;
  readonly newId: () => string;
  readonly later?: Later;
}

/**
 * Runs operations, and takes up those whose runner died. A runner holds an operation by a lease, which only keeps others
 * from doing the same work: what makes it safe is that every step is taken by compare-and-set.
 */
export class OperationRunner {
  readonly #runner: string;
  readonly #jobs = new Map<OperationKind, Job>();
  readonly #running = new Map<
    string,
    { readonly kind: OperationKind; readonly done: Promise<void>; readonly stop: AbortController }
  >();
  /** Failed here, and not left to others yet. */
  readonly #left = new Set<string>();
  /** How often each operation failed here since it last went on. */
  readonly #failures = new Map<string, number>();
  readonly #looking: Periodic;
  #stopped = false;

  constructor(private readonly parts: RunnerParts) {
    this.#runner = parts.newId();
    this.#looking = new Periodic(parts.settings.intervalMs, () => this.takeUp(), parts.later);
  }

  register(kind: OperationKind, job: Job): void {
    this.#jobs.set(kind, job);
  }

  /** Writes an operation down, held by this runner and not running yet. */
  async create(operation: {
    readonly kind: OperationKind;
    readonly accountId: string | null;
    readonly step: string;
    readonly plan: OperationRecord['plan'];
  }): Promise<OperationRecord> {
    const operationId = this.parts.newId();
    await this.parts.store.insert({
      ...operation,
      operationId,
      runner: this.#runner,
      leaseMs: this.parts.settings.leaseMs,
    });
    const written = await this.parts.store.find(operationId);
    if (!written) throw new Error(`operation ${operationId} vanished from the directory`);
    return written;
  }

  /** Runs an operation that this runner holds. Resolves when it has ended or can go no further now; never rejects. */
  run(operation: OperationRecord): Promise<void> {
    const { operationId, kind } = operation;
    const known = this.#running.get(operationId);
    if (known) return known.done;
    const stop = new AbortController();
    const done = this.#run(operation, stop).finally(() => this.#running.delete(operationId));
    this.#running.set(operationId, { kind, done, stop });
    return done;
  }

  /**
   * Runs an operation that was just asked for, if there is room. Otherwise the operation waits in the directory: whoever has room
   * first, of all instances, takes it up when this runner's lease is over.
   */
  runWhenRoom(operation: OperationRecord): void {
    if (this.#hasRoomFor(operation.kind)) void this.run(operation);
  }

  /** Ends an operation that was never begun. @returns false when another runner has taken it up by now */
  refuse({ operationId }: OperationRecord, error: OperationError): Promise<boolean> {
    return this.parts.store.advance(operationId, ASKED, { step: ENDED, status: 'failed', error });
  }

  /** Takes up, every now and then, what nobody runs. */
  start(): void {
    this.#looking.start('at once');
  }

  /** Looks once for operations that nobody runs, and starts them. */
  async takeUp(): Promise<void> {
    try {
      const { runningMax } = this.parts.settings;
      if (this.#running.size >= runningMax) return;
      // More than there is room for: audits that wait for another audit keep nothing else waiting.
      for (const operation of await this.parts.store.abandoned(runningMax * LOOKED_AT)) {
        if (this.#stopped || !this.#jobs.has(operation.kind) || this.#leaves(operation.operationId)) continue;
        if (!this.#hasRoomFor(operation.kind)) continue;
        const { leaseMs } = this.parts.settings;
        if (!(await this.parts.store.claim(operation.operationId, this.#runner, leaseMs))) continue;
        const fresh = await this.parts.store.find(operation.operationId);
        if (fresh) void this.run(fresh);
      }
    } catch (error) {
      this.parts.observer.deferred('operations', error);
    }
  }

  /** Lets go of everything: what has not ended, another instance takes up. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#looking.stop();
    const running = [...this.#running.values()];
    for (const { stop } of running) stop.abort();
    await Promise.all(running.map(({ done }) => done));
  }

  #hasRoomFor(kind: OperationKind): boolean {
    const { runningMax, auditsMax } = this.parts.settings;
    if (this.#running.size >= runningMax) return false;
    if (kind !== 'audit') return true;
    return [...this.#running.values()].filter((running) => running.kind === 'audit').length < auditsMax;
  }

  /** What just failed here is left to others for one look: they may reach what this instance cannot. */
  #leaves(operationId: string): boolean {
    return this.#left.delete(operationId);
  }

  #pauseMs(operationId: string): number {
    if (this.#stopped) return 0;
    this.#left.add(operationId);
    const failures = this.#failures.get(operationId) ?? 0;
    this.#failures.set(operationId, failures + 1);
    const { retryMs, retryMsMax } = this.parts.settings;
    return Math.min(retryMsMax, retryMs * 2 ** failures);
  }

  async #run(operation: OperationRecord, stop: AbortController): Promise<void> {
    const { operationId, kind } = operation;
    const { store, observer, settings } = this.parts;
    const job = this.#jobs.get(kind);
    if (!job || operation.step === ENDED) return;
    const hold = async (): Promise<void> => {
      const held = await store.claim(operationId, this.#runner, settings.leaseMs).catch(() => true);
      if (!held) stop.abort();
    };
    const holding = new Periodic(settings.leaseMs / 3, hold, this.parts.later);
    holding.start('after a pause');
    try {
      await job.run(new Run(operation, store, stop.signal));
      this.#failures.delete(operationId);
      this.#left.delete(operationId);
    } catch (error) {
      if (error instanceof StepLostError) return;
      if (!this.#stopped) observer.deferred(`operation ${kind} ${operationId}`, error);
      await store.postpone(operationId, this.#runner, this.#pauseMs(operationId)).catch(() => undefined);
    } finally {
      await holding.stop();
    }
  }
}

class Run implements JobRun {
  #operation: OperationRecord;

  constructor(
    operation: OperationRecord,
    private readonly store: OperationStore,
    readonly signal: AbortSignal,
  ) {
    this.#operation = operation;
  }

  get operation(): OperationRecord {
    return this.#operation;
  }

  async advance(to: OperationAdvance): Promise<void> {
    this.signal.throwIfAborted();
    const { operationId, step } = this.#operation;
    if (!(await this.store.advance(operationId, step, to))) throw new StepLostError(operationId);
    const { result = this.#operation.result, error = this.#operation.error, ...rest } = to;
    this.#operation = { ...this.#operation, ...rest, result, error };
  }

  async report(progress: OperationRecord['progress']): Promise<void> {
    this.signal.throwIfAborted();
    await this.store.report(this.#operation.operationId, progress);
  }
}
