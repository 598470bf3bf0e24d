import { type Command, otherRows } from '../ledger/command';
import { DirectoryOverloadedError, DirectoryUnavailableError } from '../shards/directory/directory';
import {
  AccountsLockedError,
  isForWantOfRoom,
  isUnclassified,
  ShardContendedError,
  ShardUnavailableError,
} from '../shards/faults';
import { type BatchChain, type BatchHint, NO_HINT, type Shard } from '../shards/shard';
import type { Ahead, NextBatch } from '../shards/ahead';
import type { Span } from '../shards/span';
import type { Surroundings } from '../shards/surroundings';
import type { Breaker } from './breaker';
import type { LaneOutcome } from './engine-outcome';
import { FairQueue, type TakeBounds } from './fair-queue';
import { type Flow, flowKind, flowOf } from './flow';
import type { LaneSettings } from './lane-settings';
import type { HeatMeter } from './heat/heat-meter';
import type { LoadMix } from './load-mix';
import type { EngineObserver } from './observer';
import { SetAside, turnAway, type Waiting } from './set-aside';

/** Any batch may be tried for so long, and takes about so long to end when its time is over. */
const TRY_MS_MIN = 1_000;

/** Beside single requests, so much of a transaction is left to items of large batches: the next one begins the sooner. */
const BULK_PART_BESIDE_SINGLE = 1 / 4;

export interface LaneParts {
  readonly shard: Shard;
  readonly number: number;
  readonly settings: LaneSettings;
  readonly breaker: Breaker;
  readonly observer: EngineObserver;
  readonly mix: LoadMix;
  /** Counts whom the lane works for. */
  readonly meter?: Pick<HeatMeter, 'batchEnded' | 'refused'> | undefined;
  readonly now: () => number;
  /** Lets the event loop take in what has arrived. */
  readonly turn: () => Promise<void>;
  readonly sleep: Surroundings['sleep'];
  /** Names an incident, for its user to quote. */
  readonly newId: () => string;
}

/**
 * The queue of some sub-accounts of one shard. What waits is merged into one shard transaction at a time, in fair shares
 * (`FairQueue`): a command waits for the batch under way, however many of another key's wait before it.
 *
 *     idle ──submit──▶ running ──queue empty──▶ idle
 *                       │   ▲
 *                       └───┘ queue not empty: take what waits, up to batchCommandsMax
 *
 * A batch that commits while more waits has the next transaction begun and its rows locked on the same trip (`Ahead`),
 * where the store can do that: under load a batch then costs one trip instead of two.
 *
 * An idle lane waits for nobody: it takes what arrives in the same turn of the event loop and starts. While a batch is
 * under way, what comes in waits and makes the next one, so the batch size follows the load by itself. The turn before
 * each batch lets the loop read what has arrived: without it a batch would hold the one command that was read from its
 * socket first.
 *
 * `submit` never rejects and always resolves: with the outcome once it is durable, or with why there is none.
 */
export class Lane {
  readonly #queue = new FairQueue();
  #running = false;
  /** Commands here that are traced. */
  #tracedCount = 0;
  #hint: BatchHint = NO_HINT;
  /** What the last batch began for the next. */
  #ahead: Promise<Ahead | undefined> | undefined;
  /** The answers to the last batch are out. */
  #answered: Promise<void> | undefined;
  #onIdle: (() => void)[] = [];
  readonly #aside: SetAside;

  constructor(private readonly parts: LaneParts) {
    this.#aside = new SetAside({
      ...parts,
      run: (batch) => this.#runAside(batch),
      takeBack: (waiting) => {
        this.#takeBack(waiting);
      },
    });
  }

  get depth(): number {
    return this.#queue.length + this.#aside.depth;
  }

  /** Whether the account's commands wait apart, because somebody else has its rows locked. */
  isSetAside(accountId: string): boolean {
    return !this.#aside.isEmpty && this.#aside.has(accountId);
  }

  /** A command whose account was just found locked elsewhere: it is not tried in the lane. */
  submitAside(command: Command): Promise<LaneOutcome> {
    const flow = flowOf(command);
    return (
      this.#turnAway(command.accountId, flow, 1) ??
      new Promise((resolve) => {
        const since = this.parts.now();
        const waiting = this.#traced({ command, flow, span: undefined, since, group: undefined, resolve });
        this.#setAside([waiting], new Set([command.accountId]));
      })
    );
  }

  submit(command: Command): Promise<LaneOutcome> {
    const flow = flowOf(command);
    return this.#turnAway(command.accountId, flow, 1) ?? this.#enqueue(command, flow);
  }

  /** Submits commands that are judged one after the other in one transaction, with none of another caller between. */
  submitTogether(commands: readonly Command[]): Promise<LaneOutcome[]> {
    const flow = commands.map(flowOf).find((each) => flowKind(each) !== 'own') ?? '';
    const refusal = this.#turnAway(commands[0]?.accountId ?? '', flow, commands.length);
    const group = {};
    return Promise.all(commands.map((command) => refusal ?? this.#enqueue(command, flow, group)));
  }

  #turnAway(accountId: string, flow: Flow, commands: number): Promise<LaneOutcome> | undefined {
    const { settings, breaker, shard, meter } = this.parts;
    if (breaker.isOpen) return Promise.resolve(this.#unavailable());
    if (this.#queue.length + commands <= settings.depthMax) return undefined;
    const displaced = this.#queue.makeRoom(flow, commands);
    for (const waiting of displaced) {
      meter?.refused(waiting.command.accountId);
      turnAway(waiting, shard.name);
    }
    if (displaced.length > 0) return undefined;
    meter?.refused(accountId, commands);
    return Promise.resolve({ kind: 'overloaded', shard: shard.name });
  }

  /** What is turned away is told so while the breaker is open, or just opened. */
  #unavailable(): LaneOutcome {
    const { breaker, shard } = this.parts;
    return {
      kind: 'shardUnavailable',
      shard: shard.name,
      ...(breaker.isForWantOfRoom && { isForWantOfRoom: true }),
    };
  }

  #enqueue(command: Command, flow: Flow, group?: object): Promise<LaneOutcome> {
    return new Promise((resolve) => {
      const since = this.parts.now();
      const waiting = this.#traced({ command, flow, span: undefined, since, group, resolve });
      if (this.isSetAside(command.accountId)) {
        this.#aside.add(waiting);
        return;
      }
      this.parts.mix.note(this.#queue.push(waiting), since);
      this.#start();
    });
  }

  /** A command that is traced has a span for its time in the lane, waiting included. */
  #traced(waiting: Waiting): Waiting {
    const { command } = waiting;
    const parent = 'span' in command ? (command.span as Span | undefined) : undefined;
    if (!parent) return waiting;
    const { shard, number } = this.parts;
    const span = parent.child('lane', { shard: shard.name, lane: number, 'commands.before': this.depth });
    this.#tracedCount += 1;
    const resolve = (outcome: LaneOutcome): void => {
      this.#tracedCount -= 1;
      span.end(outcome.kind);
      waiting.resolve(outcome);
    };
    return { ...waiting, span, resolve };
  }

  /** A batch is part of the trace of the first command in it that is traced, and linked to all the others. */
  #batchSpan(batch: readonly Waiting[]): Span | undefined {
    if (this.#tracedCount === 0) return undefined;
    const spans = batch.flatMap(({ span }) => (span ? [span] : []));
    const [first, ...others] = spans;
    if (!first) return undefined;
    const { shard, number } = this.parts;
    const span = first.child(
      'batch',
      { shard: shard.name, lane: number, commands: batch.length, 'commands.traced': spans.length },
      spans,
    );
    for (const other of others) other.link(span);
    return span;
  }

  #start(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#run();
  }

  /** Resolves when nothing waits and nothing is under way. */
  whenIdle(): Promise<void> {
    this.#aside.drain();
    return this.#isIdle ? Promise.resolve() : new Promise((resolve) => this.#onIdle.push(resolve));
  }

  get #isIdle(): boolean {
    return !this.#running && this.#aside.isEmpty;
  }

  #noteIdle(): void {
    if (this.#isIdle) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0 || this.#ahead) {
      const answered = this.#answered;
      const ahead = await this.#takeAhead();
      if (!ahead) await this.parts.turn();
      const batch = this.#take(ahead);
      if (batch.length > 0) await this.#runBatch(batch, { ahead, next: () => this.#next() });
      else await ahead?.giveUp();
      await answered;
    }
    this.#running = false;
    this.#noteIdle();
  }

  #takeAhead(): Promise<Ahead | undefined> | undefined {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead;
  }

  /** What would be taken just now; left where it is. */
  #next(): NextBatch {
    const commands = this.#queue.peek(this.#bounds()).map((waiting) => waiting.command);
    return { commands, isFull: commands.length >= this.parts.settings.batchCommandsMax };
  }

  #bounds(covers?: TakeBounds['covers']): TakeBounds {
    const { settings, mix, now } = this.parts;
    const { batchCommandsMax: commandsMax } = settings;
    const bulkMax = mix.isMixed(now()) ? Math.ceil(commandsMax * BULK_PART_BESIDE_SINGLE) : commandsMax;
    return { commandsMax, bulkMax, covers };
  }

  /** The next batch, as far as it fits what was begun for it, without those who have waited too long. */
  #take(ahead: Ahead | undefined): Waiting[] {
    const { waitMsMax } = this.parts.settings;
    const batch = this.#queue.take(this.#bounds(ahead && ((command) => ahead.covers(command))));
    const oldest = this.parts.now() - waitMsMax;
    if (batch.every(({ since }) => since >= oldest)) return batch;
    return batch.filter((waiting) => {
      if (waiting.since >= oldest) return true;
      turnAway(waiting, this.parts.shard.name);
      return false;
    });
  }

  async #runBatch(batch: readonly Waiting[], chain?: BatchChain): Promise<void> {
    const { breaker, now } = this.parts;
    if (breaker.isOpen) {
      await chain?.ahead?.giveUp();
      answerAll(batch, this.#unavailable());
      return;
    }
    const started = now();
    const failure = await this.#tryBatch(batch, started, chain);
    if (failure) await this.#answerFailed(batch, failure.error, started);
  }

  /** Applies a batch and answers it; a batch that failed is left unanswered, and its error returned. */
  async #tryBatch(
    batch: readonly Waiting[],
    started: number,
    chain?: BatchChain,
  ): Promise<{ readonly error: unknown } | undefined> {
    const { shard, breaker, turn } = this.parts;
    const span = this.#batchSpan(batch);
    try {
      const commands = batch.map((waiting) => waiting.command);
      const given = this.#hintFor(batch, started);
      const { outcomes, hint, ahead } = await shard.applyBatch(
        commands,
        span ? { ...given, span } : given,
        chain,
      );
      span?.end();
      this.#hint = hint;
      // A batch that runs beside the lane begins nothing for it.
      if (chain) this.#ahead = ahead;
      breaker.close();
      const answer = (): void => {
        batch.forEach((waiting, position) => waiting.resolve(outcomes[position] as LaneOutcome));
      };
      // Answers set much off: the next batch, whose rows are locked already, does not wait for that.
      if (ahead) this.#answered = turn().then(answer);
      else answer();
      this.#report(batch, started);
      return undefined;
    } catch (error) {
      span?.fail(error);
      this.#hint = NO_HINT;
      return { error };
    }
  }

  /** What has waited in the queue behind batches that were tried for long is not tried for as long again. */
  #hintFor(batch: readonly Waiting[], now: number): BatchHint {
    const waitedMs = now - batch.reduce((oldest, { since }) => Math.min(oldest, since), now);
    if (waitedMs < TRY_MS_MIN) return this.#hint;
    const leftMs = this.parts.settings.waitMsMax - TRY_MS_MIN - waitedMs;
    return { ...this.#hint, tryMsMax: Math.max(TRY_MS_MIN, leftMs) };
  }

  #report(batch: readonly Waiting[], started: number): void {
    const { shard, number, observer, meter, now } = this.parts;
    const seconds = (now() - started) / 1_000;
    const waitedMs = started - (batch[0]?.since ?? started);
    meter?.batchEnded({ shard: shard.name, commands: batch, seconds, waitedMs });
    observer.batchDone({ shard: shard.name, lane: number, commands: batch.length, seconds });
  }

  /**
   * Accounts that somebody else has locked are set aside, and the rest of the batch runs on. If no row is locked, a place in
   * an index is, and nobody knows whose: then all accounts of the batch are, and each is found out beside the lane.
   */
  async #giveWay(
    batch: readonly Waiting[],
    { accounts, mayHaveCommitted }: AccountsLockedError,
  ): Promise<void> {
    if (mayHaveCommitted) for (const waiting of batch) waiting.mayHaveCommitted = true;
    const isLocked = ({ command }: Waiting): boolean =>
      [command, ...otherRows(command)].some(({ accountId }) => accounts?.has(accountId) === true);
    const locked = batch.some(isLocked) ? batch.filter(isLocked) : batch;
    this.#setAside(locked, new Set(locked.map(({ command }) => command.accountId)));
    const rest = batch.filter((waiting) => !locked.includes(waiting));
    if (rest.length > 0) await this.#runBatch(rest);
  }

  /** The commands of a batch, and whatever else of these accounts waits in the lane. */
  #setAside(batch: readonly Waiting[], accounts: ReadonlySet<string>): void {
    for (const accountId of accounts) this.#aside.open(accountId);
    for (const waiting of batch) this.#aside.add(waiting);
    for (const waiting of this.#queue.remove(accounts)) this.#aside.add(waiting);
  }

  /** They have waited for longer than what is in the lane. */
  #takeBack(waiting: readonly Waiting[]): void {
    this.#queue.putBack(waiting);
    if (waiting.length > 0) this.#start();
    else this.#noteIdle();
  }

  /** Commands of accounts that were set aside. They run beside the lane, which goes on meanwhile. */
  async #runAside(batch: readonly Waiting[]): Promise<AccountsLockedError | undefined> {
    const { breaker, now } = this.parts;
    if (breaker.isOpen) {
      answerAll(batch, this.#unavailable());
      return undefined;
    }
    const started = now();
    const failure = await this.#tryBatch(batch, started);
    if (!failure) return undefined;
    const { error } = failure;
    if (!(error instanceof AccountsLockedError)) {
      await this.#answerFailed(batch, error, started);
      return undefined;
    }
    if (error.mayHaveCommitted) for (const waiting of batch) waiting.mayHaveCommitted = true;
    return error;
  }

  async #answerFailed(batch: readonly Waiting[], error: unknown, started: number): Promise<void> {
    const { shard, breaker, observer, newId } = this.parts;
    if (!(error instanceof ShardUnavailableError)) breaker.close();
    if (error instanceof AccountsLockedError) {
      await this.#giveWay(batch, error);
      return;
    }
    if (batch.length > 1 && isDefect(error)) {
      // Another try will not mend it: split until the culprit stands alone, so that the others do not suffer for it.
      const half = Math.ceil(batch.length / 2);
      await this.#runBatch(batch.slice(0, half));
      await this.#runBatch(batch.slice(half));
      return;
    }
    if (isUnclassified(error)) {
      await this.#findCulprit(batch, started);
      return;
    }
    this.#report(batch, started);
    if (error instanceof ShardUnavailableError) {
      breaker.open({ isForWantOfRoom: isForWantOfRoom(error) });
      answerAll(batch, this.#unavailable());
    } else if (error instanceof ShardContendedError || error instanceof DirectoryOverloadedError) {
      answerAll(batch, { kind: 'overloaded', shard: shard.name });
    } else if (error instanceof DirectoryUnavailableError) {
      // A row had to be made and the directory could not be asked about its account.
      answerAll(batch, { kind: 'shardUnavailable', shard: shard.name });
    } else {
      const incident = newId();
      observer.defect(incident, error);
      answerAll(batch, { kind: 'failed', incident });
    }
  }

  /**
   * A batch has failed by an error that nobody knows. If one of its commands is what the error is about, that command alone
   * is told so; each step halves what may be it. If both halves fail, the shard is in trouble, and further halving would only
   * keep everybody waiting.
   */
  async #findCulprit(batch: readonly Waiting[], started: number): Promise<void> {
    const { shard, breaker, now } = this.parts;
    let suspects = batch;
    while (suspects.length > 1) {
      const middle = Math.ceil(suspects.length / 2);
      const failed: (readonly Waiting[])[] = [];
      for (const half of [suspects.slice(0, middle), suspects.slice(middle)]) {
        const begun = now();
        const failure = await this.#tryBatch(half, begun);
        if (!failure) continue;
        if (isUnclassified(failure.error)) failed.push(half);
        else await this.#answerFailed(half, failure.error, begun);
      }
      const [half, other] = failed;
      if (!half) return;
      if (other) {
        breaker.open();
        break;
      }
      suspects = half;
    }
    this.#report(suspects, started);
    answerAll(suspects, { kind: 'shardUnavailable', shard: shard.name });
  }
}

function isDefect(error: unknown): boolean {
  return !(
    error instanceof ShardUnavailableError ||
    error instanceof ShardContendedError ||
    error instanceof DirectoryUnavailableError
  );
}

function answerAll(batch: readonly Waiting[], outcome: LaneOutcome): void {
  for (const waiting of batch)
    if (outcome.kind === 'overloaded') turnAway(waiting, outcome.shard);
    else waiting.resolve(outcome);
}
