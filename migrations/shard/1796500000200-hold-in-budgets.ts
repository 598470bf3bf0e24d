import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/** A hold says in `charges` in which budgets it is set aside, each with its allowance; NULL of all others. No row is touched. */
export class HoldInBudgets1796500000200 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the ledger is never taken back by a migration');
  }
}

const MYSQL = [
  `ALTER TABLE hold ADD COLUMN charges VARCHAR(2048) CHARACTER SET ascii COLLATE ascii_bin NULL, ALGORITHM=INSTANT`,
];

const SQLITE = [`ALTER TABLE hold ADD COLUMN charges TEXT`];
