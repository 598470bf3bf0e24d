import { Places } from '../shards/places';
import type { Later } from '../shards/surroundings';

/** Lets one in at a time for each name, in the order of coming; a name that nobody wants takes no memory. */
export class NamedQueues {
  readonly #queues = new Map<string, { readonly places: Places; users: number }>();

  constructor(
    private readonly bounds: { readonly waitingMax: number; readonly waitMsMax: number },
    private readonly later: Later,
  ) {}

  /** @returns what `inside` came to; `undefined`, and nothing was done, when too many wait or it took too long */
  async alone<T>(name: string, inside: () => Promise<T>): Promise<T | undefined> {
    const places = this.#join(name);
    const leave = await places.enter();
    try {
      return leave && (await inside());
    } finally {
      leave?.();
      this.#part(name);
    }
  }

  #join(name: string): Places {
    const { waitingMax, waitMsMax } = this.bounds;
    const queue = this.#queues.get(name) ?? {
      places: new Places({ places: 1, waitingMax, waitMsMax }, this.later),
      users: 0,
    };
    queue.users += 1;
    this.#queues.set(name, queue);
    return queue.places;
  }

  #part(name: string): void {
    const queue = this.#queues.get(name);
    if (!queue) return;
    queue.users -= 1;
    if (queue.users === 0) this.#queues.delete(name);
  }
}
