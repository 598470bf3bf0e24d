import type { Payment } from '../../../ledger/payment';
import { PAYMENT_COLUMNS } from '../../statements/payment-row';
import { type Guard, guardFirst, UNGUARDED } from './guard';
import { literal } from './literal';

/** Inserts payments with one plain INSERT. Their debits' entries are inserted before: a key that exists is an error there already. */
export function insertPayments(payments: readonly Payment[], guard = UNGUARDED): string {
  const rows = payments.map((payment, at) => paymentValues(payment, guardFirst(guard, at)));
  return `INSERT INTO payment (${PAYMENT_COLUMNS})\n    VALUES ${rows.join(',')}`;
}

function paymentValues(payment: Payment, guard: Guard): string {
  const { payee } = payment;
  return (
    `(${guard(literal(payment.accountId))},${literal(payment.requestId)},${payment.subAccount},${payment.amountMinor},` +
    `X'${payment.fingerprint}',${literal(payment.reference)},${literal(payment.metadata)},${payment.createdAtUs},` +
    `${literal(payee.accountId)},${literal(payee.shard)},${payee.subAccount})`
  );
}
