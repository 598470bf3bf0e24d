import type { FeedReaders } from '../../shards/directory/feed-readers';
import type { LeaseStore } from '../../shards/directory/lease-store';
import { decodeFeedCursor, encodeFeedCursor, type FeedCursor } from './feed-cursor';
import type { FeedStart } from './feed-reader';

export interface DurableCursorParts {
  /** The same at every instance. */
  readonly name: string;
  readonly readers: Pick<FeedReaders, 'find' | 'begin' | 'move'>;
  readonly leases: Pick<LeaseStore, 'acquire'>;
  readonly instanceId: string;
  readonly leaseMs: number;
  readonly now: () => number;
}

/**
 * The cursor of a reader that the service itself runs. It is kept in the directory, so that whatever one instance has read, and
 * has not taken care of when it dies, is read again by another.
 *
 *     take ──▶ read a page ──▶ take care of it ──▶ advance
 *
 * One instance reads at a time, by lease. Two that believe to have it read the same page twice, and one of them advances.
 */
export class DurableCursor {
  #held: { readonly start: FeedStart; readonly revision: number } | undefined;
  #leasedUntil = 0;
  #askedAgainAt = 0;
  #asking: Promise<boolean> | undefined;

  constructor(private readonly parts: DurableCursorParts) {}

  /** @returns where to read on; `undefined` while another instance reads. Rejects with `DirectoryUnavailableError`. */
  async take(): Promise<FeedStart | undefined> {
    if (!(await this.keeps())) return undefined;
    this.#held ??= await this.#load();
    return this.#held.start;
  }

  /**
   * Prolongs the lease when a third of it is over. Whoever takes care of a page asks before each step, and stops where another
   * instance has the lease: a step may then take two thirds of it. Rejects with `DirectoryUnavailableError`.
   */
  async keeps(): Promise<boolean> {
    this.#asking ??= this.#isMine().finally(() => (this.#asking = undefined));
    const isMine = await this.#asking;
    if (!isMine) this.#held = undefined;
    return isMine;
  }

  /** What came up to here is taken care of. @returns false when another instance has come between */
  async advance(to: FeedCursor): Promise<boolean> {
    const held = this.#held;
    if (!held) return false;
    const position = encodeFeedCursor(to);
    if (typeof held.start !== 'string' && encodeFeedCursor(held.start) === position) return true;
    // Whatever comes of it, what is known of the cursor is only true if it was moved.
    this.#held = undefined;
    const { readers, name } = this.parts;
    if (!(await readers.move(name, { position, revision: held.revision }))) return false;
    this.#held = { start: to, revision: held.revision + 1 };
    return true;
  }

  async #load(): Promise<{ start: FeedStart; revision: number }> {
    const { readers, name } = this.parts;
    await readers.begin(name, OLDEST);
    const found = await readers.find(name);
    return { start: decodeFeedCursor(found?.position ?? OLDEST) ?? OLDEST, revision: found?.revision ?? 0 };
  }

  async #isMine(): Promise<boolean> {
    const { leases, name, instanceId, leaseMs, now } = this.parts;
    const asked = now();
    if (asked < this.#leasedUntil) return true;
    if (asked < this.#askedAgainAt) return false;
    const isMine = await leases.acquire(`reader ${name}`, instanceId, leaseMs);
    this.#leasedUntil = isMine ? asked + leaseMs / 3 : 0;
    this.#askedAgainAt = isMine ? 0 : asked + leaseMs / 4;
    return isMine;
  }
}

/** Kept in place of a cursor by a reader that has read nothing yet. */
const OLDEST = 'oldest';
