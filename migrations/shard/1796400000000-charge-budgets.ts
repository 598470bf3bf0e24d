import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/** An entry says in `charges` which budgets it was charged to, each with its allowance; NULL of all others. No row is touched. */
export class ChargeBudgets1796400000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the ledger is never taken back by a migration');
  }
}

const MYSQL = [
  `ALTER TABLE entry ADD COLUMN charges VARCHAR(2048) CHARACTER SET ascii COLLATE ascii_bin NULL, ALGORITHM=INSTANT`,
];

const SQLITE = [`ALTER TABLE entry ADD COLUMN charges TEXT`];
