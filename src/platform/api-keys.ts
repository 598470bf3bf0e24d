import { Inject, Injectable } from '@nestjs/common';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { EngineRuntime } from '../engine/runtime';
import type { ApiKeyRecord, Scope } from '../shards/directory/directory';
import { NOTICES, type Notices } from './notices';

export const SCOPES = ['read', 'deduct', 'credit', 'admin'] as const satisfies readonly Scope[];

export const ADMIN_KEY = Symbol('bootstrap admin key');

/** Who a request comes from, and what it may do. */
export interface Principal {
  readonly keyId: string;
  readonly scopes: ReadonlySet<Scope>;
}

const CACHE_MS = 5_000;
const CACHED_MAX = 10_000;

interface Cached {
  readonly principal: Principal | undefined;
  readonly until: number;
}

/**
 * API keys. Secrets carry 256 random bits, so their plain SHA-256 is kept and nothing is gained by slowing it down. What
 * was found is remembered for a few seconds; a deleted key is forgotten at once where the notice of it arrives, and after
 * those seconds everywhere else.
 */
@Injectable()
export class ApiKeys {
  readonly #adminHash: Buffer;
  readonly #cache = new Map<string, Cached>();

  constructor(
    private readonly runtime: EngineRuntime,
    @Inject(ADMIN_KEY) adminKey: string,
    @Inject(NOTICES) private readonly notices: Notices,
  ) {
    this.#adminHash = sha256(adminKey);
    notices.subscribe(({ kind }) => {
      if (kind === 'apiKeyDeleted') this.#cache.clear();
    });
  }

  /** The principal if it is remembered; `null` when the directory has to be asked. */
  peek(secret: string): Principal | undefined | null {
    const cached = this.#cache.get(secret);
    return cached && cached.until > performance.now() ? cached.principal : null;
  }

  /** Rejects with `DirectoryUnavailableError` when a key that is not remembered cannot be looked up. */
  async authenticate(secret: string): Promise<Principal | undefined> {
    const hash = sha256(secret);
    const principal = timingSafeEqual(hash, this.#adminHash) ? BOOTSTRAP : await this.#lookUp(hash);
    if (this.#cache.size >= CACHED_MAX) this.#cache.clear();
    this.#cache.set(secret, { principal, until: performance.now() + CACHE_MS });
    return principal;
  }

  async #lookUp(hash: Buffer): Promise<Principal | undefined> {
    const record = await this.runtime.directory.findApiKey(hash);
    return record && { keyId: record.keyId, scopes: new Set(record.scopes) };
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
    this.notices.publish({ kind: 'apiKeyDeleted' });
    return deleted;
  }
}

const BOOTSTRAP: Principal = { keyId: 'bootstrap', scopes: new Set(['admin']) };

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
