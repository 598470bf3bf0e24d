import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * The index by which operations that are not over are found without going through those that are run or put off: by when
 * their runner's time is up. MySQL and MariaDB have no index over some rows only, so a column that is computed from
 * `step` is NULL for operations that have ended; instances of the version before need not know of it. SQLite has had
 * such an index from the beginning.
 */
export class FindOpenOperations1764600000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: [] });
  }

  down(): Promise<void> {
    throw new Error('the directory is never taken back by a migration');
  }
}

const MYSQL = [
  `ALTER TABLE operation
    ADD COLUMN is_open TINYINT GENERATED ALWAYS AS (CASE WHEN step = _ascii'ended' THEN NULL ELSE 1 END) VIRTUAL`,
  `ALTER TABLE operation ADD KEY operation_open (is_open, runner_until_us), ALGORITHM=INPLACE, LOCK=NONE`,
];
