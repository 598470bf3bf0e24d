import { answered } from './answer';
import { WrongShape, type Fields, fieldsOf } from './fields';
import type {
  Account,
  ApiKey,
  Balance,
  CreatedKey,
  DeductionState,
  Entry,
  Hold,
  ListedAccount,
  Operation,
  Shard,
  SubAccount,
} from './shapes';

const ENTRY_KINDS = ['deduction', 'credit', 'reversal', 'hold-confirmation'] as const;
const DEDUCTION_STATES = ['received', 'succeeded', 'rejected'] as const;
const HOLD_STATUSES = ['held', 'confirmed', 'cancelled', 'expired'] as const;
const ACCOUNT_STATUSES = ['active', 'frozen', 'closed'] as const;
const OPERATION_STATUSES = ['running', 'done', 'failed'] as const;
const SUB_ACCOUNT_STATUSES = ['open', 'draining', 'closed'] as const;
const SHARD_STATUSES = ['up', 'down', 'full'] as const;
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
export function readDeductionState(body: unknown): DeductionState {
  const fields = fieldsOf(body);
  return answered({
    requestId: fields.string('requestId'),
    accountId: fields.string('accountId'),
    status: fields.oneOf('status', DEDUCTION_STATES),
    amount: fields.amount('amount'),
    ...fields.ifPresent('reason', fields.string),
    ...fields.ifPresent('receivedAt', fields.time),
    ...fields.ifPresent('endedAt', fields.time),
    ...notesIn(fields),
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
  return answered({ ...readListedAccount(body), etag: etag ?? '' });
}

/** @throws WrongShape */
export function readListedAccount(body: unknown): ListedAccount {
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

/** @throws WrongShape */
export function readSubAccount(body: unknown): SubAccount {
  const fields = fieldsOf(body);
  return answered({
    shard: fields.string('shard'),
    index: fields.integer('index'),
    available: fields.amount('available'),
    held: fields.amount('held'),
    status: fields.oneOf('status', SUB_ACCOUNT_STATUSES),
  });
}

/** @throws WrongShape */
export function readShard(body: unknown): Shard {
  const fields = fieldsOf(body);
  return answered({
    name: fields.string('name'),
    status: fields.oneOf('status', SHARD_STATUSES),
    ...fields.ifPresent('address', fields.string),
  });
}

/** @throws WrongShape */
export function readKey(body: unknown): ApiKey {
  const fields = fieldsOf(body);
  return answered({
    keyId: fields.string('keyId'),
    name: fields.string('name'),
    scopes: fields.words('scopes'),
    ...fields.ifPresent('accounts', fields.words),
    ...fields.ifPresent('expiresAt', fields.time),
    ...fields.ifPresent('lastUsedAt', fields.time),
    ...fields.ifPresent('createdAt', fields.time),
  });
}

/** @throws WrongShape */
export function readCreatedKey(body: unknown): CreatedKey {
  return answered({ ...readKey(body), key: fieldsOf(body).string('key') });
}

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

/** @throws WrongShape */
export function readPage<T>(body: unknown, readItem: (item: unknown) => T): Page<T> {
  const fields = fieldsOf(body);
  return {
    items: fields.list('items').map((item) => readItem(item)),
    ...fields.ifPresent('nextCursor', fields.string),
  };
}

function notesIn(fields: Fields): Pick<Entry, 'reference' | 'metadata'> {
  return {
    ...fields.ifPresent('reference', fields.string),
    ...fields.ifPresent('metadata', fields.strings),
  };
}
