import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * The directory: accounts, their placements, the shards they may name, and API keys.
 *
 * - An account is `creating` until its opening balance stands; anyone may finish a creation that was cut short.
 * - `account.shards` is the current placement, the shards' names in order with commas between.
 * - `revision` rises with every change of the account and makes its ETag.
 * - API keys are kept as SHA-256 of a secret with 256 bits of randomness.
 */
export class CreateDirectory1764000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the directory is never dropped by a migration');
  }
}

const MYSQL = [
  `CREATE TABLE IF NOT EXISTS account (
    account_id      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    asset           VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    status          ENUM('active', 'frozen', 'closed') NOT NULL,
    status_version  INT UNSIGNED NOT NULL,
    strategy        VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sub_accounts    SMALLINT UNSIGNED NOT NULL,
    epoch           INT UNSIGNED NOT NULL,
    shards          TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    revision        INT UNSIGNED NOT NULL,
    low_balance     BIGINT NULL,
    opening_balance BIGINT NULL,
    creation        ENUM('creating', 'done') NOT NULL,
    fingerprint     BINARY(16) NOT NULL,
    created_at_us   BIGINT UNSIGNED NOT NULL,
    KEY account_creation (creation, created_at_us)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS shard (
    name          VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    created_at_us BIGINT UNSIGNED NOT NULL
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS cluster (
    id         TINYINT NOT NULL PRIMARY KEY,
    cluster_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    CONSTRAINT cluster_single CHECK (id = 1)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS api_key (
    key_id        VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    name          VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    secret_hash   BINARY(32) NOT NULL,
    scopes        VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at_us BIGINT UNSIGNED NOT NULL,
    UNIQUE KEY api_key_secret (secret_hash)
  ) ENGINE=InnoDB`,
];

const SQLITE = [
  `CREATE TABLE IF NOT EXISTS account (
    account_id      TEXT NOT NULL PRIMARY KEY,
    asset           TEXT NOT NULL,
    status          TEXT NOT NULL CHECK (status IN ('active', 'frozen', 'closed')),
    status_version  INTEGER NOT NULL,
    strategy        TEXT NOT NULL,
    sub_accounts    INTEGER NOT NULL,
    epoch           INTEGER NOT NULL,
    shards          TEXT NOT NULL,
    revision        INTEGER NOT NULL,
    low_balance     INTEGER,
    opening_balance INTEGER,
    creation        TEXT NOT NULL CHECK (creation IN ('creating', 'done')),
    fingerprint     BLOB NOT NULL,
    created_at_us   INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  `CREATE INDEX IF NOT EXISTS account_creation ON account (created_at_us) WHERE creation = 'creating'`,
  `CREATE TABLE IF NOT EXISTS shard (
    name          TEXT NOT NULL PRIMARY KEY,
    created_at_us INTEGER NOT NULL
  ) STRICT`,
  `CREATE TABLE IF NOT EXISTS cluster (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    cluster_id TEXT NOT NULL
  ) STRICT`,
  `CREATE TABLE IF NOT EXISTS api_key (
    key_id        TEXT NOT NULL PRIMARY KEY,
    name          TEXT NOT NULL,
    secret_hash   BLOB NOT NULL UNIQUE,
    scopes        TEXT NOT NULL,
    created_at_us INTEGER NOT NULL
  ) STRICT`,
];
