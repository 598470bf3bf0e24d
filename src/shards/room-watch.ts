import type { ShardFault } from './faults';
import type { Surroundings } from './surroundings';

/** Without such an error for so long, a database is taken to have room again: only another write could tell for sure. */
const FULL_MS = 30_000;

/**
 * Which databases have no room left to write. Reading goes on there, and small writes may pass between two that fail, so one
 * success says little: a database is full until none of its writes has failed for want of room for a while.
 */
export class RoomWatch {
  readonly #failedAt = new Map<string, number>();

  constructor(
    private readonly surroundings: Pick<Surroundings, 'now' | 'later'>,
    private readonly changed: (database: string, isFull: boolean) => void,
  ) {}

  isFull(database: string): boolean {
    return this.#failedAt.has(database);
  }

  note({ shard: database, isOutOfRoom }: Pick<ShardFault, 'shard' | 'isOutOfRoom'>): void {
    if (!isOutOfRoom) return;
    const isKnown = this.#failedAt.has(database);
    this.#failedAt.set(database, this.surroundings.now());
    if (isKnown) return;
    this.changed(database, true);
    this.#lookAgain(database, FULL_MS);
  }

  #lookAgain(database: string, inMs: number): void {
    this.surroundings.later(inMs, () => {
      const leftMs = (this.#failedAt.get(database) ?? 0) + FULL_MS - this.surroundings.now();
      if (leftMs > 0) {
        this.#lookAgain(database, leftMs);
        return;
      }
      this.#failedAt.delete(database);
      this.changed(database, false);
    });
  }
}
