import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * Holds that are captured several times, raised and extended, and credits that are reversed.
 *
 * - `hold` gets the sum of the captures before the last, the sum of its raises, and the version that the newest of these made of its
 *   row. `amount` is what is set aside now, so an instance of the version before still confirms, cancels and expires exactly that.
 * - `entry` gets the mark of a raise and the kind of a credit's reversal. Its keys, and what `reversal` counts by, get room for the id of
 *   a capture between those of its hold and of its reversal.
 *
 * All of these change the description of the tables; no row is touched.
 */
export class ChangeHolds1796300000100 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the ledger is never taken back by a migration');
  }
}

const KINDS = `'deduction', 'credit', 'reversal', 'hold-confirmation', 'hold', 'transfer-out', 'transfer-in', 'transfer-return',
      'transfer-refused', 'hold-raise', 'credit-reversal'`;

const ASCII = 'CHARACTER SET ascii COLLATE ascii_bin';
const ONLINE = 'ALGORITHM=INPLACE, LOCK=NONE';

const MYSQL = [
  `ALTER TABLE entry MODIFY kind ENUM(${KINDS}) NOT NULL`,
  `ALTER TABLE entry MODIFY request_id VARCHAR(224) ${ASCII} NOT NULL, ${ONLINE}`,
  `ALTER TABLE reversal MODIFY request_id VARCHAR(160) ${ASCII} NOT NULL, ${ONLINE}`,
  `ALTER TABLE hold ADD COLUMN captured BIGINT NOT NULL DEFAULT 0, ADD COLUMN raised BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN changed_version BIGINT UNSIGNED NULL, ALGORITHM=INSTANT`,
];

const SQLITE = [
  `ALTER TABLE hold ADD COLUMN captured INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE hold ADD COLUMN raised INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE hold ADD COLUMN changed_version INTEGER`,
];
