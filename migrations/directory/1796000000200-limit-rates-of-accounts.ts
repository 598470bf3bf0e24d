import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/** How often an account may be asked about or used, and how many deductions it may have, in a second. NULL: without limit. */
export class LimitRatesOfAccounts1796000000200 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the directory is never taken back by a migration');
  }
}

const MYSQL = [
  `ALTER TABLE account
    ADD COLUMN requests_per_second INT UNSIGNED NULL,
    ADD COLUMN deductions_per_second INT UNSIGNED NULL`,
];

const SQLITE = [
  `ALTER TABLE account ADD COLUMN requests_per_second INTEGER`,
  `ALTER TABLE account ADD COLUMN deductions_per_second INTEGER`,
];
