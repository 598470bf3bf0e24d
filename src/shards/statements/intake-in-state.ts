import { PUT_OFF_US_MAX } from '../../ledger/intake';
import type { Dialect, Parameter } from '../database';
import type { IntakeDepthQuery, IntakePage } from '../shard';
import { behind } from './behind';
import { INTAKE_COLUMNS } from './intake-row';
import { statementUs } from './now';
import type { Statement } from './statement';

/**
 * Records in one state, those that have had it longest first. Plain read; rides on `intake_state`. What a record is by the
 * time somebody acts on it is decided under the lock of its row.
 */
export function intakeInState(
  { state, limit, olderThanMs, due, after }: IntakePage,
  dialect: Dialect,
): Statement {
  const conditions = ['state = ?'];
  const parameters: Parameter[] = [state];
  if (olderThanMs !== undefined) {
    conditions.push(`since_us < ${statementUs(dialect)} - ?`);
    parameters.push(olderThanMs * 1_000);
  }
  if (due === 'now') conditions.push(`since_us <= ${statementUs(dialect)}`);
  if (due === 'by an earlier clock') {
    conditions.push(`since_us > ${statementUs(dialect)} + ?`);
    parameters.push(PUT_OFF_US_MAX);
  }
  if (after) {
    const further = behind(
      dialect,
      ['since_us', 'account_id', 'request_id'],
      [after.sinceUs, after.accountId, after.requestId],
    );
    conditions.push(further.sql);
    parameters.push(...further.parameters);
  }
  return {
    sql: `SELECT ${INTAKE_COLUMNS} FROM intake ${indexOf(dialect)}
      WHERE ${conditions.join(' AND ')} ORDER BY since_us, account_id, request_id LIMIT ?`,
    parameters: [...parameters, limit],
  };
}

/**
 * How many wait, counted up to a bound, and for how long the first of them has been due (µs). Rides on `intake_state`.
 */
export function intakeDepth({ countMax }: IntakeDepthQuery, dialect: Dialect): Statement {
  const index = indexOf(dialect);
  const first = `SELECT since_us FROM intake ${index} WHERE state = 'received' ORDER BY since_us LIMIT 1`;
  return {
    sql: `SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM intake ${index} WHERE state = 'received' LIMIT ?) AS waiting),
      COALESCE(${statementUs(dialect)} - (${first}), 0)`,
    parameters: [countMax],
  };
}

/** Of the accounts that have the most of what waits, how much; of what waits no more than so much is counted. Rides on `intake_state`. */
export function intakeAccounts({ countMax, accountsMax = 0 }: IntakeDepthQuery, dialect: Dialect): Statement {
  const waits = `SELECT account_id FROM intake ${indexOf(dialect)} WHERE state = 'received' LIMIT ?`;
  return {
    sql: `SELECT account_id, COUNT(*) AS waiting FROM (${waits}) AS waits
      GROUP BY account_id ORDER BY waiting DESC LIMIT ?`,
    parameters: [countMax, accountsMax],
  };
}

function indexOf(dialect: Dialect): string {
  return dialect === 'mysql' ? 'FORCE INDEX (intake_state)' : 'INDEXED BY intake_state';
}
