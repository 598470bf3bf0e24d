import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * Credit lines: what a row was granted, the number of the last change of the line that reached it, and whether it was told that the
 * account has used more than its limit.
 *
 * Builds before leave the three as they are when they write a row, and take a row above its limit for a frozen one.
 */
export class GrantOnCredit1796400000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the ledger is never taken back by a migration');
  }
}

const MYSQL = [
  `ALTER TABLE sub_account ADD COLUMN granted BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN grant_version INT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN over_limit TINYINT UNSIGNED NOT NULL DEFAULT 0, ALGORITHM=INSTANT`,
];

const SQLITE = [
  `ALTER TABLE sub_account ADD COLUMN granted INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE sub_account ADD COLUMN grant_version INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE sub_account ADD COLUMN over_limit INTEGER NOT NULL DEFAULT 0`,
];
