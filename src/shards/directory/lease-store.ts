import { text } from '../database';
import { AHEAD_US_MAX, type DirectoryDatabase } from './directory-database';

/** Leases deleted by one statement: optimizers rewrite longer lists. */
const DELETED_MAX = 500;

const EXPIRED_KEPT_US = 60_000_000;

/** Leases that are given back when an instance stops, the newest: older ones are over, or soon will be. */
const GIVEN_BACK_MAX = 5_000;

/**
 * Leases: who, of all instances, does something that one is enough for. They keep instances out of each other's way;
 * nothing that matters rests on one, because an owner may stall past its end without knowing.
 */
export class LeaseStore {
  /** Who was given which, the last taken at the end. Some may be over. */
  readonly #taken = new Map<string, string>();

  constructor(private readonly database: DirectoryDatabase) {}

  /**
   * Takes a lease that nobody has, or prolongs one's own. One that ends later than any could was taken while the directory's
   * clock was ahead, and is nobody's: its owner prolongs it long before that matters.
   *
   * @returns whether it is the owner's now
   */
  async acquire(name: string, owner: string, ttlMs: number): Promise<boolean> {
    const { now, dialect } = this.database;
    const isFree = `until_us < ${now} OR until_us > ${now} + ?`;
    const mine =
      dialect === 'mysql'
        ? `ON DUPLICATE KEY UPDATE
             until_us = IF(owner = VALUES(owner) OR ${isFree}, VALUES(until_us), until_us),
             owner = IF(until_us = VALUES(until_us), VALUES(owner), owner)`
        : `ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until_us = excluded.until_us
             WHERE owner = excluded.owner OR ${isFree}`;
    await this.database.write(`INSERT INTO lease (name, owner, until_us) VALUES (?, ?, ${now} + ?) ${mine}`, [
      name,
      owner,
      ttlMs * 1_000,
      ttlMs * 1_000 + AHEAD_US_MAX,
    ]);
    const [row] = await this.database.read('SELECT owner FROM lease WHERE name = ?', [name]);
    const isOwner = row !== undefined && text(row[0]) === owner;
    this.#taken.delete(name);
    if (isOwner) this.#taken.set(name, owner);
    const [oldest] = this.#taken.keys();
    if (this.#taken.size > GIVEN_BACK_MAX && oldest !== undefined) this.#taken.delete(oldest);
    return isOwner;
  }

  async release(name: string, owner: string): Promise<void> {
    this.#taken.delete(name);
    await this.database.write('DELETE FROM lease WHERE name = ? AND owner = ?', [name, owner]);
  }

  /** Gives back what an owner has taken here: at an orderly stop, so that another instance need not wait for the end of each. */
  async releaseAll(owner: string): Promise<void> {
    const names = [...this.#taken].filter(([, taker]) => taker === owner).map(([name]) => name);
    for (const name of names) this.#taken.delete(name);
    names.sort();
    for (let at = 0; at < names.length; at += DELETED_MAX) {
      const some = names.slice(at, at + DELETED_MAX);
      await this.database.write(
        `DELETE FROM lease WHERE name IN (${some.map(() => '?').join(', ')}) AND owner = ?`,
        [...some, owner],
      );
    }
  }

  /**
   * Forgets leases that ended a while ago, so that the table does not grow with every account there ever was. The rows are
   * looked for by `lease_until` and deleted by their names, in order: whoever takes one of them meanwhile waits for one row.
   *
   * @returns whether there may be more
   */
  async deleteExpired(): Promise<boolean> {
    const before = `${this.database.statementNow} - ${EXPIRED_KEPT_US}`;
    const rows = await this.database.read(
      `SELECT name FROM lease WHERE until_us < ${before} ORDER BY until_us LIMIT ?`,
      [DELETED_MAX],
    );
    if (rows.length === 0) return false;
    const names = rows.map(([name]) => text(name)).sort();
    await this.database.write(
      `DELETE FROM lease WHERE name IN (${names.map(() => '?').join(', ')}) AND until_us < ${before}`,
      names,
    );
    return rows.length === DELETED_MAX;
  }
}
