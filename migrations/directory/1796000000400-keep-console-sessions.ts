import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * Who is signed in to the console.
 *
 * - `session_hash`: SHA-256 of the session's id, which only the browser's cookie has.
 * - `sealing_key`: opens the API key that the same cookie carries sealed. Neither the cookie nor this row is a key by itself.
 */
export class KeepConsoleSessions1796000000400 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the directory is never taken back by a migration');
  }
}

const MYSQL = [
  `CREATE TABLE IF NOT EXISTS console_session (
    session_hash  BINARY(32) NOT NULL PRIMARY KEY,
    sealing_key   BINARY(32) NOT NULL,
    key_id        VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at_us BIGINT UNSIGNED NOT NULL,
    seen_at_us    BIGINT UNSIGNED NOT NULL,
    expires_at_us BIGINT UNSIGNED NOT NULL,
    KEY console_session_of_key (key_id, created_at_us),
    KEY console_session_expiry (expires_at_us)
  ) ENGINE=InnoDB`,
];

const SQLITE = [
  `CREATE TABLE IF NOT EXISTS console_session (
    session_hash  BLOB NOT NULL PRIMARY KEY,
    sealing_key   BLOB NOT NULL,
    key_id        TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    seen_at_us    INTEGER NOT NULL,
    expires_at_us INTEGER NOT NULL
  ) STRICT`,
  `CREATE INDEX IF NOT EXISTS console_session_of_key ON console_session (key_id, created_at_us)`,
  `CREATE INDEX IF NOT EXISTS console_session_expiry ON console_session (expires_at_us)`,
];
