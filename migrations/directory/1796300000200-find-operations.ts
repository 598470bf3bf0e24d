import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/** Indexes by which the operations of one account, or of one status, are listed without going through the others. */
export class FindOperations1796300000200 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the directory is never taken back by a migration');
  }
}

const MYSQL = [
  'ALTER TABLE operation ADD KEY operation_of_account (account_id, created_at_us), ALGORITHM=INPLACE, LOCK=NONE',
  'ALTER TABLE operation ADD KEY operation_of_status (status, created_at_us), ALGORITHM=INPLACE, LOCK=NONE',
];

const SQLITE = [
  'CREATE INDEX IF NOT EXISTS operation_of_account ON operation (account_id, created_at_us)',
  'CREATE INDEX IF NOT EXISTS operation_of_status ON operation (status, created_at_us)',
];
