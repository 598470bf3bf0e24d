import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/** Running sums of an account's entries, so that no question about its past goes through all of them. */
export class KeepRunningSums1796500000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the ledger is never taken back by a migration');
  }
}

const MYSQL = [
  `CREATE TABLE IF NOT EXISTS running_sum (
    account_id     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at_us  BIGINT UNSIGNED NOT NULL,
    sub_account    SMALLINT UNSIGNED NOT NULL,
    version        BIGINT UNSIGNED NOT NULL,
    sums           TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    PRIMARY KEY (account_id, created_at_us, sub_account, version)
  ) ENGINE=InnoDB`,
];

const SQLITE = [
  `CREATE TABLE IF NOT EXISTS running_sum (
    account_id     TEXT NOT NULL,
    created_at_us  INTEGER NOT NULL,
    sub_account    INTEGER NOT NULL,
    version        INTEGER NOT NULL,
    sums           TEXT NOT NULL,
    PRIMARY KEY (account_id, created_at_us, sub_account, version)
  ) STRICT, WITHOUT ROWID`,
];
