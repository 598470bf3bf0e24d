import type { PublishedRow } from '../../shards/feed/feed-store';
import type { FeedPosition } from './feed-cursor';
import { type FeedEvent, type FeedEventType, frameOf } from './feed-event';
import { eventsIn, type FeedSource, type FeedUnit } from './feed-source';

/** Rows of one database that are read together. */
const ROWS_TOGETHER = 32;
/** Rows of one database that one page goes through, wanted or not. */
const ROWS_MAX = 1_024;
/** Times that the oldest row is looked for while old rows are being deleted. */
const LOOKS_MAX = 3;

/** What a reader wants to know of. */
export type Wants = (event: { readonly accountId: string; readonly type: FeedEventType }) => boolean;

/** A row of one database, and what is wanted of it. */
export interface ReadRow {
  readonly row: PublishedRow;
  readonly units: readonly FeedUnit[];
  /** Its events, a list for each unit, once they have been read. */
  events: readonly (readonly FeedEvent[])[];
}

/** How far one page reads into one database's part of the feed. */
export class SourceRead {
  #position: FeedPosition;
  #rows: PublishedRow[] = [];
  #rowsRead = 0;
  #isAtEnd = false;
  #isStopped = false;
  readonly #taken: ReadRow[] = [];
  isExpired = false;
  /** It could not be read; its position stays where it was. */
  isAway = false;

  /** @param given where the reader has come to; `undefined` for the oldest row that is kept */
  constructor(
    readonly source: FeedSource,
    private readonly given: FeedPosition | undefined,
    private readonly wants: Wants,
  ) {
    this.#position = given ?? { place: 0, skip: 0 };
  }

  get position(): FeedPosition | undefined {
    return this.isAway ? this.given : this.#position;
  }

  get hasMore(): boolean {
    return this.#isStopped || this.#rows.length > 0 || !this.#isAtEnd;
  }

  /** The place of the next row; `undefined` where there is none, or the page has gone through enough. */
  get nextPlace(): number | undefined {
    return this.isAway ? undefined : this.#rows[0]?.place;
  }

  /** Reads the first rows, and sees that none is missing before them. */
  async open(): Promise<void> {
    const { store } = this.source;
    for (let looks = 1; looks <= LOOKS_MAX; looks += 1) {
      if (!this.given) this.#position = { place: await store.floor(), skip: 0 };
      const { place } = this.#position;
      this.#keep(await store.from(place, ROWS_TOGETHER + 1), ROWS_TOGETHER + 1);
      // The row that was read last is there still, or it is asked whether later ones are gone as well.
      if (this.#rows[0]?.place === place) this.#rows.shift();
      else if ((await store.floor()) > place) this.isExpired = true;
      if (!this.isExpired || this.given) return;
      this.isExpired = false;
    }
    this.isExpired = true;
  }

  /** Begins behind what is published already. */
  async openAtEnd(): Promise<void> {
    const [newest] = await this.source.store.newest(1);
    if (newest) this.#position = { place: newest.place, skip: 0 };
    this.#isAtEnd = true;
  }

  /** Takes the next row into the page. @returns how many wanted events it has; some of the first may have been read */
  take(): number {
    const row = this.#rows.shift();
    if (!row) return 0;
    const units = this.source.unitsOf(row).filter((unit) => this.#wanted(unit) > 0);
    this.#taken.push({ row, units, events: [] });
    return units.reduce((sum, unit) => sum + this.#wanted(unit), 0);
  }

  /** Reads on where the rows that were read are all taken. */
  async fill(): Promise<void> {
    if (this.isAway || this.#isStopped || this.#rows.length > 0 || this.#isAtEnd) return;
    if (this.#rowsRead >= ROWS_MAX) return;
    const last = this.#taken.at(-1)?.row.place ?? this.#position.place;
    const rows = await this.source.store.from(last, ROWS_TOGETHER + 1);
    // Retention may have deleted the last row meanwhile, and others behind it. The page ends here; the next one finds out.
    if (rows[0]?.place !== last) this.#isStopped = true;
    else this.#keep(rows.slice(1), ROWS_TOGETHER);
  }

  /** Reads the events of the rows that were taken. @returns how many of them are missing */
  async resolve(): Promise<number> {
    const placed = this.#taken.flatMap(({ row, units }) => units.map((unit) => ({ row, unit })));
    if (placed.length === 0) return 0;
    const events = await this.source.eventsOf(placed);
    let at = 0;
    for (const taken of this.#taken) {
      taken.events = events.slice(at, at + taken.units.length);
      at += taken.units.length;
    }
    return placed.reduce(
      (missing, { unit }, index) => missing + eventsIn(unit) - (events[index]?.length ?? 0),
      0,
    );
  }

  /**
   * The events of the next row that was taken, as many as there is room for. Where that is not all of them, the position stays
   * in the row, and nothing behind it is to be given out.
   */
  give(room: number): { readonly events: FeedEvent[]; readonly isWhole: boolean } {
    const [taken] = this.#taken;
    if (!taken) return { events: [], isWhole: true };
    const given: FeedEvent[] = [];
    const { place, skip } = this.#position;
    for (const [at, { first }] of taken.units.entries()) {
      for (const [number, event] of (taken.events[at] ?? []).entries()) {
        if (first + number < skip || !this.wants(frameOf(event))) continue;
        if (given.length === room) {
          this.#position = { place, skip: first + number };
          this.#isStopped = true;
          return { events: given, isWhole: false };
        }
        given.push(event);
      }
    }
    this.#taken.shift();
    this.#position = { place: taken.row.place, skip: 0 };
    return { events: given, isWhole: true };
  }

  /** What was taken and not given out is read again with the next page. */
  leaveRest(): void {
    if (this.#taken.length > 0) this.#isStopped = true;
  }

  #wanted({ accountId, counts }: FeedUnit): number {
    const types = Object.entries(counts) as [FeedEventType, number][];
    return types.reduce((sum, [type, count]) => sum + (this.wants({ accountId, type }) ? count : 0), 0);
  }

  #keep(rows: readonly PublishedRow[], asked: number): void {
    this.#rows = [...rows];
    this.#rowsRead += rows.length;
    this.#isAtEnd = rows.length < asked;
  }
}
