import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/** What screening said of a deduction that was received. Columns at the end of the table are added without a copy of it. */
export class ScreenDeductions1795960000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the ledger is never taken back by a migration');
  }
}

const MYSQL = [
  `ALTER TABLE intake
    ADD COLUMN screening_verdict ENUM('pass', 'reject', 'wait') NULL,
    ADD COLUMN screened_by       ENUM('service', 'velocity', 'policy') NULL,
    ADD COLUMN screening_reason  VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    ALGORITHM=INSTANT`,
];

const SQLITE = [
  `ALTER TABLE intake ADD COLUMN screening_verdict TEXT`,
  `ALTER TABLE intake ADD COLUMN screened_by TEXT`,
  `ALTER TABLE intake ADD COLUMN screening_reason TEXT`,
];
