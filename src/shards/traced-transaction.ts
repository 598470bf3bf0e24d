import type { BatchTransaction } from './batch-transaction';
import { type Span, spanned } from './span';

/** The same transaction, whose statements are spans; without a span it is left as it is. */
export function tracedTransaction(transaction: BatchTransaction, span: Span | undefined): BatchTransaction {
  if (!span) return transaction;
  return {
    lock: (scope) => spanned(span.child('lock rows', { rows: scope.rows.size }), transaction.lock(scope)),
    lookUp: (keys) => spanned(span.child('look keys up'), transaction.lookUp(keys)),
    identity: () => transaction.identity(),
    commit: (changes, ahead) => spanned(span.child('write and commit'), transaction.commit(changes, ahead)),
    rollback: () => spanned(span.child('roll back'), transaction.rollback()),
  };
}
