import { answered } from './answer';
import { WrongShape, type Fields, fieldsOf } from './fields';
import type { Account, Balance, Entry, Hold, Operation } from './shapes';

const ENTRY_KINDS = ['deduction', 'credit', 'reversal', 'hold-confirmation'] as const;
const HOLD_STATUSES = ['held', 'confirmed', 'cancelled', 'expired'] as const;
const ACCOUNT_STATUSES = ['active', 'frozen', 'closed'] as const;
const OPERATION_STATUSES = ['running', 'done', 'failed'] as const;
const CONSISTENCIES = ['current', 'cached', 'snapshot'] as const;

/** Runs a reader; undefined when the answer does not have the shape. */
export function whenShaped<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof WrongShape) return undefined;
    throw error;
  }
}

/** @throws WrongShape */
export function readEntry(body: unknown): Entry {
  const fields = fieldsOf(body);
  return answered({
    requestId: fields.string('requestId'),
    accountId: fields.string('accountId'),
    kind: fields.oneOf('kind', ENTRY_KINDS),
    amount: fields.amount('amount'),
    ...fields.ifPresent('durability', (name) => fields.oneOf(name, ['committed', 'deferred'])),
    ...fields.ifPresent('holdId', fields.string),
    ...fields.ifPresent('reverses', fields.string),
    ...notesIn(fields),
    shard: fields.string('shard'),
    subAccount: fields.integer('subAccount'),
    createdAt: fields.time('createdAt'),
  });
}

/** @throws WrongShape */
export function readHold(body: unknown): Hold {
  const fields = fieldsOf(body);
  return answered({
    holdId: fields.string('holdId'),
    accountId: fields.string('accountId'),
    status: fields.oneOf('status', HOLD_STATUSES),
    amount: fields.amount('amount'),
    ...fields.ifPresent('confirmedAmount', fields.amount),
    ...notesIn(fields),
    shard: fields.string('shard'),
    subAccount: fields.integer('subAccount'),
    expiresAt: fields.time('expiresAt'),
    createdAt: fields.time('createdAt'),
  });
}

/** @throws WrongShape */
export function readAccount(body: unknown, etag: string | undefined): Account {
  const fields = fieldsOf(body);
  return answered({
    id: fields.string('id'),
    asset: fields.string('asset'),
    status: fields.oneOf('status', ACCOUNT_STATUSES),
    strategy: fields.string('strategy'),
    subAccounts: fields.integer('subAccounts'),
    epoch: fields.integer('epoch'),
    ...fields.ifPresent('lowBalance', fields.amount),
    createdAt: fields.time('createdAt'),
    etag: etag ?? '',
  });
}

/** @throws WrongShape */
export function readBalance(body: unknown): Balance {
  const fields = fieldsOf(body);
  return answered({
    accountId: fields.string('accountId'),
    asset: fields.string('asset'),
    available: fields.amount('available'),
    held: fields.amount('held'),
    total: fields.amount('total'),
    inTransit: fields.amount('inTransit'),
    consistency: fields.oneOf('consistency', CONSISTENCIES),
    asOf: fields.time('asOf'),
  });
}

/** @throws WrongShape */
export function readOperation(body: unknown): Operation {
  const fields = fieldsOf(body);
  const progress = fields.object('progress');
  return answered({
    operationId: fields.string('operationId'),
    kind: fields.string('kind'),
    status: fields.oneOf('status', OPERATION_STATUSES),
    ...fields.ifPresent('accountId', fields.string),
    progress: { done: progress.integer('done'), total: progress.integer('total') },
    ...fields.ifPresent('result', (name) => fields.object(name).all),
    ...fields.ifPresent('error', (name) => {
      const error = fields.object(name);
      return { code: error.string('code'), detail: error.string('detail') };
    }),
    createdAt: fields.time('createdAt'),
  });
}

/** One page of entries. @throws WrongShape */
export function readEntryPage(body: unknown): { readonly items: Entry[]; readonly nextCursor?: string } {
  const fields = fieldsOf(body);
  return { items: fields.list('items').map(readEntry), ...fields.ifPresent('nextCursor', fields.string) };
}

function notesIn(fields: Fields): Pick<Entry, 'reference' | 'metadata'> {
  return {
    ...fields.ifPresent('reference', fields.string),
    ...fields.ifPresent('metadata', fields.strings),
  };
}
