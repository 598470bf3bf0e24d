import { text } from '../database';
import type { UnpublishedRow } from '../feed/feed-store';
import { type DirectoryDatabase, DirectoryUnavailableError } from './directory-database';
import { linesOf, readDirectoryEvent } from './told-change';

/** Rows change by the statement, and a round of this is two. */
const FORGET_TRIES_MAX = 10;

export interface UntoldTable {
  readonly name: 'account' | 'webhook';
  /** Its primary key. */
  readonly id: 'account_id' | 'webhook_id';
  /** Everything from `FROM` to `ORDER BY`, by dialect: the rows that have something to publish. */
  readonly from: { readonly mysql: string; readonly sqlite: string };
  /** Begins the keys of this table's rows. No id begins so. */
  readonly mark: '' | '@';
}

/** The rows of one table that carry what has happened to them until that is published. */
export class UntoldRows {
  constructor(
    private readonly directory: DirectoryDatabase,
    readonly table: UntoldTable,
  ) {}

  /** Events of some rows, of each of them all. Plain read. */
  async read(limit: number): Promise<UnpublishedRow[]> {
    const { id, from, mark } = this.table;
    const rows = await this.directory.read(
      `SELECT ${id}, untold FROM ${from[this.directory.dialect]} ORDER BY ${id} LIMIT ?`,
      [limit],
    );
    return rows.flatMap(([key, untold]) =>
      linesOf(text(untold)).map((line) => {
        const { number, atUs } = readDirectoryEvent(line);
        return { key: `${mark}${text(key)} ${number}`, createdAtUs: atUs, changes: line };
      }),
    );
  }

  /**
   * Takes out what is published: of each id all events up to a number. What was appended since stays: a row is only written if
   * it is as it was read, and read again if it is not. Rejects where it changes all the time: what was published and is still to
   * be published must not be taken for clean.
   */
  async forget(upTo: ReadonlyMap<string, number>): Promise<void> {
    let left = [...upTo.keys()].sort();
    for (let tries = 1; left.length > 0; tries += 1) {
      if (tries > FORGET_TRIES_MAX)
        throw new DirectoryUnavailableError(`events of ${left.join(', ')} come too fast to be forgotten`);
      left = await this.#forget(left, upTo);
    }
  }

  /** @returns ids whose rows have changed meanwhile */
  async #forget(ids: readonly string[], upTo: ReadonlyMap<string, number>): Promise<string[]> {
    const { name, id } = this.table;
    const changed: string[] = [];
    const rows = await this.directory.read(
      `SELECT ${id}, untold FROM ${name} WHERE ${id} IN (${ids.map(() => '?').join(', ')})
         AND untold IS NOT NULL`,
      ids,
    );
    for (const [key, cell] of rows) {
      const untold = text(cell);
      const last = upTo.get(text(key)) ?? 0;
      const left = linesOf(untold).filter((line) => readDirectoryEvent(line).number > last);
      const matched = await this.directory.writeUnsynced(
        `UPDATE ${name} SET untold = ? WHERE ${id} = ? AND untold = ?`,
        [left.length === 0 ? null : left.map((line) => `${line}\n`).join(''), text(key), untold],
      );
      if (matched === 0) changed.push(text(key));
    }
    return changed;
  }
}
