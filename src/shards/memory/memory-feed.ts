import { feedChange } from '../../ledger/feed-change';
import type { Changes } from '../../ledger/shard-state';
import { type NewFeedRow, toFeedRow } from '../feed/feed-row';
import { FIRST_PLACE, type PublishedRow, type PublishingRow, type UnpublishedRow } from '../feed/feed-store';

const BEFORE_THE_FIRST: PublishedRow = { place: FIRST_PLACE, key: '0', createdAtUs: 0, changes: '[[],[]]' };

/** The tables `feed` and `feed_log` of a shard in memory, with their unique keys. */
export class MemoryFeed {
  readonly #rows = new Map<number, NewFeedRow>();
  #lastId = 0;
  #log: readonly PublishedRow[] = [BEFORE_THE_FIRST];
  readonly #follows = new Set<number>();

  /** An id is given when a transaction writes its row, under its locks, and the row is there when it commits. */
  nextId(): number {
    return (this.#lastId += 1);
  }

  /** In the commit of the transaction that writes the changes. */
  leave(changes: Changes, id: number): void {
    const told = feedChange(changes);
    if (told) this.#rows.set(id, toFeedRow(told, changes.nowUs));
  }

  unpublished(limit: number): UnpublishedRow[] {
    return [...this.#rows]
      .sort(([a], [b]) => a - b)
      .slice(0, limit)
      .map(([id, row]) => ({ ...row, key: String(id) }));
  }

  forget(keys: readonly string[]): boolean {
    return keys.map((key) => this.#rows.delete(Number(key))).every((isForgotten) => isForgotten);
  }

  newest(limit: number): PublishedRow[] {
    return this.#log.slice(-limit).reverse();
  }

  append(rows: readonly PublishingRow[]): boolean {
    const places = new Set(this.#log.map(({ place }) => place));
    if (rows.some(({ place, follows }) => places.has(place) || this.#follows.has(follows))) return false;
    for (const { follows } of rows) this.#follows.add(follows);
    this.#log = [
      ...this.#log,
      ...rows.map(({ place, key, createdAtUs, changes }) => ({ place, key, createdAtUs, changes })),
    ].sort((a, b) => a.place - b.place);
    return true;
  }

  from(place: number, limit: number): PublishedRow[] {
    return this.#log.filter((row) => row.place >= place).slice(0, limit);
  }

  floor(): number {
    return this.#log[0]?.place ?? FIRST_PLACE;
  }

  /** @returns whether there may be more */
  trim(upToUs: number, limit: number): boolean {
    const floor = this.#log.findLast(({ place }) => place <= upToUs)?.place;
    if (floor === undefined) return false;
    const old = this.#log.filter(({ place }) => place < floor);
    this.#log = this.#log.slice(Math.min(old.length, limit));
    return old.length > limit;
  }
}
