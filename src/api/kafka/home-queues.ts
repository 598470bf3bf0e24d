/**
 * Charges under way, bounded for each home shard by itself: those of a shard that answers slowly, or not, wait behind each other
 * and hold up no other shard's.
 */
export class HomeQueues {
  readonly #queues = new Map<string, { active: number; readonly waiting: (() => void)[]; first: number }>();

  constructor(private readonly activeMax: number) {}

  /** Runs a charge as soon as it is its turn. Who waits here is bounded by the windows of the partitions. */
  async run<Result>(shard: string, charge: () => Promise<Result>): Promise<Result> {
    const queue = this.#of(shard);
    if (queue.active < this.activeMax) queue.active += 1;
    else await new Promise<void>((resolve) => queue.waiting.push(resolve));
    try {
      return await charge();
    } finally {
      this.#next(shard);
    }
  }

  #next(shard: string): void {
    const queue = this.#of(shard);
    const next = queue.waiting[queue.first];
    if (!next) {
      queue.active -= 1;
      if (queue.active === 0) this.#queues.delete(shard);
      return;
    }
    queue.first += 1;
    if (queue.first > 1_024 && queue.first * 2 > queue.waiting.length) {
      queue.waiting.splice(0, queue.first);
      queue.first = 0;
    }
    next();
  }

  #of(shard: string) {
    let queue = this.#queues.get(shard);
    if (!queue) this.#queues.set(shard, (queue = { active: 0, waiting: [], first: 0 }));
    return queue;
  }
}
