import type { MigrationInterface, QueryRunner } from 'typeorm';
import { MARKS_FROM_US } from '../../src/shards/entry-place';

/**
 * Moves the marks of holds behind everything that is listed in the order of an account's entries, where they are written
 * from now on. They were in the way of lists: a page behind ten million of them went through ten million rows.
 *
 * MySQL and MariaDB are in use meanwhile: marks are found by their holds and moved in small statements, each a
 * transaction of its own; one that was moved before is left alone. An instance of the version before may go on writing marks
 * at their own time: lists filter those, and only go through them.
 */
export class KeepMarksApart1765500000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    if (queryRunner.dataSource.options.type === 'mysql') await moveByHolds(queryRunner);
    else
      await queryRunner.query(
        `UPDATE entry SET created_at_us = created_at_us + ${MARKS_FROM_US}
           WHERE kind = 'hold' AND created_at_us < ${MARKS_FROM_US}`,
      );
  }

  down(): Promise<void> {
    throw new Error('the ledger is never taken back by a migration');
  }
}

/** Marks moved by one statement: milliseconds of locks, and a list of keys that is still looked up in the index. */
const MARKS_TOGETHER = 500;

interface HoldKey {
  readonly account_id: string;
  readonly hold_id: string;
}

async function moveByHolds(queryRunner: QueryRunner): Promise<void> {
  for (let last: HoldKey | undefined = { account_id: '', hold_id: '' }; last;) {
    const { account_id: account, hold_id: hold }: HoldKey = last;
    const keys = (await queryRunner.query(
      `SELECT account_id, hold_id FROM hold FORCE INDEX (PRIMARY)
        WHERE account_id > ? OR (account_id = ? AND hold_id > ?) ORDER BY account_id, hold_id LIMIT ?`,
      [account, account, hold, MARKS_TOGETHER],
    )) as HoldKey[];
    if (keys.length > 0) await moveMarks(queryRunner, keys);
    last = keys.at(-1);
  }
}

async function moveMarks(queryRunner: QueryRunner, keys: readonly HoldKey[]): Promise<void> {
  const idsOf = new Map<string, string[]>();
  for (const { account_id, hold_id } of keys)
    idsOf.set(account_id, [...(idsOf.get(account_id) ?? []), hold_id]);
  const some = [...idsOf].map(
    ([, ids]) => `(account_id = ? AND request_id IN (${ids.map(() => '?').join(', ')}))`,
  );
  await queryRunner.query(
    `UPDATE entry FORCE INDEX (entry_request) SET created_at_us = created_at_us + ${MARKS_FROM_US}
      WHERE (${some.join(' OR ')}) AND kind = 'hold' AND created_at_us < ${MARKS_FROM_US}`,
    [...idsOf].flat(2),
  );
}
