import { integer, text } from '../database';
import type { DirectoryDatabase } from './directory-database';

const HOUR_US = 3_600_000_000;

/** How far a reader of the feed has come that the service itself runs. */
export interface ReaderPosition {
  /** A cursor of the feed, as text. */
  readonly position: string;
  /** Rises with every step. */
  readonly revision: number;
}

/**
 * Durable cursors of readers of the feed, by the readers' names. Every step is a compare-and-set on the revision: an instance that
 * stalled, and goes on after another has taken its work over, does not take the cursor back.
 */
export class FeedReaders {
  constructor(private readonly database: DirectoryDatabase) {}

  async find(name: string): Promise<ReaderPosition | undefined> {
    const [row] = await this.database.read('SELECT position, revision FROM feed_reader WHERE name = ?', [
      name,
    ]);
    return row && { position: text(row[0]), revision: integer(row[1]) };
  }

  /** Gives a reader its first position. @returns false when it has one */
  begin(name: string, position: string): Promise<boolean> {
    return this.database.insertOnce(
      `INSERT INTO feed_reader (name, position, revision, updated_at_us) VALUES (?, ?, 1, ${this.database.now})`,
      [name, position],
    );
  }

  /** @returns false when somebody else has moved it on since the revision was read, or has removed it */
  async move(name: string, to: ReaderPosition): Promise<boolean> {
    const matched = await this.database.writeUnsynced(
      `UPDATE feed_reader SET position = ?, revision = revision + 1, updated_at_us = ${this.database.now}
       WHERE name = ? AND revision = ?`,
      [to.position, name, to.revision],
    );
    return matched > 0;
  }

  /** Readers whose names begin so, and that have not moved for an hour. */
  async unmoved(prefix: string, limit: number): Promise<string[]> {
    const rows = await this.database.read(
      `SELECT name FROM feed_reader WHERE name > ? AND name < ? AND updated_at_us < ${this.database.statementNow} - ${HOUR_US}
       ORDER BY name LIMIT ?`,
      [prefix, `${prefix}\u007f`, limit],
    );
    return rows.map(([name]) => text(name));
  }

  async remove(name: string): Promise<void> {
    await this.database.write('DELETE FROM feed_reader WHERE name = ?', [name]);
  }
}
