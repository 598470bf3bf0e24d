import type { FeedTouch } from '../../ledger/feed-change';
import type { AccountRecord } from '../../shards/directory/account-record';
import type { DueLook, LevelRecord } from '../../shards/directory/balance-levels';
import { type Directory, DirectoryUnavailableError } from '../../shards/directory/directory';
import { ShardUnavailableError } from '../../shards/faults';
import { LOOKED_UP_MAX } from '../../shards/padded-list';
import { Places } from '../../shards/places';
import { type Later, REAL_SURROUNDINGS } from '../../shards/surroundings';
import type { DurableCursor } from '../feed/durable-cursor';
import type { FeedSource } from '../feed/feed-source';
import { touchedBehind } from '../feed/touched-accounts';
import type { EngineObserver } from '../observer';
import { Periodic } from '../periodic';
import { remember } from '../remember';
import { withinMs } from '../within-ms';
import type { LevelLooks, LookEnd } from './level-looks';

export interface LevelWatchSettings {
  readonly intervalMs: number;
  /** Two `replenished` of one account are so far apart at least. */
  readonly restMs: number;
}

export const LEVEL_WATCH_SETTINGS: LevelWatchSettings = { intervalMs: 200, restMs: 5_000 };

/** Looks under way, pages of the feed in one tick, and looks taken in one tick because they are due. */
const LOOKS_TOGETHER = 16;
const PAGES_MAX = 20;
const DUE_MAX = 256;

/** An account that cannot be read is looked at again after this. */
const AGAIN_MS = 2_000;

/** The longest that a refusal waits for the directory. */
const REFUSAL_MS_MAX = 500;
/**
 * Refusals that ask the directory at once, and that wait to. Accounts that are refused by the thousand in one moment would take its
 * sessions from those who need them; what does not get its turn is made up for later.
 */
const REFUSALS = { places: 4, waitingMax: 32, waitMsMax: REFUSAL_MS_MAX };

/** Refused accounts whose level could not be changed; more are left to the next refusal. */
const MISSED_MAX = 10_000;

export interface LevelWatchParts {
  readonly directory: Pick<Directory, 'levels'>;
  readonly looks: LevelLooks;
  readonly cursor: DurableCursor;
  /** The shards. */
  readonly sources: () => FeedSource[];
  readonly observer: EngineObserver;
  readonly settings: LevelWatchSettings;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly later?: Later;
}

/** A level that was read before a refusal was proved. */
export interface SeenLevel {
  /** Resolves when everybody is told that the account is exhausted, or cannot be just now. Again does nothing. */
  refused(short: { readonly availableMinor: bigint; readonly refusedMinor: bigint }): Promise<void>;
}

/**
 * Notices when balances cross their bounds.
 *
 * Whose balance was changed is known from the feed: every transaction leaves a row there, in the transaction itself. One
 * instance reads those rows behind a durable cursor, and looks at the accounts that may have crossed a bound; whatever it had not
 * looked at when it dies is looked at by another. Accounts that cannot be read, or are too early, are noted in the directory.
 *
 * Refusals do not wait for that: the instance that refuses makes the account exhausted before it answers.
 */
export class LevelWatch {
  readonly #ticking: Periodic;
  readonly #missed = new Map<string, bigint>();
  readonly #refusals: Places;
  #stopped = false;

  constructor(private readonly parts: LevelWatchParts) {
    this.#refusals = new Places(REFUSALS, parts.later ?? REAL_SURROUNDINGS.later);
    this.#ticking = new Periodic(parts.settings.intervalMs, () => this.tick(), parts.later);
  }

  start(): void {
    this.#ticking.start('after a pause');
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ticking.stop();
  }

  /** Never rejects. */
  async tick(): Promise<void> {
    try {
      await this.#lookAtMissed();
      for (let pages = 0; pages < PAGES_MAX && !this.#stopped; pages += 1) if (!(await this.#page())) break;
    } catch (error) {
      this.parts.observer.deferred('levels of balances', error);
    }
  }

  /** Comes before the reading that proves a refusal; never rejects. */
  async see({ accountId }: AccountRecord): Promise<SeenLevel> {
    const { looks } = this.parts;
    const record = await this.#ifInTime(() => looks.find(accountId));
    let marking: Promise<void> | undefined;
    return {
      refused: (short) => (marking ??= this.#refused(accountId, record, short)),
    };
  }

  async #refused(
    accountId: string,
    record: LevelRecord | undefined,
    { availableMinor, refusedMinor }: { readonly availableMinor: bigint; readonly refusedMinor: bigint },
  ): Promise<void> {
    const { looks } = this.parts;
    const cause = { hasPaid: true, refusedMinor };
    const mark = async (): Promise<true> => {
      const end = record ? await looks.steps(record, availableMinor, cause) : 'overtaken';
      await this.#again(accountId, end === 'overtaken' ? await looks.look(accountId, cause) : end);
      return true;
    };
    if (!(await this.#ifInTime(mark))) remember(this.#missed, accountId, refusedMinor, MISSED_MAX);
  }

  /** @returns `undefined` when directory or shards cannot be asked, or take too long */
  async #ifInTime<T>(ask: () => Promise<T>): Promise<T | undefined> {
    const leave = await this.#refusals.enter();
    if (!leave) return undefined;
    const asked = ask().finally(leave);
    try {
      return await withinMs(this.parts.sleep, { msMax: REFUSAL_MS_MAX, shard: 'the directory' }, asked);
    } catch (error) {
      if (isAway(error)) return undefined;
      this.parts.observer.deferred('the level of a balance', error);
      return undefined;
    }
  }

  async #lookAtMissed(): Promise<void> {
    for (const [accountId, refusedMinor] of [...this.#missed]) {
      await this.#again(accountId, await this.parts.looks.look(accountId, { hasPaid: true, refusedMinor }));
      this.#missed.delete(accountId);
    }
  }

  /** @returns whether there may be more */
  async #page(): Promise<boolean> {
    const { cursor, sources, directory } = this.parts;
    const start = await cursor.take();
    if (start === undefined) return false;
    const page = await touchedBehind(start, sources(), isAway);
    const due = await directory.levels.due(DUE_MAX);
    await this.#lookAt(page.touches, new Map(due.map((look) => [look.accountId, look])));
    if (!(await cursor.advance(page.cursor))) return false;
    return page.hasMore || due.length === DUE_MAX;
  }

  async #lookAt(touches: ReadonlyMap<string, FeedTouch>, due: ReadonlyMap<string, DueLook>): Promise<void> {
    const { levels } = this.parts.directory;
    const accountIds = [...new Set([...touches.keys(), ...due.keys()])];
    for (let from = 0; from < accountIds.length; from += LOOKED_UP_MAX) {
      const records = await levels.find(accountIds.slice(from, from + LOOKED_UP_MAX));
      const wanted = records.filter((record) => {
        const { accountId } = record.account;
        return due.has(accountId) || mayHaveCrossed(record, touches.get(accountId));
      });
      await inTurn(wanted, async (record) => {
        const { accountId } = record.account;
        const end = await this.#look(record, touches.get(accountId)?.falls ?? false);
        const look = due.get(accountId);
        if (look) await levels.looked(look, end.againMs);
        else await this.#again(accountId, end);
      });
    }
  }

  /** Rejects only when the directory cannot be asked: then the page is read again. */
  async #look(record: LevelRecord, hasPaid: boolean): Promise<LookEnd> {
    const { looks, observer } = this.parts;
    const { accountId } = record.account;
    try {
      return await looks.look(accountId, { hasPaid }, record);
    } catch (error) {
      if (error instanceof DirectoryUnavailableError) throw error;
      if (!isAway(error)) observer.deferred(`the level of ${accountId}`, error);
      return { againMs: AGAIN_MS };
    }
  }

  async #again(accountId: string, { againMs }: LookEnd): Promise<void> {
    if (againMs !== undefined) await this.parts.directory.levels.lookAgain(accountId, againMs);
  }
}

/** The account has no less than any of its rows: where a row had more than the bound, the account had. */
function mayHaveCrossed({ level, lowBalanceMinor }: LevelRecord, touch: FeedTouch | undefined): boolean {
  if (!touch) return false;
  const hasAtMost = (bound: bigint): boolean =>
    touch.availableMinor === null || touch.availableMinor <= bound;
  switch (level) {
    case null:
      return true;
    case 'ample':
      return touch.falls && hasAtMost(lowBalanceMinor ?? 0n);
    case 'low':
      return touch.rises || (touch.falls && hasAtMost(0n));
    case 'exhausted':
      return touch.rises;
  }
}

function isAway(error: unknown): boolean {
  return error instanceof ShardUnavailableError || error instanceof DirectoryUnavailableError;
}

/** Some at a time. Rejects, when all have ended, if any of them has. */
async function inTurn<Item>(items: readonly Item[], run: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items];
  const one = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await run(item);
  };
  const ends = await Promise.allSettled(Array.from({ length: LOOKS_TOGETHER }, one));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}
