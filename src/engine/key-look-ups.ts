import type { Entry } from '../ledger/entry';
import type { IntakeRecord } from '../ledger/intake';
import { ShardContendedError, ShardUnavailableError } from '../shards/faults';
import type { Shard } from '../shards/shard';
import type { ShardSet } from './shard-set';

interface Waiting<Found> {
  readonly accountId: string;
  readonly requestId: string;
  readonly resolve: (found: Found | undefined) => void;
  readonly reject: (error: unknown) => void;
}

const WAITING_MAX = 8_192;
const LOOKED_UP_MAX = 900;

/** Accounts that are asked about at once: half of a shard's sessions for reading stay free. */
const ACCOUNTS_AT_ONCE = 4;

export const ENTRIES = (shard: Shard, accountId: string, requestIds: readonly string[]): Promise<Entry[]> =>
  shard.findEntries(accountId, requestIds);

export const INTAKES = (
  shard: Shard,
  accountId: string,
  requestIds: readonly string[],
): Promise<IntakeRecord[]> => shard.findIntakes(accountId, requestIds);

/**
 * Looks keys up where a past placement had their home: one read for all that wait, shard by shard, begun after each of
 * them asked.
 */
export class KeyLookUps<Found extends { readonly requestId: string } = Entry> {
  readonly #queues = new Map<string, Waiting<Found>[]>();

  constructor(
    private readonly shards: ShardSet,
    private readonly turn: () => Promise<void>,
    private readonly ask: (
      shard: Shard,
      accountId: string,
      requestIds: readonly string[],
    ) => Promise<readonly Found[]>,
  ) {}

  /** Rejects with `ShardUnavailableError` when the shard cannot be read, `ShardContendedError` when too many wait. */
  async find(shard: string, accountId: string, requestId: string): Promise<Found | undefined> {
    await this.shards.ensure([shard]);
    if (this.shards.lanes(shard).isDown)
      throw new ShardUnavailableError(shard, 'it could not be reached just now');
    return new Promise((resolve, reject) => {
      const waiting: Waiting<Found> = { accountId, requestId, resolve, reject };
      const queue = this.#queues.get(shard);
      if (!queue) {
        this.#queues.set(shard, [waiting]);
        void this.#run(shard);
      } else if (queue.length < WAITING_MAX) {
        queue.push(waiting);
      } else {
        reject(new ShardContendedError(shard, 0));
      }
    });
  }

  async #run(shard: string): Promise<void> {
    for (;;) {
      await this.turn();
      const queue = this.#queues.get(shard) ?? [];
      const batch = queue.splice(0, LOOKED_UP_MAX);
      if (batch.length === 0) break;
      const accounts = Map.groupBy(batch, ({ accountId }) => accountId).entries();
      await Promise.all(
        Array.from({ length: ACCOUNTS_AT_ONCE }, async () => {
          for (const [accountId, some] of accounts) await this.#read(shard, accountId, some);
        }),
      );
    }
    this.#queues.delete(shard);
  }

  async #read(shard: string, accountId: string, batch: readonly Waiting<Found>[]): Promise<void> {
    try {
      const keys = [...new Set(batch.map(({ requestId }) => requestId))];
      const all = await this.ask(this.shards.shard(shard), accountId, keys);
      const found = new Map(all.map((each) => [each.requestId, each]));
      for (const { requestId, resolve } of batch) resolve(found.get(requestId));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
