import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * Balance levels, metadata of accounts, and cursors of readers of the feed.
 *
 * - `account.level`: whether the balance was last found `ample`, `low` or `exhausted`; NULL where nobody has looked yet.
 *   `level_version` rises with every change of the level or of what decides about it: a crossing is a compare-and-set on it.
 *   `short_of` is the least amount that was refused since the account is exhausted. `replenished_at_us` is when the account was
 *   last found replenished. At `look_at_us` somebody must look at the balance, whatever happens to the account.
 * - `feed_reader`: how far readers that the service itself runs have come. `revision` makes each step a compare-and-set.
 */
export class WatchBalances1795970000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the directory is never taken back by a migration');
  }
}

const MYSQL = [
  `ALTER TABLE account
    ADD COLUMN metadata MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    ADD COLUMN level VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL,
    ADD COLUMN level_version BIGINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN short_of BIGINT NULL,
    ADD COLUMN replenished_at_us BIGINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN look_at_us BIGINT UNSIGNED NULL`,
  `ALTER TABLE account ADD KEY account_look (look_at_us, account_id), ALGORITHM=INPLACE, LOCK=NONE`,
  `CREATE TABLE IF NOT EXISTS feed_reader (
    name          VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    position      MEDIUMTEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    revision      BIGINT UNSIGNED NOT NULL,
    updated_at_us BIGINT UNSIGNED NOT NULL
  ) ENGINE=InnoDB`,
];

const SQLITE = [
  `ALTER TABLE account ADD COLUMN metadata TEXT`,
  `ALTER TABLE account ADD COLUMN level TEXT`,
  `ALTER TABLE account ADD COLUMN level_version INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE account ADD COLUMN short_of INTEGER`,
  `ALTER TABLE account ADD COLUMN replenished_at_us INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE account ADD COLUMN look_at_us INTEGER`,
  `CREATE INDEX IF NOT EXISTS account_look ON account (look_at_us, account_id) WHERE look_at_us IS NOT NULL`,
  `CREATE TABLE IF NOT EXISTS feed_reader (
    name          TEXT NOT NULL PRIMARY KEY,
    position      TEXT NOT NULL,
    revision      INTEGER NOT NULL,
    updated_at_us INTEGER NOT NULL
  ) STRICT`,
];
