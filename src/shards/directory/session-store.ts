import { bytes, type Cell, integer, text } from '../database';
import type { DirectoryDatabase } from './directory-database';

/** A session of the console that is good now. */
export interface SessionRecord {
  /** Opens the API key that the session's cookie carries. */
  readonly sealingKey: Buffer;
  readonly keyId: string;
  /** How long the session is good for if nobody uses it, by the directory's clock. */
  readonly lifeUs: number;
  readonly expiresAtUs: number;
  /** How long ago its use was noted last. */
  readonly unseenUs: number;
}

export interface NewSession {
  /** SHA-256 of the session's id. */
  readonly sessionHash: Buffer;
  readonly sealingKey: Buffer;
  readonly keyId: string;
  readonly lastsUs: number;
}

/** Rows that one statement deletes. */
const DELETED_TOGETHER_MAX = 100;

/** Sessions of the console. Every method's statements are transactions of their own. */
export class SessionStore {
  constructor(private readonly database: DirectoryDatabase) {}

  async insert({ sessionHash, sealingKey, keyId, lastsUs }: NewSession): Promise<void> {
    const { now } = this.database;
    await this.database.write(
      `INSERT INTO console_session (session_hash, sealing_key, key_id, created_at_us, seen_at_us, expires_at_us)
       VALUES (?, ?, ?, ${now}, ${now}, ${now} + ?)`,
      [sessionHash, sealingKey, keyId, lastsUs],
    );
  }

  /** @returns nothing when there is no such session, nobody has used it for `idleUsMax`, or its time is over */
  async find(sessionHash: Buffer, idleUsMax: number): Promise<SessionRecord | undefined> {
    const { now } = this.database;
    const [row] = await this.database.read(
      `SELECT sealing_key, key_id, seen_at_us, expires_at_us, ${now} FROM console_session WHERE session_hash = ?`,
      [sessionHash],
    );
    const found = row && toSession(row, idleUsMax);
    return found && found.lifeUs > 0 ? found : undefined;
  }

  async noteUse(sessionHash: Buffer): Promise<void> {
    await this.database.write(
      `UPDATE console_session SET seen_at_us = ${this.database.now} WHERE session_hash = ?`,
      [sessionHash],
    );
  }

  async remove(sessionHash: Buffer): Promise<void> {
    await this.database.write('DELETE FROM console_session WHERE session_hash = ?', [sessionHash]);
  }

  /** Ends the oldest sessions of a key beyond so many. */
  async trim(keyId: string, kept: number): Promise<void> {
    const rows = await this.database.read(
      `SELECT session_hash FROM console_session WHERE key_id = ?
       ORDER BY created_at_us DESC LIMIT ? OFFSET ?`,
      [keyId, DELETED_TOGETHER_MAX, kept],
    );
    for (const [hash] of rows) await this.remove(bytes(hash));
  }

  /** Deletes some of those whose time is over. */
  async removeExpired(): Promise<void> {
    const rows = await this.database.read(
      `SELECT session_hash FROM console_session WHERE expires_at_us < ${this.database.statementNow}
       ORDER BY expires_at_us LIMIT ?`,
      [DELETED_TOGETHER_MAX],
    );
    for (const [hash] of rows) await this.remove(bytes(hash));
  }
}

function toSession(
  [sealingKey, keyId, seen, expires, now]: readonly Cell[],
  idleUsMax: number,
): SessionRecord {
  const nowUs = integer(now);
  const expiresAtUs = integer(expires);
  const unseenUs = nowUs - integer(seen);
  return {
    sealingKey: bytes(sealingKey),
    keyId: text(keyId),
    lifeUs: Math.min(idleUsMax - unseenUs, expiresAtUs - nowUs),
    expiresAtUs,
    unseenUs,
  };
}
