import type { Dialect } from '../database';
import type { PaymentQuery } from '../shard';
import { behind } from './behind';
import { statementUs } from './now';
import { PAYMENT_COLUMNS } from './payment-row';
import type { Statement } from './statement';

/**
 * Payments under way to one shard, the oldest first. Plain read; rides on `payment_due`: what waits for other shards is not gone
 * through. One from the time to come was written while the clock was ahead: its age is not known, and it may be old.
 */
export function pendingPayments(
  { toShard, limit, olderThanMs, after }: PaymentQuery,
  dialect: Dialect,
): Statement {
  const now = statementUs(dialect);
  const conditions = ['to_shard = ?', `(created_at_us <= ${now} - ? OR created_at_us > ${now} + ?)`];
  const parameters = [toShard, olderThanMs * 1_000, olderThanMs * 1_000];
  const further =
    after &&
    behind(
      dialect,
      ['created_at_us', 'account_id', 'request_id'],
      [after.createdAtUs, after.accountId, after.requestId],
    );
  return {
    sql: `SELECT ${PAYMENT_COLUMNS} FROM payment ${dialect === 'mysql' ? 'FORCE INDEX (payment_due)' : 'INDEXED BY payment_due'}
      WHERE ${[...conditions, ...(further ? [further.sql] : [])].join(' AND ')}
      ORDER BY created_at_us, account_id, request_id LIMIT ?`,
    parameters: [...parameters, ...(further?.parameters ?? []), limit],
  };
}

/** Payments under way under some keys of one account. Plain read; rides on the primary key. */
export function findPayments(accountId: string, requestIds: readonly string[]): Statement {
  return {
    sql: `SELECT ${PAYMENT_COLUMNS} FROM payment
      WHERE account_id = ? AND request_id IN (${requestIds.map(() => '?').join(', ')})`,
    parameters: [accountId, ...requestIds],
  };
}

/** Some of the payments that have left an account and are under way. Plain read; rides on the primary key. */
export function paymentsFrom(accountId: string, limit: number): Statement {
  return {
    sql: `SELECT ${PAYMENT_COLUMNS} FROM payment WHERE account_id = ? ORDER BY request_id LIMIT ?`,
    parameters: [accountId, limit],
  };
}

/** Forgets payments that have arrived or come back. Locks only their own rows; rides on the primary key. */
export function forgetPayments(
  payments: readonly { readonly accountId: string; readonly requestId: string }[],
): Statement {
  return {
    sql: `DELETE FROM payment WHERE ${payments.map(() => '(account_id = ? AND request_id = ?)').join(' OR ')}`,
    parameters: payments.flatMap(({ accountId, requestId }) => [accountId, requestId]),
  };
}
