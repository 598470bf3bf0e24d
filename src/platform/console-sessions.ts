import { Injectable } from '@nestjs/common';
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { remember } from '../engine/remember';
import { EngineRuntime } from '../engine/runtime';
import { DirectoryUnavailableError } from '../shards/directory/directory';
import { Settings } from './settings';

const ID_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = 'aes-256-gcm';
const TOKEN = /^[A-Za-z0-9_-]{43,2048}$/;

/** Sessions of one key; with one more, the oldest ends. */
const OF_KEY_MAX = 32;
/** Sessions that one instance remembers. */
const REMEMBERED_MAX = 1_000;
/** How much older than the last use of a session what is noted of it may be. */
const USE_NOTED_US = 60_000_000;

/** A session that somebody has just begun, or that is under way. */
export interface OpenSession {
  /** The API key that the session stands for. */
  readonly secret: string;
  readonly expiresAtUs: number;
}

interface Remembered extends OpenSession {
  /** Until when the session is good by what the directory last said, on this instance's monotonic clock. */
  readonly goodUntil: number;
}

/**
 * Sessions of the console. A session's token, which the browser keeps as a cookie, is a random id and the API key, sealed
 * with a key that only the session's row in the directory has. So any instance opens any session; whoever has a copy of the
 * directory has no key, and a stolen cookie is worth nothing once its row is gone. Whether the API key is still good is
 * asked of `ApiKeys` at every request, as if the key had been sent.
 *
 * The row is read at every use. While the directory cannot be asked, a session that this instance has opened goes on for
 * as long as the directory last said that it would last.
 */
@Injectable()
export class ConsoleSessions {
  readonly #idleUsMax: number;
  readonly #lastsUs: number;
  readonly #isOn: boolean;
  readonly #remembered = new Map<string, Remembered>();

  constructor(
    private readonly runtime: EngineRuntime,
    settings: Settings,
  ) {
    this.#isOn = settings.console === 'on';
    this.#idleUsMax = settings.consoleIdleMinutes * 60_000_000;
    this.#lastsUs = settings.consoleHoursMax * 3_600_000_000;
  }

  /** @returns the token, which is kept nowhere else */
  async begin(
    secret: string,
    keyId: string,
  ): Promise<{ readonly token: string; readonly lastsSeconds: number }> {
    const { sessions } = this.runtime.directory;
    const [id, sealingKey, nonce] = [randomBytes(ID_BYTES), randomBytes(32), randomBytes(NONCE_BYTES)];
    const cipher = createCipheriv(ALGORITHM, sealingKey, nonce).setAAD(id);
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    await sessions.removeExpired();
    await sessions.insert({ sessionHash: sha256(id), sealingKey, keyId, lastsUs: this.#lastsUs });
    await sessions.trim(keyId, OF_KEY_MAX);
    const token = Buffer.concat([id, nonce, cipher.getAuthTag(), sealed]).toString('base64url');
    return { token, lastsSeconds: this.#lastsUs / 1_000_000 };
  }

  /** Whether this instance has opened the session before: whoever shows one that it has not is slowed down by address. */
  isRemembered(token: string): boolean {
    return this.#remembered.has(token);
  }

  /**
   * Rejects with `DirectoryUnavailableError` when a session that this instance does not know cannot be looked up.
   *
   * @returns nothing when the session has ended, or there was none
   */
  async open(token: string): Promise<OpenSession | undefined> {
    if (!this.#isOn || !TOKEN.test(token)) return undefined;
    try {
      return await this.#find(token);
    } catch (error) {
      if (!(error instanceof DirectoryUnavailableError)) throw error;
      const remembered = this.#remembered.get(token);
      if (remembered && remembered.goodUntil > this.runtime.surroundings.now()) return remembered;
      throw error;
    }
  }

  /** The session is over, at every instance. */
  async end(token: string): Promise<void> {
    this.#remembered.delete(token);
    if (TOKEN.test(token)) await this.runtime.directory.sessions.remove(sha256(idIn(token)));
  }

  async #find(token: string): Promise<OpenSession | undefined> {
    const { directory, surroundings } = this.runtime;
    const hash = sha256(idIn(token));
    const since = surroundings.now();
    const found = await directory.sessions.find(hash, this.#idleUsMax);
    const secret = found && unsealed(token, found.sealingKey);
    if (!found || secret === undefined) {
      this.#remembered.delete(token);
      return undefined;
    }
    const goodUntil = since + found.lifeUs / 1_000;
    const { expiresAtUs } = found;
    remember(this.#remembered, token, { secret, expiresAtUs, goodUntil }, REMEMBERED_MAX);
    if (found.unseenUs > Math.min(USE_NOTED_US, this.#idleUsMax / 4)) await directory.sessions.noteUse(hash);
    return { secret, expiresAtUs };
  }
}

function idIn(token: string): Buffer {
  return Buffer.from(token, 'base64url').subarray(0, ID_BYTES);
}

/** @returns nothing when the token was not made with this key, or was changed */
function unsealed(token: string, sealingKey: Buffer): string | undefined {
  const parts = Buffer.from(token, 'base64url');
  const tagAt = ID_BYTES + NONCE_BYTES;
  const sealedAt = tagAt + TAG_BYTES;
  try {
    const decipher = createDecipheriv(ALGORITHM, sealingKey, parts.subarray(ID_BYTES, tagAt))
      .setAAD(parts.subarray(0, ID_BYTES))
      .setAuthTag(parts.subarray(tagAt, sealedAt));
    return Buffer.concat([decipher.update(parts.subarray(sealedAt)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

function sha256(value: Buffer): Buffer {
  return createHash('sha256').update(value).digest();
}
