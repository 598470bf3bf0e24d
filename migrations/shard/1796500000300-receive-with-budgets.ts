import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/** What is received to be charged later says in `budgets` which it names, with blanks between; NULL of all others. No row is touched. */
export class ReceiveWithBudgets1796500000300 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the ledger is never taken back by a migration');
  }
}

const MYSQL = [
  `ALTER TABLE intake ADD COLUMN budgets VARCHAR(1088) CHARACTER SET ascii COLLATE ascii_bin NULL, ALGORITHM=INSTANT`,
];

const SQLITE = [`ALTER TABLE intake ADD COLUMN budgets TEXT`];
