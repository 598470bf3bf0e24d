import type { IntakeDepth } from '../../shards/shard';
import type { EngineObserver } from '../observer';
import { PerShard } from '../per-shard';
import { remember } from '../remember';
import type { ShardSet } from '../shard-set';
import type { IntakeSettings } from './intake-settings';

/** A counting takes no more than this part of the time. */
const COUNTING_SHARE = 0.1;

/** An account, or a key with all of its accounts, has this part of a shard's intake to itself, and more while half of it is free. */
const SHARE = 1 / 4;
const CROWDED = 1 / 2;

/** Those with the most records, which a counting tells apart: others have no more than their share. */
const ACCOUNTS_MAX = 2_000;
/** Accounts of which it is remembered whose records they have. */
const HOLDERS_MAX = 20_000;

interface Level {
  waiting: number;
  /** What waits of each account that has any. */
  ofAccounts: Map<string, number>;
  /** The same of each key: of accounts that have records by several, the key that came last. */
  ofKeys: Map<string, number>;
  /** Not before this is it counted again. */
  nextAt: number;
}

/** Whose record it is. */
export interface IntakeHolder {
  readonly accountId: string;
  /** Absent where no key asked for it. */
  readonly keyId?: string | undefined;
}

export interface LevelParts {
  readonly shards: ShardSet;
  readonly observer: EngineObserver;
  readonly now: () => number;
  readonly settings: IntakeSettings;
}

/**
 * How much waits in the intake of each shard: counted now and then, and between two countings by what comes and goes here. Several
 * instances may each receive a little beyond the bound before they have counted again.
 *
 * What waits for screening may wait for long. So that the records of one do not shut out all others, places are shared as bodies and
 * streams are: whoever has its share has no more once half of the places are taken.
 */
export class IntakeLevels {
  readonly #levels = new PerShard((): Level => ({
    waiting: 0,
    ofAccounts: new Map(),
    ofKeys: new Map(),
    nextAt: 0,
  }));
  /** By account, the key that came last. */
  readonly #keys = new Map<string, string>();

  constructor(private readonly parts: LevelParts) {}

  /** Takes a place for a record that may become one. @returns false where there is none for its holder */
  take(shard: string, { accountId, keyId }: IntakeHolder): boolean {
    const level = this.#levels.of(shard);
    const { recordsMax } = this.parts.settings;
    if (level.waiting >= recordsMax) return false;
    const share = Math.max(1, recordsMax * SHARE);
    const held = Math.max(
      level.ofAccounts.get(accountId) ?? 0,
      (keyId !== undefined && level.ofKeys.get(keyId)) || 0,
    );
    if (held >= share && level.waiting >= recordsMax * CROWDED) return false;
    if (keyId !== undefined) remember(this.#keys, accountId, keyId, HOLDERS_MAX);
    this.#note(shard, accountId, 1);
    return true;
  }

  /** A record has ended, or was none that waits. */
  giveBack(shard: string, accountId: string): void {
    this.#note(shard, accountId, -1);
  }

  #note(shard: string, accountId: string, change: 1 | -1): void {
    const level = this.#levels.of(shard);
    level.waiting = Math.max(0, level.waiting + change);
    add(level.ofAccounts, accountId, change);
    const keyId = this.#keys.get(accountId);
    if (keyId !== undefined) add(level.ofKeys, keyId, change);
  }

  /** Counts what waits; never rejects. */
  async count(): Promise<void> {
    await Promise.all(this.parts.shards.names.map((shard) => this.#countOn(shard)));
  }

  async #countOn(shard: string): Promise<void> {
    const { shards, observer, now, settings } = this.parts;
    const level = this.#levels.of(shard);
    const began = now();
    if (began < level.nextAt || shards.lanes(shard).isDown) return;
    try {
      const { recordsMax: countMax } = settings;
      // Below that, nobody can have more than a share.
      const accountsMax = level.waiting < countMax * SHARE ? 0 : ACCOUNTS_MAX;
      const { waiting, oldestUs, accounts } = await shards
        .shard(shard)
        .intakeDepth({ countMax, accountsMax });
      level.waiting = waiting;
      if (accountsMax > 0 || waiting < countMax * SHARE) this.#have(level, accounts);
      const isFull = waiting >= settings.recordsMax;
      observer.intakeLevel({ shard, waiting, oldestMs: oldestUs / 1_000, isFull });
    } catch (error) {
      observer.deferred(`counting the intake of ${shard}`, error);
    }
    level.nextAt = began + (now() - began) / COUNTING_SHARE;
  }

  #have(level: Level, accounts: IntakeDepth['accounts']): void {
    level.ofAccounts = new Map(accounts.map(({ accountId, waiting }) => [accountId, waiting]));
    level.ofKeys = new Map();
    for (const { accountId, waiting } of accounts) {
      const keyId = this.#keys.get(accountId);
      if (keyId !== undefined) add(level.ofKeys, keyId, waiting);
    }
  }
}

function add(counts: Map<string, number>, name: string, change: number): void {
  const count = (counts.get(name) ?? 0) + change;
  if (count > 0) counts.set(name, count);
  else counts.delete(name);
}
