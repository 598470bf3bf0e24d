import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/** How often a key may come, and how many deductions it may make, in a second. NULL: as often as it likes. */
export class LimitRatesOfKeys1795980000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the directory is never taken back by a migration');
  }
}

const MYSQL = [
  `ALTER TABLE api_key
    ADD COLUMN requests_per_second INT UNSIGNED NULL,
    ADD COLUMN deductions_per_second INT UNSIGNED NULL`,
];

const SQLITE = [
  `ALTER TABLE api_key ADD COLUMN requests_per_second INTEGER`,
  `ALTER TABLE api_key ADD COLUMN deductions_per_second INTEGER`,
];
