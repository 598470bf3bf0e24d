import { DirectoryUnavailableError } from '../../shards/directory/directory';
import type { LeaseStore } from '../../shards/directory/lease-store';
import type { FeedStore, PublishingRow, UnpublishedRow } from '../../shards/feed/feed-store';
import type { Later } from '../../shards/surroundings';
import { NO_FAULTS, type ReachPoint } from '../fault-points';
import type { EngineObserver } from '../observer';
import { Periodic } from '../periodic';
import type { FeedSource } from './feed-source';

export interface FeedPublisherSettings {
  readonly intervalMs: number;
  /** Rows that are published by one statement. */
  readonly rowsMax: number;
  /** Characters of their changes, which bound the statement too. */
  readonly charactersMax: number;
  /** Pages of one database in one tick. */
  readonly pagesMax: number;
  readonly leaseMs: number;
  /** How long published rows are kept. */
  readonly retentionMs: number;
  /** Between two looks for rows that are older. */
  readonly trimMs: number;
}

export const FEED_PUBLISHER_SETTINGS: FeedPublisherSettings = {
  intervalMs: 200,
  rowsMax: 256,
  charactersMax: 1_000_000,
  pagesMax: 100,
  leaseMs: 6_000,
  retentionMs: 7 * 24 * 3_600_000,
  trimMs: 60_000,
};

/** Rows deleted by one statement, and statements of one look. */
const TRIMMED_MAX = 1_000;
const TRIMS_MAX = 50;

export interface FeedPublisherParts {
  /** Every database of the installation that this instance knows. */
  readonly sources: () => FeedSource[];
  readonly leases: Pick<LeaseStore, 'acquire'>;
  readonly observer: EngineObserver;
  readonly settings: FeedPublisherSettings;
  readonly instanceId: string;
  readonly now: () => number;
  readonly reach?: ReachPoint;
  readonly later?: Later;
}

/** What this instance knows of a database whose rows it publishes. */
interface Progress {
  /** Everything up to this place is published and taken out of what is to be published. */
  cleanUpTo: number | undefined;
  leasedUntil: number;
  /** Another instance has the lease: not asked for again before this. */
  askedAgainAt: number;
  trimmedAt: number;
}

/**
 * Gives committed feed rows their places. No high-water mark is kept: a row is published because it is there, so one that
 * commits late is published late, and none is passed over.
 *
 * A page is published in two statements:
 *
 *     rows of `feed` ──append──▶ `feed_log` ──forget──▶ gone from `feed`
 *
 * Between the two a row is in both. So before anything is appended, the rows of the newest published page are taken out of
 * `feed`, whoever published them; and an append names the row that it follows, which only one can, so whoever appends has seen
 * that page. Hence each row is published once, whatever crashes or stalls, and a reader sees each place before any later one.
 *
 * The lease keeps instances from colliding. Nothing rests on it: without an answer about it the rows are published all the same.
 */
export class FeedPublisher {
  readonly #ticking: Periodic;
  readonly #progress = new Map<string, Progress>();
  #stopped = false;

  constructor(private readonly parts: FeedPublisherParts) {
    this.#ticking = new Periodic(parts.settings.intervalMs, () => this.tick(), parts.later);
  }

  start(): void {
    this.#ticking.start('after a pause');
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ticking.stop();
  }

  /** Publishes what there is of every database, up to a bound; never rejects. */
  async tick(): Promise<void> {
    await Promise.all(
      this.parts
        .sources()
        .filter(({ isDown }) => !isDown)
        .map((source) => this.#tickOn(source)),
    );
  }

  async #tickOn(source: FeedSource): Promise<void> {
    const progress = this.#progressOf(source.name);
    try {
      for (let pages = 0; pages < this.parts.settings.pagesMax && !this.#stopped; pages += 1)
        if (!(await this.#publishPage(source, progress))) break;
      await this.#trim(source, progress);
    } catch (error) {
      progress.cleanUpTo = undefined;
      this.parts.observer.deferred(`the feed of ${source.name}`, error);
    }
  }

  /** @returns whether there may be more to publish */
  async #publishPage({ name, store }: FeedSource, progress: Progress): Promise<boolean> {
    const { settings, observer, reach = NO_FAULTS } = this.parts;
    if ((await store.unpublished(1)).length === 0 || !(await this.#isMine(name, progress))) return false;
    const { last, published } = await this.#cleanEnd(store, progress);
    // Read after the end was: what another publisher has published since is still among them, but then the append fails.
    const found = await store.unpublished(settings.rowsMax);
    // An address may lead to another database for a moment, in which a published row was taken out.
    if (found.some(({ key }) => published.has(key))) {
      progress.cleanUpTo = undefined;
      return true;
    }
    const page = placed(this.#pageOf(found), last);
    const end = page.at(-1);
    if (!end) return false;
    await reach('feed.found');
    if (!(await store.append(page))) {
      progress.cleanUpTo = undefined;
      return true;
    }
    await reach('feed.published');
    const isClean = await store.forget(page.map(({ key }) => key));
    progress.cleanUpTo = isClean ? end.place : undefined;
    observer.published({ source: name, rows: page.length, oldestAtUs: page[0]?.createdAtUs ?? 0 });
    return page.length < found.length || found.length === settings.rowsMax;
  }

  /**
   * Takes what is published out of what is to be published.
   *
   * @returns the newest published place, and the keys of which none may be found any more
   */
  async #cleanEnd(
    store: FeedStore,
    progress: Progress,
  ): Promise<{ readonly last: number; readonly published: ReadonlySet<string> }> {
    const [newest] = await store.newest(1);
    if (newest && newest.place === progress.cleanUpTo) return { last: newest.place, published: new Set() };
    const page = await store.newest(this.parts.settings.rowsMax);
    const [last] = page;
    if (!last) throw new Error('there is no published row to follow');
    const published = new Set(page.map(({ key }) => key));
    await store.forget([...published]);
    progress.cleanUpTo = last.place;
    return { last: last.place, published };
  }

  /** As many as one statement may have: one at least. */
  #pageOf(rows: readonly UnpublishedRow[]): UnpublishedRow[] {
    let characters = 0;
    const end = rows.findIndex(({ changes }, at) => {
      characters += changes.length;
      return at > 0 && characters > this.parts.settings.charactersMax;
    });
    return end < 0 ? [...rows] : rows.slice(0, end);
  }

  async #isMine(name: string, progress: Progress): Promise<boolean> {
    const { leases, instanceId, settings, now } = this.parts;
    if (now() < progress.leasedUntil) return true;
    if (now() < progress.askedAgainAt) return false;
    try {
      const isMine = await leases.acquire(`feed of ${name}`, instanceId, settings.leaseMs);
      progress.leasedUntil = isMine ? now() + settings.leaseMs / 2 : 0;
      progress.askedAgainAt = isMine ? 0 : now() + settings.leaseMs / 4;
      return isMine;
    } catch (error) {
      if (error instanceof DirectoryUnavailableError) return true;
      throw error;
    }
  }

  async #trim({ name, store }: FeedSource, progress: Progress): Promise<void> {
    const { settings, now } = this.parts;
    if (now() - progress.trimmedAt < settings.trimMs || !(await this.#isMine(name, progress))) return;
    progress.trimmedAt = now();
    for (let times = 0, mayBeMore = true; mayBeMore && times < TRIMS_MAX && !this.#stopped; times += 1)
      mayBeMore = await store.trim(settings.retentionMs, TRIMMED_MAX);
  }

  #progressOf(name: string): Progress {
    const known = this.#progress.get(name);
    if (known) return known;
    const { now } = this.parts;
    const progress = { cleanUpTo: undefined, leasedUntil: 0, askedAgainAt: 0, trimmedAt: now() };
    this.#progress.set(name, progress);
    return progress;
  }
}

/**
 * Places rise with every row and are about the time at which it was written. So a feed that was restored from a backup, or begun
 * anew, goes on behind whatever readers remember of the one that is gone.
 */
export function placed(rows: readonly UnpublishedRow[], last: number): PublishingRow[] {
  let follows = last;
  return rows.map((row) => {
    const place = Math.max(follows + 1, row.createdAtUs);
    const publishing = { ...row, place, follows };
    follows = place;
    return publishing;
  });
}
