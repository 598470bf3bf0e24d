import { Inject, Injectable } from '@nestjs/common';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { GroupedLookUps, type LookUpBounds } from '../engine/grouped-look-ups';
import { remember } from '../engine/remember';
import { EngineRuntime } from '../engine/runtime';
import {
  type ApiKeyLimits,
  type ApiKeyRecord,
  DirectoryOverloadedError,
  DirectoryUnavailableError,
  type FoundApiKey,
  type Scope,
} from '../shards/directory/directory';
import { LOOKED_UP_MAX } from '../shards/padded-list';
import { NOTICES, type Notices } from './notices';
import { type KeyRates, type Principal, principalOf, SCOPES } from './principal';

export const ADMIN_KEY = Symbol('bootstrap admin key');

export const KEY_SETTINGS = Symbol('key settings');

export interface KeySettings {
  /** How long a key is used after the directory confirmed it, before the directory is asked again. */
  readonly recheckMs: number;
  /** How long a key is used after it was confirmed while the directory cannot be asked. */
  readonly staleMsMax: number;
  /** A second key that is as good as the bootstrap admin key, while that is being changed. */
  readonly previousAdminKey?: string;
}

/**
 * What is remembered of a key: its principal; `unknown`, there was no such key a moment ago; `recheck`, it was confirmed, but
 * too long ago to go by; `unseen`, nothing.
 */
export type Remembered = Principal | 'unknown' | 'recheck' | 'unseen';

const KNOWN_MAX = 10_000;
const UNKNOWN_MAX = 10_000;
const UNKNOWN_MS = 5_000;

/** How long the request of a known key waits for the directory before the key is used unconfirmed. */
const PATIENCE_MS = 500;
/** After a check that failed, the key is used for so long before the directory is asked again. */
const RETRY_MS = 1_000;

/** How much older than the last use of a key what is noted of it may be. */
const USE_NOTED_MS = 60_000;

/** Keys that were confirmed before do not queue behind those that nobody has seen. */
const RECHECK_BOUNDS: LookUpBounds = {
  groupMax: LOOKED_UP_MAX,
  groupsAtOnceMax: 1,
  waitingMax: KNOWN_MAX,
  waitMsMax: 2_000,
};
const UNSEEN_BOUNDS: LookUpBounds = { ...RECHECK_BOUNDS, waitingMax: 4_096 };

/** A key to make; without rates, it may come as often as it likes. */
type WantedKey = Omit<ApiKeyLimits, keyof KeyRates> & Partial<KeyRates> & { readonly name: string };

/** A key that is good. */
interface Good {
  readonly principal: Principal;
  /** How long it was good for when the directory read it, by the directory's clock. */
  readonly lifeMs: number;
}

interface Known {
  principal: Principal;
  confirmedAt: number;
  /** The moment on this instance's monotonic clock at which the key expires. */
  expiresAt: number;
  /** From then on the directory is asked in the background. */
  recheckAt: number;
  /** Until then the key is used without waiting for the directory. */
  usableUntil: number;
  check: { readonly since: number; readonly done: Promise<Principal | undefined> } | undefined;
}

/**
 * API keys. Secrets carry 256 random bits, so their plain SHA-256 is kept and nothing is gained by slowing it down.
 *
 * A key that the directory has confirmed is used for `recheckMs` without asking again, and asked for in the background
 * before that time is over, so that a key in use waits for nothing. While the directory cannot be asked, keys that it
 * confirmed within `staleMsMax` go on. A deleted key is forgotten at once where the notice of its deletion arrives, and with
 * the next check everywhere else; so is a changed one. Whether a key has expired is decided by the directory's clock: a look-up
 * tells how long the key is good for, and so much time is measured here.
 *
 * Keys that do not exist are remembered apart from those that do: no number of them makes a known key be forgotten. All
 * look-ups are grouped and bounded.
 */
@Injectable()
export class ApiKeys {
  readonly #adminHashes: readonly Buffer[];
  readonly #known = new Map<string, Known>();
  /** Until when each is taken for unknown, by its hash. */
  readonly #unknown = new Map<string, number>();
  readonly #rechecks: GroupedLookUps<Good>;
  readonly #unseen: GroupedLookUps<Good>;
  /** Deletions and changes that this instance heard of. What was looked up before one may be what was deleted. */
  #deletions = 0;
  /** Keys whose use is to be noted; by their ids. */
  readonly #usesToNote = new Set<string>();
  #isNotingUses = false;

  constructor(
    private readonly runtime: EngineRuntime,
    @Inject(ADMIN_KEY) adminKey: string,
    @Inject(NOTICES) private readonly notices: Notices,
    @Inject(KEY_SETTINGS) private readonly settings: KeySettings,
  ) {
    this.#adminHashes = [adminKey, settings.previousAdminKey].flatMap((key) => (key ? [sha256(key)] : []));
    this.#rechecks = this.#lookUps(RECHECK_BOUNDS);
    this.#unseen = this.#lookUps(UNSEEN_BOUNDS);
    notices.subscribe((notice) => {
      if (notice.kind === 'apiKeyDeleted') this.#forget(notice.keyId);
    });
  }

  /** What is remembered of a key: the hot path, without a promise. */
  peek(secret: string): Remembered {
    const known = this.#known.get(secret);
    const now = this.#now();
    if (known) {
      if (now >= known.usableUntil) return 'recheck';
      if (now >= known.recheckAt) this.#check(secret, known);
      return known.principal;
    }
    if (this.#unknown.size === 0) return 'unseen';
    return (this.#unknown.get(hex(sha256(secret))) ?? 0) > now ? 'unknown' : 'unseen';
  }

  /** Rejects with `DirectoryUnavailableError` when a key that may not be used unconfirmed cannot be looked up. */
  authenticate(secret: string): Promise<Principal | undefined> {
    const known = this.#known.get(secret);
    return known ? this.#confirm(secret, known) : this.#introduce(secret);
  }

  /** A key that was confirmed before: it goes on when the directory cannot be asked, or does not answer soon. */
  async #confirm(secret: string, known: Known): Promise<Principal | undefined> {
    const { since, done } = this.#check(secret, known);
    const late = Promise.withResolvers<'late'>();
    const callOff = this.runtime.surroundings.later(Math.max(0, since + PATIENCE_MS - this.#now()), () => {
      late.resolve('late');
    });
    try {
      const answer = await Promise.race([done, late.promise]);
      if (answer !== 'late') return answer;
      if (!this.#putOff(known)) return await done;
    } catch (error) {
      if (!(error instanceof DirectoryUnavailableError) || this.#now() >= known.usableUntil) throw error;
    } finally {
      callOff();
    }
    return known.principal;
  }

  async #introduce(secret: string): Promise<Principal | undefined> {
    const hash = sha256(secret);
    if (this.#adminHashes.some((each) => timingSafeEqual(hash, each))) {
      this.#remember(secret, { principal: BOOTSTRAP, lifeMs: Infinity }, Infinity);
      return BOOTSTRAP;
    }
    const { found, since } = await this.#find(this.#unseen, hex(hash));
    if (found) this.#remember(secret, found, since);
    else remember(this.#unknown, hex(hash), since + UNKNOWN_MS, UNKNOWN_MAX);
    return found?.principal;
  }

  /** Asks for a known key again, once for all who want to know. Its failure is the waiting callers' to see. */
  #check(secret: string, known: Known): NonNullable<Known['check']> {
    if (known.check) return known.check;
    const done = this.#recheck(secret, known).finally(() => {
      known.check = undefined;
    });
    done.catch(() => undefined);
    return (known.check = { since: this.#now(), done });
  }

  async #recheck(secret: string, known: Known): Promise<Principal | undefined> {
    try {
      const { found, since } = await this.#find(this.#rechecks, hex(sha256(secret)));
      if (this.#known.get(secret) === known) {
        if (found) this.#confirmed(known, found, since);
        else this.#known.delete(secret);
      }
      return found?.principal;
    } catch (error) {
      this.#putOff(known);
      this.runtime.observer.deferred('confirming API keys', error);
      throw error;
    }
  }

  /** What the directory has under a hash, read after every deletion that was heard of until it was found. */
  async #find(lookUps: GroupedLookUps<Good>, hash: string) {
    for (;;) {
      const deletions = this.#deletions;
      const since = this.#now();
      const found = await lookUps.find(hash);
      if (!found || deletions === this.#deletions) return { found, since };
    }
  }

  #remember(secret: string, found: Good, since: number): void {
    const { principal } = found;
    const times = { confirmedAt: since, expiresAt: since, recheckAt: since, usableUntil: since };
    const known = { principal, ...times, check: undefined };
    this.#confirmed(known, found, since);
    remember(this.#known, secret, known, KNOWN_MAX);
  }

  /** Time that passes is measured from before the directory was asked, so that no key outlives its expiry by the way back. */
  #confirmed(known: Known, { principal, lifeMs }: Good, since: number): void {
    const { recheckMs } = this.settings;
    known.principal = principal;
    known.confirmedAt = since;
    known.expiresAt = since + lifeMs;
    known.recheckAt = since + recheckMs / 2;
    known.usableUntil = Math.min(since + recheckMs, known.expiresAt);
  }

  /** The directory cannot be asked: the key goes on for a moment. @returns false when it has for as long as it may */
  #putOff(known: Known): boolean {
    const now = this.#now();
    known.recheckAt = now + RETRY_MS / 2;
    const { confirmedAt, expiresAt } = known;
    const until = Math.min(now + RETRY_MS, confirmedAt + this.settings.staleMsMax, expiresAt);
    known.usableUntil = Math.max(known.usableUntil, until);
    return now < known.usableUntil;
  }

  /** @param keyId which key; all of them when the notice does not say */
  #forget(keyId: string | undefined): void {
    this.#deletions += 1;
    // One that had expired may be good again.
    this.#unknown.clear();
    for (const [secret, { principal }] of this.#known)
      if (keyId === undefined || principal.keyId === keyId) this.#known.delete(secret);
  }

  #lookUps(bounds: LookUpBounds): GroupedLookUps<Good> {
    return new GroupedLookUps<Good>(bounds, {
      ask: async (hashes) => {
        const records = await this.runtime.directory.findApiKeys(
          hashes.map((hash) => Buffer.from(hash, 'hex')),
        );
        const good = records.flatMap((record) => {
          const lifeMs = lifeMsOf(record);
          return lifeMs > 0 ? [{ record, lifeMs }] : [];
        });
        this.#noteUses(good.map(({ record }) => record));
        return new Map(
          good.map(({ record, lifeMs }) => [
            hex(record.secretHash),
            { principal: principalOf(record), lifeMs },
          ]),
        );
      },
      overloaded: (detail) => new DirectoryOverloadedError(`the directory cannot be asked: ${detail}`),
      now: () => this.#now(),
      turn: () => this.runtime.surroundings.turn(),
    });
  }

  /** Nobody waits for it: a key is looked up because it is used, so its look-ups say when it was. */
  #noteUses(used: readonly FoundApiKey[]): void {
    for (const { keyId, lastUsedAtUs, nowUs } of used) {
      const age = lastUsedAtUs === null ? Infinity : Math.abs(nowUs - lastUsedAtUs);
      if (age > USE_NOTED_MS * 1_000 && this.#usesToNote.size < KNOWN_MAX) this.#usesToNote.add(keyId);
    }
    if (this.#usesToNote.size === 0 || this.#isNotingUses) return;
    this.#isNotingUses = true;
    void this.#writeUses();
  }

  async #writeUses(): Promise<void> {
    try {
      while (this.#usesToNote.size > 0) {
        const keyIds = [...this.#usesToNote].slice(0, LOOKED_UP_MAX);
        for (const keyId of keyIds) this.#usesToNote.delete(keyId);
        await this.runtime.directory.noteKeyUses(keyIds, USE_NOTED_MS);
      }
    } catch (error) {
      // The next look-up of a key that is still in use notes that.
      this.#usesToNote.clear();
      this.runtime.observer.deferred('noting the last use of API keys', error);
    } finally {
      this.#isNotingUses = false;
    }
  }

  #now(): number {
    return this.runtime.surroundings.now();
  }

  /** @returns the key's secret, which is not kept and cannot be shown again */
  async create(wanted: WantedKey): Promise<{ keyId: string; scopes: Scope[]; secret: string }> {
    const keyId = `key_${randomBytes(9).toString('base64url').replace(/[-_]/g, 'x')}`;
    const secret = `hs_${randomBytes(32).toString('base64url')}`;
    const scopes = inOrder(wanted.scopes);
    await this.runtime.directory.insertApiKey({
      requestsPerSecond: null,
      deductionsPerSecond: null,
      ...wanted,
      keyId,
      scopes,
      secretHash: sha256(secret),
    });
    return { keyId, scopes, secret };
  }

  /**
   * Changes what is given of a key's limits.
   *
   * @returns the key as it is then; nothing when there is none
   */
  async change(keyId: string, change: Partial<ApiKeyLimits>): Promise<ApiKeyRecord | undefined> {
    const { scopes } = change;
    const changed = await this.runtime.directory.changeApiKey(keyId, {
      ...change,
      ...(scopes && { scopes: inOrder(scopes) }),
    });
    this.notices.publish({ kind: 'apiKeyDeleted', keyId });
    return changed;
  }

  /** Microseconds since 1970 by the clock that keys expire by. */
  nowUs(): Promise<number> {
    return this.runtime.directory.nowUs();
  }

  list(page: { after: string; limit: number }): Promise<ApiKeyRecord[]> {
    return this.runtime.directory.listApiKeys(page);
  }

  /** @returns false when there was no such key */
  async delete(keyId: string): Promise<boolean> {
    const deleted = await this.runtime.directory.deleteApiKey(keyId);
    this.notices.publish({ kind: 'apiKeyDeleted', keyId });
    return deleted;
  }
}

const BOOTSTRAP = principalOf({ keyId: 'bootstrap', scopes: ['admin'], accounts: null });

function inOrder(scopes: readonly Scope[]): Scope[] {
  return SCOPES.filter((scope) => scopes.includes(scope));
}

function lifeMsOf({ expiresAtUs, nowUs }: FoundApiKey): number {
  return expiresAtUs === null ? Infinity : (expiresAtUs - nowUs) / 1_000;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function hex(hash: Buffer): string {
  return hash.toString('hex');
}
