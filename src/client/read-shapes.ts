import { answered } from './answer';
import { WrongShape, type Fields, fieldsOf } from './fields';
import { sortedJson } from './sorted-json';
import type {
  Account,
  ApiKey,
  AuditLogLine,
  AutoSplit,
  Balance,
  PastBalance,
  Budget,
  CreatedKey,
  DeductionState,
  Entry,
  Event,
  Hold,
  HotAccount,
  ListedAccount,
  Operation,
  Shard,
  SplitLayout,
  SubAccount,
  Transfer,
  CreatedWebhook,
  Webhook,
  WebhookDelivery,
} from './shapes';

export const ENTRY_KINDS = [
  'deduction',
  'credit',
  'reversal',
  'hold-confirmation',
  'transfer-out',
  'transfer-in',
  'transfer-return',
  'credit-reversal',
] as const;
const BUDGET_PERIODS = ['total', 'hour', 'day', 'month'] as const;
const DEDUCTION_STATES = ['received', 'succeeded', 'rejected'] as const;
const HOLD_STATUSES = ['held', 'confirmed', 'cancelled', 'expired'] as const;
const CREDIT_LIMIT_STATUSES = ['granted', 'changing', 'exceeded'] as const;
const ACCOUNT_STATUSES = ['active', 'frozen', 'closed'] as const;
const OPERATION_STATUSES = ['running', 'done', 'failed'] as const;
const SUB_ACCOUNT_STATUSES = ['open', 'draining', 'closed'] as const;
const SHARD_STATUSES = ['up', 'down', 'full'] as const;
const DELIVERY_STATUSES = ['delivered', 'pending', 'failed'] as const;
const AUDIT_OUTCOMES = ['asked', 'succeeded', 'refused', 'failed'] as const;
const SPLIT_KINDS = ['keep', 'split', 'merge'] as const;
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
    ...fields.ifPresent('counterparty', fields.string),
    ...fields.ifPresent('budgets', fields.words),
    ...notesIn(fields),
    shard: fields.string('shard'),
    subAccount: fields.integer('subAccount'),
    createdAt: fields.time('createdAt'),
  });
}

/** @throws WrongShape */
export function readBudget(body: unknown): Budget {
  const fields = fieldsOf(body);
  return answered({
    budgetId: fields.string('budgetId'),
    accountId: fields.string('accountId'),
    limit: fields.amount('limit'),
    period: fields.oneOf('period', BUDGET_PERIODS),
    timeZone: fields.string('timeZone'),
    ...fields.ifPresent('parent', fields.string),
    ...fields.ifPresent('spent', fields.amount),
    ...fields.ifPresent('held', fields.amount),
    ...fields.ifPresent('available', fields.amount),
    ...fields.ifPresent('periodStart', fields.time),
    ...fields.ifPresent('renewsAt', fields.time),
    createdAt: fields.time('createdAt'),
  });
}

/** @throws WrongShape */
export function readTransfer(body: unknown): Transfer {
  const fields = fieldsOf(body);
  return answered({
    requestId: fields.string('requestId'),
    from: fields.string('from'),
    to: fields.string('to'),
    amount: fields.amount('amount'),
    ...notesIn(fields),
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
    ...fields.ifPresent('budgets', fields.words),
    ...fields.ifPresent('screening', (name) => {
      const screening = fields.object(name);
      return {
        verdict: screening.oneOf('verdict', ['pass', 'reject', 'wait']),
        by: screening.oneOf('by', ['service', 'velocity', 'policy']),
        ...screening.ifPresent('reason', screening.string),
      };
    }),
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
    heldAmount: fields.amount('heldAmount'),
    ...fields.ifPresent('confirmedAmount', fields.amount),
    ...fields.ifPresent('budgets', fields.words),
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
    ...fields.ifPresent('creditLimit', fields.amount),
    ...fields.ifPresent('creditLimitStatus', (name) => fields.oneOf(name, CREDIT_LIMIT_STATUSES)),
    ...fields.ifPresent('metadata', fields.strings),
    ...fields.ifPresent('requestsPerSecond', fields.integer),
    ...fields.ifPresent('deductionsPerSecond', fields.integer),
    ...fields.ifPresent('autoSplit', (name) => readAutoSplit(fields.object(name))),
    createdAt: fields.time('createdAt'),
  });
}

function readAutoSplit(fields: Fields): AutoSplit {
  return {
    enabled: fields.boolean('enabled'),
    ...fields.ifPresent('min', fields.integer),
    ...fields.ifPresent('max', fields.integer),
  };
}

/** @throws WrongShape */
export function readHotAccount(body: unknown): HotAccount {
  const fields = fieldsOf(body);
  const layout = ({ integer, words }: Fields): SplitLayout => ({
    subAccounts: integer('subAccounts'),
    shards: words('shards'),
  });
  return answered({
    accountId: fields.string('accountId'),
    perSecond: fields.number('perSecond'),
    refusedPerSecond: fields.number('refusedPerSecond'),
    busy: fields.number('busy'),
    ...layout(fields),
    ...fields.ifPresent('hotSince', fields.time),
    autoSplit: readAutoSplit(fields.object('autoSplit')),
    ...fields.ifPresent('lastDecision', (name) => {
      const decision = fields.object(name);
      return {
        kind: decision.oneOf('kind', SPLIT_KINDS),
        at: decision.time('at'),
        reason: decision.string('reason'),
        before: layout(decision.object('before')),
        after: layout(decision.object('after')),
      };
    }),
    ...fields.ifPresent('now', (name) => {
      const now = fields.object(name);
      return { kind: now.oneOf('kind', SPLIT_KINDS), reason: now.string('reason') };
    }),
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
    ...fields.ifPresent('creditLimit', fields.amount),
    ...fields.ifPresent('spendable', fields.amount),
    consistency: fields.oneOf('consistency', CONSISTENCIES),
    asOf: fields.time('asOf'),
  });
}

/** @throws WrongShape */
export function readPastBalance(body: unknown): PastBalance {
  const fields = fieldsOf(body);
  return answered({
    accountId: fields.string('accountId'),
    asset: fields.string('asset'),
    total: fields.amount('total'),
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
    ...fields.ifPresent('requestsPerSecond', fields.integer),
    ...fields.ifPresent('deductionsPerSecond', fields.integer),
    ...fields.ifPresent('lastUsedAt', fields.time),
    ...fields.ifPresent('createdAt', fields.time),
  });
}

/** @throws WrongShape */
export function readAuditLogLine(body: unknown): AuditLogLine {
  const fields = fieldsOf(body);
  const line = { ...fields.all };
  delete line['hash'];
  delete line['altered'];
  return answered({
    sequence: fields.integer('sequence'),
    at: fields.time('at'),
    callId: fields.string('callId'),
    outcome: fields.oneOf('outcome', AUDIT_OUTCOMES),
    actor: fields.string('actor'),
    address: fields.string('address'),
    door: fields.string('door'),
    action: fields.string('action'),
    ...fields.ifPresent('target', fields.string),
    ...fields.ifPresent('code', fields.string),
    line: sortedJson(line),
    previousHash: fields.string('previousHash'),
    hash: fields.string('hash'),
    altered: fields.all['altered'] === true,
  });
}

/** @throws WrongShape */
export function readCreatedKey(body: unknown): CreatedKey {
  return answered({ ...readKey(body), key: fieldsOf(body).string('key') });
}

/** @throws WrongShape */
export function readWebhook(body: unknown): Webhook {
  const fields = fieldsOf(body);
  return answered({
    webhookId: fields.string('webhookId'),
    url: fields.string('url'),
    ...fields.ifPresent('types', fields.words),
    ...fields.ifPresent('accountId', fields.string),
    enabled: fields.boolean('enabled'),
    ...fields.ifPresent('disabledBecause', fields.string),
    ...fields.ifPresent('missedAt', fields.time),
    createdAt: fields.time('createdAt'),
  });
}

/** @throws WrongShape */
export function readCreatedWebhook(body: unknown): CreatedWebhook {
  return answered({ ...readWebhook(body), secret: fieldsOf(body).string('secret') });
}

/** @throws WrongShape */
export function readWebhookDelivery(body: unknown): WebhookDelivery {
  const fields = fieldsOf(body);
  return answered({
    deliveryId: fields.string('deliveryId'),
    eventId: fields.string('eventId'),
    status: fields.oneOf('status', DELIVERY_STATUSES),
    attempts: fields.integer('attempts'),
    answer: fields.string('answer'),
    createdAt: fields.time('createdAt'),
    triedAt: fields.time('triedAt'),
    ...fields.ifPresent('nextAt', fields.time),
  });
}

/** @throws WrongShape */
export function readEvent(body: unknown): Event {
  const fields = fieldsOf(body);
  return answered({
    specversion: fields.string('specversion'),
    id: fields.string('id'),
    source: fields.string('source'),
    type: fields.string('type'),
    subject: fields.string('subject'),
    time: fields.time('time'),
    partitionkey: fields.string('partitionkey'),
    sequence: fields.string('sequence'),
    data: fields.object('data').all,
  });
}

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
  /** Of a list whose cursor stays good at its end. */
  readonly hasMore?: boolean;
}

/** @throws WrongShape */
export function readPage<T>(body: unknown, readItem: (item: unknown) => T): Page<T> {
  const fields = fieldsOf(body);
  return {
    items: fields.list('items').map((item) => readItem(item)),
    ...fields.ifPresent('nextCursor', fields.string),
    ...fields.ifPresent('hasMore', fields.boolean),
  };
}

function notesIn(fields: Fields): Pick<Entry, 'reference' | 'metadata'> {
  return {
    ...fields.ifPresent('reference', fields.string),
    ...fields.ifPresent('metadata', fields.strings),
  };
}
