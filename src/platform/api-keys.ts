import { Inject, Injectable } from '@nestjs/common';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { GroupedLookUps, type LookUpBounds } from '../engine/grouped-look-ups';
import { remember } from '../engine/remember';
import { EngineRuntime } from '../engine/runtime';
import {
  type ApiKeyRecord,
  DirectoryOverloadedError,
  DirectoryUnavailableError,
  type Scope,
} from '../shards/directory/directory';
import { LOOKED_UP_MAX } from '../shards/directory/padded-list';
import { NOTICES, type Notices } from './notices';
import { type Principal, principalOf, SCOPES } from './principal';

export const ADMIN_KEY = Symbol('bootstrap admin key');

export const KEY_SETTINGS = Symbol('key settings');

export interface KeySettings {
  /** How long a key is used after the directory confirmed it, before the directory is asked again. */
  readonly recheckMs: number;
  /** How long a key is used after it was confirmed while the directory cannot be asked. */
  readonly staleMsMax: number;
  /** Good beside the bootstrap admin key, while that is being changed. */
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

/** Keys that were confirmed before do not queue behind those that nobody has seen. */
const RECHECK_BOUNDS: LookUpBounds = {
  groupMax: LOOKED_UP_MAX,
  groupsAtOnceMax: 1,
  waitingMax: KNOWN_MAX,
  waitMsMax: 2_000,
};
const UNSEEN_BOUNDS: LookUpBounds = { ...RECHECK_BOUNDS, waitingMax: 4_096 };

interface Known {
  principal: Principal;
  confirmedAt: number;
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
 * the next check everywhere else.
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
  readonly #rechecks: GroupedLookUps<Principal>;
  readonly #unseen: GroupedLookUps<Principal>;
  /** Deletions that this instance heard of. What was looked up before one may be what was deleted. */
  #deletions = 0;

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
      this.#remember(secret, BOOTSTRAP, Infinity);
      return BOOTSTRAP;
    }
    const { found, since } = await this.#find(this.#unseen, hex(hash));
    if (found) this.#remember(secret, found, since);
    else remember(this.#unknown, hex(hash), since + UNKNOWN_MS, UNKNOWN_MAX);
    return found;
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
      return found;
    } catch (error) {
      this.#putOff(known);
      this.runtime.observer.deferred('confirming API keys', error);
      throw error;
    }
  }

  /** What the directory has under a hash, read after every deletion that was heard of until it was found. */
  async #find(lookUps: GroupedLookUps<Principal>, hash: string) {
    for (;;) {
      const deletions = this.#deletions;
      const since = this.#now();
      const found = await lookUps.find(hash);
      if (!found || deletions === this.#deletions) return { found, since };
    }
  }

  #remember(secret: string, principal: Principal, since: number): void {
    const known = { principal, confirmedAt: since, recheckAt: since, usableUntil: since, check: undefined };
    this.#confirmed(known, principal, since);
    remember(this.#known, secret, known, KNOWN_MAX);
  }

  #confirmed(known: Known, principal: Principal, since: number): void {
    const { recheckMs } = this.settings;
    known.principal = principal;
    known.confirmedAt = since;
    known.recheckAt = since + recheckMs / 2;
    known.usableUntil = since + recheckMs;
  }

  /** The directory cannot be asked: the key goes on for a moment. @returns false when it has for as long as it may */
  #putOff(known: Known): boolean {
    const now = this.#now();
    known.recheckAt = now + RETRY_MS / 2;
    const until = Math.min(now + RETRY_MS, known.confirmedAt + this.settings.staleMsMax);
    known.usableUntil = Math.max(known.usableUntil, until);
    return now < known.usableUntil;
  }

  /** @param keyId which key; all of them when the notice does not say */
  #forget(keyId: string | undefined): void {
    this.#deletions += 1;
    for (const [secret, { principal }] of this.#known)
      if (keyId === undefined || principal.keyId === keyId) this.#known.delete(secret);
  }

  #lookUps(bounds: LookUpBounds): GroupedLookUps<Principal> {
    return new GroupedLookUps<Principal>(bounds, {
      ask: async (hashes) => {
        const records = await this.runtime.directory.findApiKeys(
          hashes.map((hash) => Buffer.from(hash, 'hex')),
        );
        return new Map(records.map((record) => [hex(record.secretHash), principalOf(record)]));
      },
      overloaded: (detail) => new DirectoryOverloadedError(`the directory cannot be asked: ${detail}`),
      now: () => this.#now(),
      turn: () => this.runtime.surroundings.turn(),
    });
  }

  #now(): number {
    return this.runtime.surroundings.now();
  }

  /** @returns the key's secret, which is not kept and cannot be shown again */
  async create(wanted: {
    name: string;
    scopes: readonly Scope[];
  }): Promise<{ keyId: string; scopes: Scope[]; secret: string }> {
    const keyId = `key_${randomBytes(9).toString('base64url').replace(/[-_]/g, 'x')}`;
    const secret = `hs_${randomBytes(32).toString('base64url')}`;
    const scopes = SCOPES.filter((scope) => wanted.scopes.includes(scope));
    await this.runtime.directory.insertApiKey({
      keyId,
      name: wanted.name,
      scopes,
      secretHash: sha256(secret),
    });
    return { keyId, scopes, secret };
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

const BOOTSTRAP = principalOf({ keyId: 'bootstrap', scopes: ['admin'] });

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function hex(hash: Buffer): string {
  return hash.toString('hex');
}
