import { ShardContendedError, ShardUnavailableError } from '../../../src/shards/faults';
import { DirectoryUnavailableError } from '../../../src/shards/directory/directory';
import { JudgedCalls } from '../model/calls';
import type { Dice } from '../../kernel/dice';
import { type InstanceSettings, NO_ANSWER, type SimInstance } from '../world/sim-instance';
import type { World } from '../world/world';
import type { AccountPlan, Plan } from './plan';

/** Nothing may be waited for longer than this, whatever breaks. */
export const ANSWER_MS_MAX = 90_000;

/** What could not be asked just now; asking again is safe. */
export const NOT_NOW = Symbol('not now');

/** A world with its workload: what is known of accounts, keys and operations while they are in use. */
export class Site {
  readonly calls: JudgedCalls;
  readonly accounts: AccountPlan[] = [];
  /** Those that are known to be there. */
  readonly created = new Set<string>();
  /** Operations that were begun. */
  readonly operations = new Set<string>();
  /** Shards that any instance may use. */
  readonly shards: string[];
  /** Since when nothing is broken; infinite while anything may be. */
  calmSinceMs = Infinity;

  constructor(
    readonly world: World,
    readonly plan: Plan,
    readonly chance: Dice,
  ) {
    this.calls = new JudgedCalls(world.model);
    this.shards = [...plan.shards];
  }

  get settings(): InstanceSettings {
    const { shards, lanesPerShard, laneSettings, leasing, stuck, intake, feed, screening, payments } =
      this.plan;
    return {
      shards,
      lanesPerShard,
      laneSettings,
      leaseSettings: leasing?.settings ?? {},
      recovery: stuck ? { pageMax: stuck.pageMax } : {},
      batches: this.plan.holdBatches ?? { itemsMax: 1_000, waitMsMax: 10_000 },
      paymentRecovery: payments ? { pageMax: payments.pageMax } : {},
      intake: intake ? { recordsMax: intake.recordsMax, pageRecords: intake.pageRecords } : 'left alone',
      feed: feed ? { rowsMax: feed.rowsMax, leaseMs: feed.leaseMs } : null,
      screening: screening ?? {},
      levels: feed ? { restMs: feed.restMs } : {},
      selfSplit: this.plan.selfSplit,
    };
  }

  get nowMs(): number {
    return this.world.timeline.nowMs;
  }

  sleep(ms: number): Promise<void> {
    return this.world.timeline.sleep(ms);
  }

  note(what: string): void {
    this.world.trace.note(what);
  }

  /** An instance that takes calls; waits until there is one. */
  async anyInstance(): Promise<SimInstance> {
    const untilMs = this.nowMs + ANSWER_MS_MAX;
    for (;;) {
      const { living } = this.world;
      if (living.length > 0) return this.chance.oneOf(living);
      if (this.nowMs > untilMs) this.world.model.violated('everythingEnds', 'no instance comes up');
      await this.sleep(50);
    }
  }

  /** Keeps starting instances until one is up; begun with nothing but its settings, as a process is. */
  async startInstance(): Promise<SimInstance> {
    const untilMs = this.nowMs + ANSWER_MS_MAX;
    for (;;) {
      const instance = this.world.newInstance(this.settings);
      const failed = await instance.start();
      if (failed === undefined) {
        this.note(`${instance.name} is up`);
        return instance;
      }
      // Without the stack: a trace is the same wherever the checkout lies.
      this.note(`${instance.name} does not come up: ${inspect(failed).split('\n', 1).join()}`);
      instance.kill();
      if (this.nowMs > untilMs)
        this.world.model.violated('everythingEnds', `no instance comes up: ${inspect(failed)}`);
      await this.sleep(200);
    }
  }

  /** Something that an instance, any unless told, is asked for beside money. `NOT_NOW` when it cannot say, for a reason that is allowed. */
  async ask<T>(
    what: string,
    run: (instance: SimInstance) => Promise<T>,
    chosen?: SimInstance,
  ): Promise<T | typeof NOT_NOW> {
    const instance = chosen ?? (await this.anyInstance());
    const answered: Promise<T | typeof NOT_NOW> = instance
      .call(() => run(instance))
      .then(
        (answer) => (answer === NO_ANSWER ? NOT_NOW : answer),
        (error: unknown): typeof NOT_NOW => {
          if (isNotNow(error)) return NOT_NOW;
          this.world.model.violated('noDefect', `${what} at ${instance.name}: ${inspect(error)}`);
          return NOT_NOW;
        },
      );
    return this.inTime<T | typeof NOT_NOW>(what, answered, NOT_NOW);
  }

  /** What is answered; a violation when nothing is for far too long. */
  async inTime<T>(what: string, answered: Promise<T>, otherwise: T): Promise<T> {
    let callOff: () => void = () => undefined;
    const late = new Promise<T>((resolve) => {
      callOff = this.world.timeline.after(ANSWER_MS_MAX, () => {
        this.world.model.violated('answersInTime', `${what} has no answer after ${ANSWER_MS_MAX} ms`);
        resolve(otherwise);
      });
    });
    const answer = await Promise.race([answered, late]);
    callOff();
    return answer;
  }
}

export function isNotNow(error: unknown): boolean {
  return (
    error instanceof ShardUnavailableError ||
    error instanceof ShardContendedError ||
    error instanceof DirectoryUnavailableError
  );
}

export function inspect(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
