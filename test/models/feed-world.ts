import {
  FEED_PUBLISHER_SETTINGS,
  FeedPublisher,
  type FeedPublisherSettings,
} from '../../src/engine/feed/feed-publisher';
import { FeedReader, type FeedRequest } from '../../src/engine/feed/feed-reader';
import { type FeedSource, shardSource } from '../../src/engine/feed/feed-source';
import type { ReachPoint } from '../../src/engine/fault-points';
import type { Entry } from '../../src/ledger/entry';
import { DirectoryUnavailableError } from '../../src/shards/directory/directory';
import { MemoryDatabase } from '../../src/shards/memory/memory-database';
import { MemoryShard } from '../../src/shards/memory/memory-shard';
import { REAL_SURROUNDINGS } from '../../src/shards/surroundings';
import { changesOf } from './changes';
import { NotingObserver } from './noting-observer';

/** Shards in memory with a feed each, whose entries a test writes by hand, and whoever publishes and reads them. */
export class FeedWorld {
  readonly observer = new NotingObserver();
  readonly databases: MemoryDatabase[];
  readonly #away = new Set<string>();
  readonly #versions = new Map<string, number>();
  /** Of all databases; starts well after 1970. */
  nowUs = 1_000_000_000_000;
  nowMs = 0;
  /** Comes before everything that is asked of a shard. */
  beforeEach: () => void = () => undefined;

  constructor(names: readonly string[]) {
    this.databases = names.map((name) => new MemoryDatabase(name, () => this.nowUs));
  }

  /** From now on nothing reaches the shard. */
  takeAway(name: string): void {
    this.#away.add(name);
  }

  bringBack(name: string): void {
    this.#away.delete(name);
  }

  /** One transaction with some entries of one sub-account. @param feedId where it got its id before others that committed first */
  write(name: string, requestIds: readonly string[], given: Partial<Entry> = {}, feedId?: number): void {
    const database = this.database(name);
    this.nowUs += 1_000;
    const { accountId = 'acme', subAccount = 0 } = given;
    const row = `${name} ${accountId} ${subAccount}`;
    const entries = requestIds.map((requestId, at): Entry => {
      const version = (this.#versions.get(row) ?? 0) + 1;
      this.#versions.set(row, version);
      const kind = 'deduction';
      const notes = { reference: null, metadata: null, fingerprint: '' };
      const createdAtUs = this.nowUs + at;
      return {
        accountId,
        requestId,
        kind,
        amountMinor: 1n,
        subAccount,
        version,
        epoch: 1,
        createdAtUs,
        ...notes,
      };
    });
    database.write(changesOf({ nowUs: this.nowUs, entries }), feedId);
  }

  publisher(
    settings: Partial<FeedPublisherSettings> = {},
    parts: { readonly reach?: ReachPoint; readonly hasLease?: () => boolean | undefined } = {},
  ): FeedPublisher {
    const { reach, hasLease = () => true } = parts;
    const acquire = (): Promise<boolean> => {
      const has = hasLease();
      return has === undefined
        ? Promise.reject(new DirectoryUnavailableError('cut off'))
        : Promise.resolve(has);
    };
    return new FeedPublisher({
      sources: () => this.#sources(),
      leases: { acquire },
      observer: this.observer,
      settings: { ...FEED_PUBLISHER_SETTINGS, ...settings },
      instanceId: 'instance',
      now: () => this.nowMs,
      ...(reach && { reach }),
    });
  }

  async read(request: Partial<FeedRequest> = {}) {
    const reader = new FeedReader({
      sources: () => this.#sources(),
      observer: this.observer,
      sleep: (ms, signal) => REAL_SURROUNDINGS.sleep(ms, signal),
      newId: () => 'incident',
    });
    const page = await reader.read({ start: 'oldest', limit: 100, wants: () => true, ...request });
    if (page.kind === 'expired') throw new Error(`expired at ${page.source}`);
    const ids = page.events.map((event) => (event.kind === 'entry' ? event.entry.requestId : event.kind));
    return { ...page, ids };
  }

  database(name: string): MemoryDatabase {
    const database = this.databases.find((each) => each.name === name);
    if (!database) throw new RangeError(`no database ${name}`);
    return database;
  }

  #sources(): FeedSource[] {
    return this.databases.map((database) => {
      const shard = new MemoryShard({
        database,
        describeAccount: () => Promise.reject(new Error('not asked')),
        surroundings: REAL_SURROUNDINGS,
        interfere: () => {
          this.beforeEach();
          return this.#away.has(database.name) ? 'unavailable' : undefined;
        },
      });
      return shardSource({ shard, isDown: false });
    });
  }
}
