import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * Hot accounts, and what is split by itself.
 *
 * - `account.auto_split`: whether and how far the account may be split by itself, as JSON; NULL of accounts that were made before,
 *   and stay as they are.
 * - `account.heat`: since when it is hot, and what was decided about it, as JSON. `heat_version` rises with every change of
 *   it: a crossing, or a decision, is a compare-and-set. `heat_since_us` is NULL unless somebody must look at it.
 * - `heat_report`: what each instance was busy with in the last seconds, a row each. Old rows are nobody's.
 */
export class FeelHeat1796200000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the directory is never taken back by a migration');
  }
}

const MYSQL = [
  `ALTER TABLE account
    ADD COLUMN auto_split VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NULL,
    ADD COLUMN heat MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    ADD COLUMN heat_version BIGINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN heat_since_us BIGINT UNSIGNED NULL`,
  `ALTER TABLE account ADD KEY account_heat (heat_since_us, account_id), ALGORITHM=INPLACE, LOCK=NONE`,
  `CREATE TABLE IF NOT EXISTS heat_report (
    instance_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    at_us       BIGINT UNSIGNED NOT NULL,
    report      MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
  ) ENGINE=InnoDB`,
];

const SQLITE = [
  `ALTER TABLE account ADD COLUMN auto_split TEXT`,
  `ALTER TABLE account ADD COLUMN heat TEXT`,
  `ALTER TABLE account ADD COLUMN heat_version INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE account ADD COLUMN heat_since_us INTEGER`,
  `CREATE INDEX IF NOT EXISTS account_heat ON account (heat_since_us, account_id) WHERE heat_since_us IS NOT NULL`,
  `CREATE TABLE IF NOT EXISTS heat_report (
    instance_id TEXT NOT NULL PRIMARY KEY,
    at_us       INTEGER NOT NULL,
    report      TEXT NOT NULL
  ) STRICT`,
];
