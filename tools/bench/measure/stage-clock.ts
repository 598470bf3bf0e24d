import { AsyncLocalStorage } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import { Engine } from '../../../src/engine/engine';
import type { Command } from '../../../src/ledger/command';
import { SqlShard } from '../../../src/shards/sql-shard';

/** A part of a request's time, on average over the requests. */
export interface Stage {
  readonly name: string;
  readonly ms: number;
}

/** The stages of a deduction inside the engine, in their order. They add up to its time there. */
const STAGES = [
  'routed, waiting for its batch',
  'session and lock statement',
  'round trip 1: begin, lock, clock',
  'decided, statements built',
  'round trip 2: insert, update, commit',
  'outcomes to the lane',
  'answered',
] as const;

/** When the parts of a batch ended. */
class Marks {
  readonly times = [performance.now()];

  mark(): void {
    this.times.push(performance.now());
  }
}

/** A batch of two round trips has these marks: begun, sent, answered, sent, answered, decided. */
const MARKS_OF_TWO_TRIPS = 6;

/**
 * Times the product's deductions from outside: what goes in and out of engine and shard, and the driver's own tracing of
 * its round trips. Only batches that were decided at once, on MySQL or MariaDB, are counted. It costs some percent of
 * the rate.
 */
export class StageClock {
  readonly #begun = new Map<string, number>();
  readonly #batchEnded = new Map<string, number>();
  readonly #batches = new AsyncLocalStorage<Marks>();
  #sums = STAGES.map(() => 0);
  #commands = 0;
  #isOn = false;

  static #attached: StageClock | undefined;

  /** One in a process; the clock stands still until it is started. */
  static attach(): StageClock {
    if (StageClock.#attached) return StageClock.#attached;
    const clock = (StageClock.#attached = new StageClock());
    clock.#timeEngine();
    clock.#timeBatches();
    clock.#timeTrips();
    return clock;
  }

  start(): void {
    this.#sums = STAGES.map(() => 0);
    this.#commands = 0;
    this.#isOn = true;
  }

  /** What the requests since the start took, on average. */
  stop(): Stage[] {
    this.#isOn = false;
    const commands = Math.max(1, this.#commands);
    return STAGES.map((name, position) => ({ name, ms: (this.#sums[position] ?? 0) / commands }));
  }

  #timeEngine(): void {
    const submit: Engine['submit'] = Reflect.get<Engine, 'submit'>(Engine.prototype, 'submit');
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the patched method has a `this` of its own
    const clock = this;
    Engine.prototype.submit = async function (this: Engine, request, account) {
      if (!clock.#isOn) return submit.call(this, request, account);
      clock.#begun.set(request.requestId, performance.now());
      try {
        return await submit.call(this, request, account);
      } finally {
        clock.#answered(request.requestId);
      }
    };
  }

  #timeBatches(): void {
    const applyBatch: SqlShard['applyBatch'] = Reflect.get<SqlShard, 'applyBatch'>(
      SqlShard.prototype,
      'applyBatch',
    );
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the patched method has a `this` of its own
    const clock = this;
    SqlShard.prototype.applyBatch = async function (this: SqlShard, commands, hint) {
      if (!clock.#isOn) return applyBatch.call(this, commands, hint);
      const marks = new Marks();
      const result = await clock.#batches.run(marks, () => applyBatch.call(this, commands, hint));
      marks.mark();
      clock.#decided(commands, marks.times);
      return result;
    };
  }

  #timeTrips(): void {
    // An answer comes in on the socket's behalf, so whose it is is remembered with the statement.
    const batchOf = new WeakMap<object, Marks>();
    channel('tracing:mysql2:query:start').subscribe((statement) => {
      const marks = this.#batches.getStore();
      if (!marks) return;
      marks.mark();
      batchOf.set(statement as object, marks);
    });
    channel('tracing:mysql2:query:asyncStart').subscribe((statement) =>
      batchOf.get(statement as object)?.mark(),
    );
  }

  #decided(commands: readonly Command[], times: readonly number[]): void {
    if (times.length !== MARKS_OF_TWO_TRIPS) return;
    for (const command of commands) {
      if (command.kind !== 'deduct') continue;
      const begun = this.#begun.get(command.requestId);
      if (begun === undefined) continue;
      let before = begun;
      times.forEach((time, stage) => {
        this.#add(stage, time - before);
        before = time;
      });
      this.#batchEnded.set(command.requestId, before);
    }
  }

  #answered(requestId: string): void {
    const decided = this.#batchEnded.get(requestId);
    if (decided !== undefined) {
      this.#add(STAGES.length - 1, performance.now() - decided);
      this.#commands += 1;
    }
    this.#begun.delete(requestId);
    this.#batchEnded.delete(requestId);
  }

  #add(stage: number, ms: number): void {
    this.#sums[stage] = (this.#sums[stage] ?? 0) + ms;
  }
}

/**
 * The stages inside the engine and what is left of the whole, which by Little's law is what is in flight divided by the
 * rate: in a closed loop without pauses every request is under way all the time.
 */
export function wholeOf(
  stages: readonly Stage[],
  rest: string,
  { inFlight, opsPerSecond }: { readonly inFlight: number; readonly opsPerSecond: number },
): Stage[] {
  const wholeMs = (inFlight / opsPerSecond) * 1_000;
  const insideMs = stages.reduce((sum, { ms }) => sum + ms, 0);
  return [...stages, { name: rest, ms: wholeMs - insideMs }, { name: 'the whole', ms: wholeMs }];
}
