import { Progress } from './progress';
import type { Fetched } from './records-of';
import type { TopicMessage } from './topic-message';

/** Messages that are taken from what was fetched at once. */
const TAKEN_TOGETHER_MAX = 500;

/** Settled messages behind one that is not, at most: so many are delivered again when the instance dies. */
const SPAN_MAX = 100_000;

export interface PartitionParts {
  readonly topic: string;
  readonly partition: number;
  /** Where to begin. */
  readonly offset: bigint;
  /** Messages that may wait for their outcomes. */
  readonly inFlightMax: number;
  /** Resolves with whether the outcome is durable; must not reject. */
  readonly settle: (message: TopicMessage, signal: AbortSignal) => Promise<boolean>;
  /** Something has been settled: there may be more to commit, and room to fetch into. */
  readonly cameForward: () => void;
}

/**
 * One partition, from the moment it was assigned until it is assigned anew. What was fetched is taken as there is room for it; a
 * partition without room is not fetched from. So messages whose shard is away make their partition wait, once enough of them
 * do, and none is passed over.
 */
export class PartitionWork {
  readonly #progress: Progress;
  readonly #ended = new AbortController();
  /** Fetched, and not taken yet. */
  #fetched: readonly TopicMessage[] = [];
  #taken = 0;
  #fetchOffset: bigint;
  #committed: bigint;

  constructor(private readonly parts: PartitionParts) {
    this.#progress = new Progress(parts.offset);
    this.#fetchOffset = parts.offset;
    this.#committed = parts.offset;
  }

  get topic(): string {
    return this.parts.topic;
  }

  get partition(): number {
    return this.parts.partition;
  }

  /** Where to fetch from; `undefined` while there is no room. */
  get fetchFrom(): bigint | undefined {
    return this.#taken < this.#fetched.length || this.#isFull ? undefined : this.#fetchOffset;
  }

  /** What may be committed. */
  get committable(): bigint {
    return this.#progress.committable;
  }

  get hasToCommit(): boolean {
    return this.#progress.committable > this.#committed;
  }

  get unsettled(): number {
    return this.#progress.unsettled;
  }

  /** @param from what was asked for */
  add(from: bigint, { messages, next }: Fetched): void {
    if (from !== this.#fetchOffset || next === from || this.#ended.signal.aborted) return;
    this.#fetched = messages;
    this.#taken = 0;
    this.#fetchOffset = next;
    if (messages.length === 0) this.#progress.pass(next);
    else this.#take();
  }

  /** Messages before this offset were deleted before they were read. */
  skipTo(offset: bigint): void {
    this.#fetchOffset = offset;
    this.#progress.pass(offset);
  }

  committed(offset: bigint): void {
    if (offset > this.#committed) this.#committed = offset;
  }

  /** The partition is somebody else's, or is begun anew: what waits is given up, what is under way comes to its end. */
  end(): void {
    this.#ended.abort();
  }

  get #isFull(): boolean {
    return this.#progress.unsettled >= this.parts.inFlightMax || this.#progress.span >= SPAN_MAX;
  }

  #take(): void {
    const { signal } = this.#ended;
    for (let room = TAKEN_TOGETHER_MAX; room > 0 && this.#taken < this.#fetched.length; room -= 1) {
      if (this.#isFull || signal.aborted) return;
      const message = this.#fetched[this.#taken] as TopicMessage;
      this.#taken += 1;
      // Behind the last message of a fetch there may be records that are none.
      const isLast = this.#taken === this.#fetched.length;
      const taken = this.#progress.take(isLast ? this.#fetchOffset : message.offset + 1n);
      void this.parts.settle(message, signal).then((isSettled) => {
        if (isSettled && !signal.aborted) this.#settled(taken);
      });
    }
  }

  #settled(taken: Parameters<Progress['settle']>[0]): void {
    this.#progress.settle(taken);
    if (this.#taken < this.#fetched.length) this.#take();
    this.parts.cameForward();
  }
}
