import { TcpRelay } from '../../tools/kernel/tcp-relay';
import { PROBLEMS, type ProblemCode } from '../../src/contract/problem-catalog';
import { HotsplitClient } from '../../src/client';
import { CALLS } from '../../src/contract/contract';
import { clientDoor } from '../setup/client-door';
import {
  BATCHES,
  type Door,
  type DoorOutcome,
  type Fields,
  grpcDoor,
  restDoor,
  timeless,
} from '../setup/doors';
import { eventually } from '../setup/eventually';
import { allMethods, GrpcClient } from '../setup/grpc-client';
import { CLIENT_ONLY, type Command, GRPC_ONLY, OPERATIONS, REST_ONLY } from '../setup/operations';
import { ADMIN_KEY } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { mariadbSites, type ServiceSite, sqliteSites } from '../setup/service-sites';

/**
 * One list of commands, given to three equal installations: to one over REST, to one over gRPC, to one by the TypeScript
 * client. All must answer the same, and be left with the same entries and balances.
 */
interface Step {
  readonly name: string;
  readonly command: Command;
  readonly fields: Fields;
  /** The code of a refusal; without one it must be done. */
  readonly code?: ProblemCode;
  /** Only that the two doors tell the same; what differs by nature is told elsewhere. */
  readonly replayed?: true;
}

const A = 'wallet';
const LONG = 'x'.repeat(65);
const ask = (command: Command, fields: Fields, more: Partial<Step> = {}): Step => ({
  name: `${command} ${JSON.stringify(fields).slice(0, 90)}${more.code ? ` → ${more.code}` : ''}`,
  command,
  fields,
  ...more,
});
const invalid = (command: Command, fields: Fields): Step =>
  ask(command, fields, { code: 'INVALID_ARGUMENT' });
const money = (requestId: string, amount: string, more: Fields = {}): Fields => ({
  accountId: A,
  requestId,
  amount,
  ...more,
});

const cap = (budgetId: string, limit: string | number, more: Fields = {}): Fields => ({
  accountId: 'capped',
  budgetId,
  limit,
  period: 'total',
  ...more,
});
const capped = (requestId: string, amount: string, ...budgets: readonly string[]): Fields => ({
  accountId: 'capped',
  requestId,
  amount,
  budgets,
});

const STEPS: readonly Step[] = [
  ask('createAccount', { id: A, asset: 'USD/2', initialBalance: '1000', subAccounts: 2, lowBalance: '5' }),
  ask(
    'createAccount',
    { id: A, asset: 'USD/2', initialBalance: '1000', subAccounts: 2, lowBalance: '5' },
    { replayed: true },
  ),
  ask('createAccount', { id: A, asset: 'CNY/2' }, { code: 'ACCOUNT_EXISTS' }),
  ask('createAccount', { id: 'plain', asset: 'JPY', strategy: 'atomic' }),
  ask('createAccount', { id: 'frozen', asset: 'USD/2', initialBalance: '10' }),
  ask('createAccount', { id: 'closed', asset: 'USD/2' }),
  ask('createAccount', { id: 'queued', asset: 'USD/2', initialBalance: '100', strategy: 'queued' }),
  ask('createAccount', { id: 'rich', asset: 'USD/2' }),
  ask('createAccount', { id: 'payee', asset: 'USD/2' }),
  ask('createAccount', { id: 'on-credit', asset: 'USD/2', creditLimit: '50' }),
  invalid('createAccount', { id: 'x', asset: 'USD/2', creditLimit: '-1' }),
  invalid('createAccount', { asset: 'USD/2' }),
  invalid('createAccount', { id: 'x y', asset: 'USD/2' }),
  invalid('createAccount', { id: 'x', asset: 'usd' }),
  invalid('createAccount', { id: 'x', asset: 'USD/2', subAccounts: 0 }),
  invalid('createAccount', { id: 'x', asset: 'USD/2', subAccounts: 1025 }),
  invalid('createAccount', { id: 'x', asset: 'USD/2', initialBalance: '-1' }),
  invalid('createAccount', { id: 'x', asset: 'USD/2', lowBalance: '-1' }),
  invalid('createAccount', { id: 'x', asset: 'USD/2', strategy: 'guessed' }),
  ask('getAccount', { accountId: A }),
  ask('listAccounts', {}),
  ask('listAccounts', { limit: 2 }),
  ask('listAccounts', { prefix: 'p' }),
  invalid('listAccounts', { prefix: 'x y' }),
  invalid('listAccounts', { limit: 0 }),
  invalid('listAccounts', { limit: 1001 }),
  ask('getAccount', { accountId: 'nobody' }, { code: 'ACCOUNT_NOT_FOUND' }),
  invalid('getAccount', { accountId: LONG }),
  ask('updateAccount', { accountId: A, lowBalance: '7', metadata: { b: '2', a: 'é' } }),
  ask('updateAccount', { accountId: A, metadata: { c: '3' }, ifMatch: '*' }),
  ask('updateAccount', { accountId: A, lowBalance: '9', ifMatch: '"99"' }, { code: 'PRECONDITION_FAILED' }),
  ask('updateAccount', { accountId: 'nobody', lowBalance: '9' }, { code: 'ACCOUNT_NOT_FOUND' }),
  ask('updateAccount', { accountId: A }),
  ask('updateAccount', { accountId: 'on-credit', creditLimit: '60' }),
  invalid('updateAccount', { accountId: 'on-credit', creditLimit: '1000000000000000001' }),
  invalid('updateAccount', { accountId: A, lowBalance: '0' }),
  ask('listAccounts', { metadata: { c: '3' } }),
  ask('listAccounts', { metadata: { b: '2' } }),
  ask('listAccounts', { prefix: 'wal', metadata: { c: '3' } }),
  invalid('listAccounts', {
    metadata: Object.fromEntries('a b c d e f'.split(' ').map((key) => [key, 'x'])),
  }),
  invalid('updateAccount', { accountId: A, metadata: { '': 'x' } }),
  invalid('updateAccount', { accountId: A, lowBalance: '1', ifMatch: 'x' }),

  ask('createAccount', { id: 'capped', asset: 'USD/2', subAccounts: 2, initialBalance: '1000' }),
  ask('createBudget', cap('org', '100')),
  ask('createBudget', cap('org', '100'), { replayed: true }),
  ask('createBudget', cap('org', '101'), { code: 'BUDGET_EXISTS' }),
  ask('createBudget', cap('team', 60, { parent: 'org', timeZone: 'UTC' })),
  ask('createBudget', cap('none', '0')),
  ask('createBudget', cap('stray', '60', { parent: 'nowhere' }), { code: 'BUDGET_NOT_FOUND' }),
  ask('createBudget', { ...cap('x', '1'), accountId: 'nobody' }, { code: 'ACCOUNT_NOT_FOUND' }),
  invalid('createBudget', cap('x y', '1')),
  invalid('createBudget', cap('x', '-1')),
  invalid('createBudget', cap('x', '1', { timeZone: 'Europe/Nowhere' })),
  invalid('createBudget', { accountId: 'capped', budgetId: 'x', limit: '1' }),
  invalid('createBudget', { accountId: 'capped', budgetId: 'x', period: 'day' }),
  ask('deduct', capped('b1', '40', 'team')),
  ask('deduct', capped('b1', '40', 'team'), { replayed: true }),
  ask('deduct', capped('b1', '40', 'org'), { code: 'IDEMPOTENCY_KEY_REUSED' }),
  ask('deduct', capped('b2', '21', 'team'), { code: 'BUDGET_EXHAUSTED' }),
  ask('deduct', capped('b2', '1', 'none', 'team'), { code: 'BUDGET_EXHAUSTED' }),
  ask('deduct', capped('b2', '1', 'nowhere'), { code: 'BUDGET_NOT_FOUND' }),
  invalid('deduct', capped('b2', '1', 'x y')),
  ask('batchDeduct', { items: [capped('b3', '5', 'org'), capped('b4', '100', 'org')] }),
  ask('reverse', { accountId: 'capped', reverses: 'b1', requestId: 'r', amount: '10' }),
  ask('getBudget', { accountId: 'capped', budgetId: 'team' }),
  ask('hold', capped('bh1', '5', 'team')),
  ask('hold', capped('bh1', '5', 'team'), { replayed: true }),
  ask('hold', capped('bh1', '5', 'org'), { code: 'IDEMPOTENCY_KEY_REUSED' }),
  ask('hold', capped('bh2', '26', 'team'), { code: 'BUDGET_EXHAUSTED' }),
  ask('hold', capped('bh2', '1', 'nowhere'), { code: 'BUDGET_NOT_FOUND' }),
  invalid('hold', capped('bh2', '1', 'x y')),
  ask('batchHold', { items: [capped('bh3', '1', 'team'), capped('bh4', '26', 'team')] }),
  ask('raiseHold', { accountId: 'capped', holdId: 'bh1', amount: '30' }, { code: 'BUDGET_EXHAUSTED' }),
  ask('getBudget', { accountId: 'capped', budgetId: 'team' }),
  ask('getHold', { accountId: 'capped', holdId: 'bh1' }),
  ask('confirmHold', { accountId: 'capped', holdId: 'bh1', amount: '3' }),
  ask('cancelHold', { accountId: 'capped', holdId: 'bh3' }),
  ask('getBudget', { accountId: 'capped', budgetId: 'nowhere' }, { code: 'BUDGET_NOT_FOUND' }),
  ask('changeBudget', { accountId: 'capped', budgetId: 'team', limit: '25' }),
  ask('deduct', capped('b5', '1', 'team'), { code: 'BUDGET_EXHAUSTED' }),
  ask(
    'changeBudget',
    { accountId: 'capped', budgetId: 'nowhere', limit: '25' },
    { code: 'BUDGET_NOT_FOUND' },
  ),
  invalid('changeBudget', { accountId: 'capped', budgetId: 'team' }),
  ask('deleteBudget', { accountId: 'capped', budgetId: 'none' }),
  ask('deleteBudget', { accountId: 'capped', budgetId: 'none' }, { code: 'BUDGET_NOT_FOUND' }),
  ask('createBudget', cap('none', '0'), { code: 'BUDGET_EXISTS' }),
  ask('listBudgets', { accountId: 'capped' }),
  ask('listBudgets', { accountId: 'capped', limit: 1 }),
  ask('listBudgets', { accountId: 'nobody' }, { code: 'ACCOUNT_NOT_FOUND' }),
  ask('listEntries', { accountId: 'capped' }),

  ask('deduct', money('d1', '250', { reference: 'order 7', metadata: { b: '2', a: 'é' } })),
  ask('deduct', money('d1', '250', { reference: 'order 7', metadata: { a: 'é', b: '2' } }), {
    replayed: true,
  }),
  ask('deduct', { ...money('c1', '55'), accountId: 'on-credit' }),
  ask('deduct', { ...money('c2', '6'), accountId: 'on-credit' }, { code: 'INSUFFICIENT_FUNDS' }),
  ask('getBalance', { accountId: 'on-credit' }),
  ask('updateAccount', { accountId: 'on-credit', creditLimit: '5' }),
  ask('getBalance', { accountId: 'on-credit' }),
  ask('deduct', money('d1', '251'), { code: 'IDEMPOTENCY_KEY_REUSED' }),
  ask('deduct', money('d2', '100000'), { code: 'INSUFFICIENT_FUNDS' }),
  ask('deduct', money('d3', '1000000000000000000'), { code: 'INSUFFICIENT_FUNDS' }),
  ask('deduct', { ...money('d1', '1'), accountId: 'nobody' }, { code: 'ACCOUNT_NOT_FOUND' }),
  ask('deduct', { ...money('q1', '60'), accountId: 'queued' }),
  ask('deduct', { ...money('q1', '60'), accountId: 'queued' }, { replayed: true }),
  ask('deduct', { ...money('q1', '61'), accountId: 'queued' }, { code: 'IDEMPOTENCY_KEY_REUSED' }),
  ask('deduct', { ...money('q2', '60'), accountId: 'queued' }, { code: 'INSUFFICIENT_FUNDS' }),
  invalid('deduct', money('d4', '0')),
  invalid('deduct', money('d4', '-1')),
  invalid('deduct', money('d4', '1000000000000000001')),
  invalid('deduct', money('opening balance', '1')),
  invalid('deduct', money(LONG, '1')),
  invalid('deduct', money('dé', '1')),
  invalid('deduct', money('d4', '1', { reference: '' })),
  invalid('deduct', money('d4', '1', { reference: 'x'.repeat(256) })),
  invalid('deduct', money('d4', '1', { metadata: { '': 'x' } })),
  invalid('deduct', money('d4', '1', { metadata: { x: 'x'.repeat(513) } })),
  invalid(
    'deduct',
    money('d4', '1', {
      metadata: Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`k${n}`, 'x'.repeat(200)])),
    }),
  ),
  ask('transfer', {
    from: A,
    to: 'payee',
    requestId: 't1',
    amount: '30',
    reference: 'rent',
    metadata: { a: 'é' },
  }),
  ask(
    'transfer',
    { from: A, to: 'payee', requestId: 't1', amount: '30', reference: 'rent', metadata: { a: 'é' } },
    { replayed: true },
  ),
  ask(
    'transfer',
    { from: A, to: 'payee', requestId: 't1', amount: '31' },
    { code: 'IDEMPOTENCY_KEY_REUSED' },
  ),
  ask(
    'transfer',
    { from: A, to: 'payee', requestId: 'd1', amount: '250' },
    { code: 'IDEMPOTENCY_KEY_REUSED' },
  ),
  ask(
    'transfer',
    { from: A, to: 'payee', requestId: 't2', amount: '100000' },
    { code: 'INSUFFICIENT_FUNDS' },
  ),
  ask('transfer', { from: A, to: 'plain', requestId: 't2', amount: '1' }, { code: 'ASSET_MISMATCH' }),
  ask('transfer', { from: A, to: 'nobody', requestId: 't2', amount: '1' }, { code: 'ACCOUNT_NOT_FOUND' }),
  ask('transfer', { from: 'nobody', to: A, requestId: 't2', amount: '1' }, { code: 'ACCOUNT_NOT_FOUND' }),
  ask('transfer', { from: 'queued', to: 'payee', requestId: 't3', amount: '1' }),
  invalid('transfer', { from: A, to: A, requestId: 't2', amount: '1' }),
  invalid('transfer', { from: A, to: 'x y', requestId: 't2', amount: '1' }),
  invalid('transfer', { from: A, to: 'payee', requestId: 't2', amount: '0' }),
  ask('reverse', { accountId: A, reverses: 't1', requestId: 'back' }, { code: 'TRANSFER_NOT_REVERSIBLE' }),
  ask('getDeduction', { accountId: A, requestId: 'd1' }),
  ask('getDeduction', { accountId: A, requestId: 'd2' }, { code: 'ENTRY_NOT_FOUND' }),
  ask('getDeduction', { accountId: 'nobody', requestId: 'd1' }, { code: 'ACCOUNT_NOT_FOUND' }),
  invalid('getDeduction', { accountId: A, requestId: LONG }),
  ask('credit', money('c1', '40')),
  ask('credit', money('c1', '40'), { replayed: true }),
  ask('credit', money('d1', '250'), { code: 'IDEMPOTENCY_KEY_REUSED' }),
  invalid('credit', money('c2', '0')),
  ask('credit', { accountId: 'nobody', requestId: 'c', amount: '1' }, { code: 'ACCOUNT_NOT_FOUND' }),
  ...Array.from({ length: 9 }, (_, n) =>
    ask('credit', { accountId: 'rich', requestId: `big-${n}`, amount: '1000000000000000000' }),
  ),
  ask('credit', { accountId: 'rich', requestId: 'more', amount: '1' }, { code: 'BALANCE_LIMIT_EXCEEDED' }),

  ask('reverse', { accountId: A, reverses: 'd1', requestId: 'r1', amount: '50' }),
  ask('reverse', { accountId: A, reverses: 'd1', requestId: 'r1', amount: '50' }, { replayed: true }),
  ask(
    'reverse',
    { accountId: A, reverses: 'd1', requestId: 'r2', amount: '201' },
    { code: 'REVERSAL_EXCEEDS_DEDUCTION' },
  ),
  ask('reverse', { accountId: A, reverses: 'd1', requestId: 'r3', reference: 'the rest' }),
  ask('reverse', { accountId: A, reverses: 'none', requestId: 'r4' }, { code: 'ENTRY_NOT_FOUND' }),
  invalid('reverse', { accountId: A, reverses: 'd1', requestId: 'r5', amount: '0' }),

  ask('hold', money('h1', '100', { reference: 'seat', metadata: { row: '4' } })),
  ask('hold', money('h1', '100', { reference: 'seat', metadata: { row: '4' } }), { replayed: true }),
  ask('hold', money('h1', '101'), { code: 'IDEMPOTENCY_KEY_REUSED' }),
  ask('hold', money('h2', '100000'), { code: 'INSUFFICIENT_FUNDS' }),
  invalid('hold', money('h2', '1', { expiresInSeconds: 0 })),
  invalid('hold', money('h2', '1', { expiresInSeconds: 2_592_001 })),
  ask('confirmHold', { accountId: A, holdId: 'h1', amount: '101' }, { code: 'HOLD_EXCEEDED' }),
  invalid('confirmHold', { accountId: A, holdId: 'h1', reference: '' }),
  invalid('confirmHold', { accountId: A, holdId: 'h1', amount: '0' }),
  invalid('confirmHold', { accountId: A, holdId: 'h1', amount: '60', requestId: 'h1' }),
  ask('confirmHold', { accountId: A, holdId: 'h1', amount: '60', metadata: { tokens: '512' } }),
  ask('confirmHold', { accountId: A, holdId: 'h1', amount: '60' }, { replayed: true }),
  ask('confirmHold', { accountId: A, holdId: 'h1', amount: '61' }, { code: 'HOLD_ALREADY_CONFIRMED' }),
  ask('cancelHold', { accountId: A, holdId: 'h1' }, { code: 'HOLD_ALREADY_CONFIRMED' }),
  ask('batchHold', {
    items: [
      money('bh1', '10', { reference: 'batch', expiresInSeconds: 60 }),
      money('bh2', '11'),
      money('bh3', '100000'),
      money('h1', '101'),
      money('bh4', '0'),
      money('bh5', '1', { accountId: 'nobody' }),
      money('bh6', '1', { expiresInSeconds: 2_592_001 }),
      { accountId: A, amount: '1' },
    ],
  }),
  ask('batchHold', { items: [money('bh1', '10', { reference: 'batch', expiresInSeconds: 60 })] }),
  ask('batchHold', { items: [] }),
  invalid('batchHold', { items: Array.from({ length: 5_001 }, (_, n) => money(`n${n}`, '1')) }),
  ask('batchConfirmHold', {
    items: [
      { accountId: A, holdId: 'bh1', amount: '4', reference: 'used', metadata: { tokens: '7' } },
      { accountId: A, holdId: 'bh2', amount: '12' },
      { accountId: A, holdId: 'none' },
      { accountId: A, holdId: 'h1' },
      { accountId: A },
      { accountId: 'nobody', holdId: 'bh1' },
    ],
  }),
  ask('batchConfirmHold', {
    items: [
      { accountId: A, holdId: 'bh1', amount: '4' },
      { accountId: A, holdId: 'bh2' },
    ],
  }),
  ask('batchConfirmHold', { items: [] }),
  invalid('batchConfirmHold', {
    items: Array.from({ length: 5_001 }, () => ({ accountId: A, holdId: 'h' })),
  }),
  ask('hold', money('h4', '20', { expiresInSeconds: 60 })),
  ask('confirmHold', { accountId: A, holdId: 'h4', amount: '5', requestId: 'c1', final: false }),
  ask(
    'confirmHold',
    { accountId: A, holdId: 'h4', amount: '5', requestId: 'c1', final: false },
    { replayed: true },
  ),
  ask(
    'confirmHold',
    { accountId: A, holdId: 'h4', amount: '6', requestId: 'c1', final: false },
    { code: 'IDEMPOTENCY_KEY_REUSED' },
  ),
  ask('raiseHold', { accountId: A, holdId: 'h4', amount: '25' }),
  ask('raiseHold', { accountId: A, holdId: 'h4', amount: '25' }, { replayed: true }),
  invalid('raiseHold', { accountId: A, holdId: 'h4', amount: '20' }),
  ask('raiseHold', { accountId: A, holdId: 'none', amount: '20' }, { code: 'HOLD_NOT_FOUND' }),
  ask('extendHold', { accountId: A, holdId: 'h4', expiresInSeconds: 600 }),
  ask('extendHold', { accountId: A, holdId: 'h4', expiresInSeconds: 5 }, { replayed: true }),
  invalid('extendHold', { accountId: A, holdId: 'h4', expiresInSeconds: 0 }),
  ask('confirmHold', { accountId: A, holdId: 'h4', amount: '22', requestId: 'c2', allowMore: true }),
  ask('reverse', { accountId: A, reverses: 'h4', requestId: 'rc', captureId: 'c1' }),
  ask('reverseCredit', money('rv', '3', { reverses: 'none' }), { code: 'ENTRY_NOT_FOUND' }),
  ask('reverseCredit', money('rv', '3', { reverses: 'c1' })),
  ask('reverseCredit', money('rv', '3', { reverses: 'c1' }), { replayed: true }),
  ask('reverseCredit', money('rv2', '38', { reverses: 'c1' }), { code: 'REVERSAL_EXCEEDS_CREDIT' }),
  ask('hold', money('h3', '7', { expiresInSeconds: 60 })),
  ask('cancelHold', { accountId: A, holdId: 'h3' }),
  ask('cancelHold', { accountId: A, holdId: 'h3' }, { replayed: true }),
  ask('confirmHold', { accountId: A, holdId: 'h3' }, { code: 'HOLD_ALREADY_CANCELLED' }),
  ask('cancelHold', { accountId: A, holdId: 'late' }),
  ask('hold', money('late', '7'), { code: 'HOLD_ALREADY_CANCELLED' }),
  ask('confirmHold', { accountId: A, holdId: 'none' }, { code: 'HOLD_NOT_FOUND' }),
  invalid('cancelHold', { accountId: A, holdId: LONG }),
  ...['h1', 'h3', 'late'].map((holdId) => ask('getHold', { accountId: A, holdId })),
  ask('listHolds', { accountId: A }),
  ask('listHolds', { accountId: A, status: 'cancelled' }),
  ask('listHolds', { accountId: A, status: 'confirmed', limit: 1 }),
  ask('listHolds', { accountId: 'nobody' }, { code: 'ACCOUNT_NOT_FOUND' }),
  invalid('listHolds', { accountId: A, limit: 0 }),
  invalid('listHolds', { accountId: A, cursor: 'made-up' }),
  ask('getHold', { accountId: A, holdId: 'none' }, { code: 'HOLD_NOT_FOUND' }),
  ask('getHold', { accountId: 'nobody', holdId: 'h1' }, { code: 'ACCOUNT_NOT_FOUND' }),
  invalid('getHold', { accountId: LONG, holdId: 'h1' }),

  ask('batchDeduct', {
    items: [
      money('b1', '1'),
      money('d1', '250', { reference: 'order 7', metadata: { a: 'é', b: '2' } }),
      money('b1', '2'),
      money('b2', '0'),
      money('b3', '100000'),
      { accountId: 'nobody', requestId: 'b4', amount: '1' },
      { requestId: 'b5', amount: '1' },
      { accountId: A, amount: '1' },
      money('b6', '1', { reference: '' }),
    ],
  }),
  ask('batchDeduct', { items: [] }),
  invalid('batchDeduct', { items: Array.from({ length: 5_001 }, (_, n) => money(`n${n}`, '1')) }),

  ask('getBalance', { accountId: A }),
  ask('getBalance', { accountId: A, consistency: 'snapshot' }),
  ask('getBalance', { accountId: A, consistency: 'cached' }),
  ask('getBalance', { accountId: 'nobody' }, { code: 'ACCOUNT_NOT_FOUND' }),
  ask('getBalance', { accountId: A, at: '2020-01-31T12:00:00Z' }),
  ask('getBalance', { accountId: A, at: '2100-01-31T12:00:00Z' }, { code: 'INSTANT_NOT_SETTLED' }),
  ask('getBalance', { accountId: 'nobody', at: '2020-01-31T12:00:00Z' }, { code: 'ACCOUNT_NOT_FOUND' }),
  ask('listEntries', { accountId: A }),
  ask('listEntries', { accountId: A, limit: 2 }),
  ask('listEntries', { accountId: A, kind: 'hold-confirmation' }),
  ask('listEntries', { accountId: 'nobody' }, { code: 'ACCOUNT_NOT_FOUND' }),
  invalid('listEntries', { accountId: A, limit: 0 }),
  invalid('listEntries', { accountId: A, limit: 1001 }),
  invalid('listEntries', { accountId: A, cursor: 'made-up' }),
  ask('listEntries', { accountId: A, kind: 'reversal,credit' }),
  ask('listEntries', { accountId: A, reference: 'order 7' }),
  ask('listEntries', { accountId: A, order: 'asc' }),
  ask('listEntries', { accountId: A, order: 'asc', limit: 3 }),
  invalid('listEntries', { accountId: A, reference: '' }),
  invalid('listEntries', { accountId: A, order: 'asc', cursor: 'made-up' }),
  ask('getEntry', { accountId: A, requestId: 'd1' }),
  ask('getEntry', { accountId: A, requestId: 'c1' }),
  ask('getEntry', { accountId: A, requestId: 't1' }),
  ask('getEntry', { accountId: A, requestId: 'h1' }),
  ask('getEntry', { accountId: A, requestId: 'r1' }),
  ask('getEntry', { accountId: A, requestId: 'r1', reverses: 'd1' }),
  ask('getEntry', { accountId: A, requestId: 'h1', holdId: 'h1' }),
  ask('getEntry', { accountId: 'payee', requestId: 't1' }),
  ask('getEntry', { accountId: 'payee', requestId: 't1', counterparty: A }),
  ask('getEntry', { accountId: A, requestId: 'none' }, { code: 'ENTRY_NOT_FOUND' }),
  ask('getEntry', { accountId: A, requestId: 'r1', reverses: 'c1' }, { code: 'ENTRY_NOT_FOUND' }),
  ask('getEntry', { accountId: 'nobody', requestId: 'd1' }, { code: 'ACCOUNT_NOT_FOUND' }),
  invalid('getEntry', { accountId: A, requestId: LONG }),
  invalid('getEntry', { accountId: A, requestId: 'r1', counterparty: 'x y' }),
  ask('getStatement', { accountId: A, limit: 1000 }),
  ask('getStatement', { accountId: 'nobody' }, { code: 'ACCOUNT_NOT_FOUND' }),
  invalid('getStatement', { accountId: A, limit: 0 }),
  invalid('getStatement', { accountId: A, cursor: 'made-up' }),
  ask('getSummary', { accountId: A }),
  ask('getSummary', { accountId: 'rich' }),
  ask('getSummary', { accountId: 'closed', period: 'month', timeZone: 'Europe/Berlin' }),
  ask('getSummary', { accountId: 'nobody' }, { code: 'ACCOUNT_NOT_FOUND' }),
  invalid('getSummary', { accountId: A, period: 'week' }),
  invalid('getSummary', { accountId: A, timeZone: 'Mars/Olympus' }),
  invalid('listEvents', { limit: 0 }),
  invalid('listEvents', { cursor: 'made-up' }),
  invalid('listEvents', { accountId: 'x y' }),

  ask('listSubAccounts', { accountId: A }),
  ask('listSubAccounts', { accountId: 'nobody' }, { code: 'ACCOUNT_NOT_FOUND' }),
  invalid('resizeSubAccounts', { accountId: A, count: 0 }),
  invalid('resizeSubAccounts', { accountId: A, count: 1025 }),
  invalid('resizeSubAccounts', { accountId: A, count: 1, shards: ['s0', 's1'] }),
  invalid('resizeSubAccounts', { accountId: A, count: 2, shards: ['s0', 's0'] }),
  invalid('resizeSubAccounts', { accountId: A, count: 2, shards: ['elsewhere'] }),
  invalid('resizeSubAccounts', { accountId: A, count: 2, ifMatch: 'x' }),
  ask('resizeSubAccounts', { accountId: A, count: 2, ifMatch: '"99"' }, { code: 'PRECONDITION_FAILED' }),
  ask('resizeSubAccounts', { accountId: 'nobody', count: 2 }, { code: 'ACCOUNT_NOT_FOUND' }),
  ask('rebalance', { accountId: 'nobody' }, { code: 'ACCOUNT_NOT_FOUND' }),
  ask('rebalance', { accountId: A }),
  ask('getOperation', { operationId: 'none' }, { code: 'OPERATION_NOT_FOUND' }),
  invalid('getOperation', { operationId: 'no_such' }),
  invalid('listOperations', { limit: 0 }),
  invalid('listOperations', { cursor: 'made-up' }),
  invalid('listOperations', { accountId: '..' }),
  invalid('listAuditLog', { limit: 0 }),
  invalid('listAuditLog', { cursor: 'made-up' }),
  invalid('listAuditLog', { action: 'x'.repeat(65) }),
  ask('listAuditLog', { actor: 'nobody' }),
  ask('setStrategy', { accountId: 'plain', strategy: 'leased' }),
  ask('setStrategy', { accountId: 'plain', strategy: 'leased', ifMatch: '*' }),
  ask(
    'setStrategy',
    { accountId: 'plain', strategy: 'merged', ifMatch: '"99"' },
    { code: 'PRECONDITION_FAILED' },
  ),
  ask('setStrategy', { accountId: 'nobody', strategy: 'merged' }, { code: 'ACCOUNT_NOT_FOUND' }),
  invalid('setStrategy', { accountId: 'plain', strategy: 'guessed' }),
  invalid('setStrategy', { accountId: 'plain', strategy: 'merged', ifMatch: 'x' }),
  ask('setAutoSplit', { accountId: 'plain', enabled: true, min: 2, max: 8 }),
  ask('setAutoSplit', { accountId: 'plain', enabled: false, ifMatch: '*' }),
  ask(
    'setAutoSplit',
    { accountId: 'plain', enabled: true, ifMatch: '"99"' },
    { code: 'PRECONDITION_FAILED' },
  ),
  ask('setAutoSplit', { accountId: 'nobody', enabled: true }, { code: 'ACCOUNT_NOT_FOUND' }),
  invalid('setAutoSplit', { accountId: 'plain', enabled: true, max: 0 }),
  invalid('setAutoSplit', { accountId: 'plain', enabled: true, min: 1_025 }),
  invalid('setAutoSplit', { accountId: 'plain', enabled: true, min: 3, max: 2 }),
  invalid('listHotAccounts', { limit: 0 }),
  ask('repairAccount', { accountId: A }),
  ask('repairAccount', { accountId: 'nobody' }, { code: 'ACCOUNT_NOT_FOUND' }),
  ask('startAudit', {}),
  ask('listShards', {}),
  invalid('registerShard', { name: 'a,b', url: 'sqlite:/late.sqlite' }),
  invalid('registerShard', { name: 'late', url: 'sqlite:late.sqlite' }),
  invalid('registerShard', { name: 'late', url: 'x'.repeat(2_049) }),
  invalid('registerShard', { name: 'late' }),
  ask('registerShard', { name: 'late', url: 'sqlite:/outside/late.sqlite' }, { code: 'SHARD_REFUSED' }),
  ask('removeShard', { shard: 's0' }, { code: 'SHARD_IN_USE' }),
  ask('removeShard', { shard: 'late' }, { code: 'SHARD_NOT_FOUND' }),
  invalid('removeShard', { shard: '-' }),
  invalid('createKey', { name: 'x'.repeat(65), scopes: ['read'] }),
  invalid('createKey', { name: 'twice', scopes: ['read', 'read'] }),
  invalid('createKey', { name: 'none' }),
  invalid('createKey', { name: 'rate', scopes: ['read'], requestsPerSecond: 0 }),
  invalid('createKey', { name: 'rate', scopes: ['read'], deductionsPerSecond: 1_000_000_001 }),
  invalid('changeKey', { keyId: 'key_none', deductionsPerSecond: 0 }),
  invalid('createKey', { name: 'prefix', scopes: ['read'], accounts: ['a,b'] }),
  invalid('createKey', { name: 'over', scopes: ['read'], expiresAt: '2001-01-01T00:00:00Z' }),
  invalid('createKey', { name: 'late', scopes: ['read'], expiresAt: '2255-01-01T00:00:00Z' }),
  ask('changeKey', { keyId: 'key_none' }, { code: 'KEY_NOT_FOUND' }),
  invalid('changeKey', { keyId: 'key-none' }),
  invalid('changeKey', { keyId: 'key_none', scopes: ['read', 'read'] }),
  ask('deleteKey', { keyId: 'key_none' }, { code: 'KEY_NOT_FOUND' }),
  invalid('deleteKey', { keyId: 'key-none' }),
  invalid('listKeys', { limit: 0 }),
  ask('createWebhook', {
    url: 'https://receiver.invalid/hooks',
    types: ['hotsplit.balance.low'],
    accountId: A,
  }),
  invalid('createWebhook', { url: 'http://receiver.invalid/hooks' }),
  invalid('createWebhook', { url: 'https://127.0.0.1/hooks' }),
  invalid('createWebhook', { url: 'https://receiver.invalid/', types: ['hotsplit.nothing'] }),
  ask('listWebhooks', {}),
  ask('updateWebhook', { webhookId: 'wh_none', enabled: false }, { code: 'WEBHOOK_NOT_FOUND' }),
  ask('updateWebhook', { webhookId: 'wh_none', types: null, accountId: null }, { code: 'WEBHOOK_NOT_FOUND' }),
  invalid('updateWebhook', { webhookId: 'wh_none', accountId: 'x y' }),
  ask('deleteWebhook', { webhookId: 'wh_none' }, { code: 'WEBHOOK_NOT_FOUND' }),
  invalid('deleteWebhook', { webhookId: 'wh-none' }),
  ask('rotateWebhookSecret', { webhookId: 'wh_none' }, { code: 'WEBHOOK_NOT_FOUND' }),
  ask('listWebhookDeliveries', { webhookId: 'wh_none' }, { code: 'WEBHOOK_NOT_FOUND' }),
  invalid('listWebhookDeliveries', { webhookId: 'wh_none', limit: 0 }),
  invalid('listWebhookDeliveries', { webhookId: 'wh_none', cursor: 'made-up' }),
  ask('redeliverWebhook', { webhookId: 'wh_none', deliveryId: '1' }, { code: 'WEBHOOK_NOT_FOUND' }),
  invalid('redeliverWebhook', { webhookId: 'wh_none', deliveryId: '0' }),
  ask('resizeSubAccounts', { accountId: A, count: 4, ifMatch: '*' }),
];

const SETTLED_STEPS: readonly Step[] = [
  ask('freezeAccount', { accountId: 'frozen' }),
  ask('freezeAccount', { accountId: 'frozen' }),
  ask('freezeAccount', { accountId: 'nobody' }, { code: 'ACCOUNT_NOT_FOUND' }),
  invalid('freezeAccount', { accountId: LONG }),
  ask('unfreezeAccount', { accountId: 'rich' }),
  ask('closeAccount', { accountId: 'frozen' }, { code: 'ACCOUNT_NOT_EMPTY' }),
  ask('closeAccount', { accountId: 'closed' }),
  ask('unfreezeAccount', { accountId: 'closed' }, { code: 'ACCOUNT_CLOSED' }),
  ask('setStrategy', { accountId: 'closed', strategy: 'atomic' }, { code: 'ACCOUNT_CLOSED' }),
  ask('updateAccount', { accountId: 'closed', lowBalance: '1' }, { code: 'ACCOUNT_CLOSED' }),
  ask('deduct', { accountId: 'frozen', requestId: 'd', amount: '1' }, { code: 'ACCOUNT_FROZEN' }),
  ask('hold', { accountId: 'frozen', requestId: 'h', amount: '1' }, { code: 'ACCOUNT_FROZEN' }),
  ask('credit', { accountId: 'frozen', requestId: 'c', amount: '1' }),
  ask('deduct', { accountId: 'closed', requestId: 'd', amount: '1' }, { code: 'ACCOUNT_CLOSED' }),
  ask('credit', { accountId: 'closed', requestId: 'c', amount: '1' }, { code: 'ACCOUNT_CLOSED' }),
  ask('resizeSubAccounts', { accountId: 'closed', count: 2 }, { code: 'ACCOUNT_CLOSED' }),
  ask('rebalance', { accountId: 'closed' }, { code: 'ACCOUNT_CLOSED' }),
  ask('getAccount', { accountId: 'frozen' }),
  ask('getAccount', { accountId: 'closed' }),
];

/** Provoked by a test of their own below. */
const APART: readonly ProblemCode[] = [
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'PAYLOAD_TOO_LARGE',
  'SHARD_EXISTS',
  'OVERLOADED',
  'OPERATION_IN_PROGRESS',
  'SHARD_UNAVAILABLE',
  'INTERNAL',
];

/** Not among the commands of both doors, or not to be had here. */
const ELSEWHERE: Partial<Record<ProblemCode, string>> = {
  ROUTE_NOT_FOUND: 'the library answers UNIMPLEMENTED by itself',
  METHOD_NOT_ALLOWED: 'of HTTP/1.1',
  RANGE_TOO_LARGE: 'of accounts with more than a million entries: see the specs of sums',
  RATE_LIMITED: 'of callers without a key, thousands at once: see the throttle’s own specs',
  REQUEST_TIMEOUT: 'of HTTP/1.1',
  HEADERS_TOO_LARGE: 'of HTTP/1.1',
  UNSUPPORTED_MEDIA_TYPE: 'of HTTP/1.1',
  EVENTS_OFF: 'of a setting: see the specs of events',
  TRANSFER_RETURNED: 'of an account that is frozen between two steps: see paying.spec',
  SCREENED_OUT: 'of a service that screens: see the specs of the strategy queued',
  CURSOR_EXPIRED: 'of a reader that stopped for days: see the specs of the feed',
  DELIVERY_NOT_FOUND: 'of a webhook that there is: see webhooks.spec',
  TOO_MANY_WEBHOOKS: 'of a hundred: see webhooks.spec',
};

let sites: ServiceSite[];
let services: TestService[];
let grpc: GrpcClient;
let client: HotsplitClient;
let doors: readonly [Door, Door];
let overClient: Door;

beforeAll(async () => {
  sites = await Promise.all([sqliteSites.make(2), sqliteSites.make(2), sqliteSites.make(2)]);
  services = await Promise.all(
    sites.map(({ folder, shards }) =>
      startTestService({
        folder,
        shards,
        // Nothing is moved by itself, so that all move the same.
        settings: { HOTSPLIT_REBALANCE_MS: '0', HOTSPLIT_AUDIT_HOURS: '0' },
      }),
    ),
  );
  grpc = new GrpcClient(at(1).grpcAddress);
  doors = [restDoor(at(0).rest), grpcDoor(grpc)];
  client = new HotsplitClient({ endpoints: at(2).rest.url, apiKey: ADMIN_KEY });
  overClient = clientDoor(client);
});

afterAll(async () => {
  grpc.close();
  await client.close();
  await Promise.all(services.map((service) => service.stop()));
  await Promise.all(sites.map((site) => site.drop()));
});

describe('an operation of the API', () => {
  const known = Object.entries(OPERATIONS);

  it('is at every door, or it says why not: REST', async () => {
    const { body } = await at(0).rest.get('/openapi.json');
    const paths = body['paths'] as Readonly<
      Record<string, Readonly<Record<string, { operationId: string }>>>
    >;
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => [
        operationId,
        `${method.toUpperCase()} ${path}`,
      ]),
    );
    const asked = known.map(([name, { rest }]) => [name, rest.replace('{reverses}', '{requestId}')]);
    expect(asked.sort()).toEqual(described.filter(([name = '']) => !(name in REST_ONLY)).sort());
  });

  it('is at every door, or it says why not: the contract', () => {
    const asked = [...Object.keys(OPERATIONS), ...Object.keys(REST_ONLY)];
    expect(asked.sort()).toEqual(CALLS.map(({ name }) => name).sort());
  });

  it('is at every door, or it says why not: gRPC', () => {
    const asked = [...known.map(([, doorsOf]) => doorsOf.grpc), ...Object.keys(GRPC_ONLY)];
    expect(asked.map((method) => `hotsplit.v1.${method}`).sort()).toEqual(allMethods().sort());
  });

  it('is at every door, or it says why not: the client', () => {
    const methods = Object.getOwnPropertyNames(HotsplitClient.prototype);
    const asked = new Set([...known.map(([, doorsOf]) => doorsOf.client), ...Object.keys(CLIENT_ONLY)]);
    expect([...asked].sort()).toEqual(methods.sort());
  });

  it('is given by a step below, at every door', () => {
    const given = new Set([...STEPS, ...SETTLED_STEPS].map(({ command }) => command));
    expect([...given].sort()).toEqual(Object.keys(OPERATIONS).sort());
  });
});

describe('a command comes to the same over REST, over gRPC and by the client', () => {
  it.each(STEPS)('$name', expectSame);

  it.each(SETTLED_STEPS)('$name', expectSame);

  it('registers a shard, lists it, and removes it', async () => {
    const came = await Promise.all(
      [...doors, overClient].map(async (door, index) => {
        const shard = { name: 'late', url: `sqlite:${sites[index]?.folder ?? ''}/late.sqlite` };
        return [
          await door.send('registerShard', shard),
          await door.send('registerShard', shard),
          await door.send('listShards', {}),
          await door.send('removeShard', { shard: 'late' }),
        ];
      }),
    );
    expect(came[1]).toEqual(came[0]);
    expect(came[2]).toEqual(came[0]);
    expect(came[0]).toMatchObject([
      { kind: 'done', body: { name: 'late', status: 'up' } },
      { code: 'SHARD_EXISTS' },
      { body: { items: [{ name: 's0' }, { name: 's1' }, { name: 'late' }] } },
      { kind: 'done', body: {} },
    ]);
  });

  it('creates a key, lists it, changes it, and deletes it', async () => {
    const wanted = { name: 'tenant', scopes: ['credit', 'read'], accounts: ['b:', 'a'] };
    const came = await Promise.all(
      [...doors, overClient].map(async (door, index) => {
        const listed = async () =>
          (await at(index).rest.all<Fields>('/v1/admin/keys')).find(({ name }) => name === 'tenant');
        const created = await door.send('createKey', { ...wanted, expiresAt: '2199-01-01T00:00:00.000Z' });
        const keyId = (await listed())?.['keyId'];
        const told: unknown[] = [created, await door.send('listKeys', {}), withoutIds(await listed())];
        for (const change of [
          {},
          { scopes: ['deduct'] },
          { accounts: ['c'] },
          { expiresAt: '2001-01-01T00:00:00.000Z' },
          { requestsPerSecond: 5, deductionsPerSecond: 7 },
          { accounts: null, expiresAt: null, requestsPerSecond: null },
        ])
          told.push(await door.send('changeKey', { keyId, ...change }), withoutIds(await listed()));
        return [...told, await door.send('deleteKey', { keyId }), await listed()];
      }),
    );
    expect(came[1]).toEqual(came[0]);
    expect(came[2]).toEqual(came[0]);
    expect(came[0]).toMatchObject([
      { kind: 'done', body: { name: 'tenant', scopes: ['read', 'credit'], accounts: ['b:', 'a'] } },
      { kind: 'done' },
      { ...wanted, scopes: ['read', 'credit'], expiresAt: '2199-01-01T00:00:00.000Z' },
      { kind: 'done' },
      { accounts: ['b:', 'a'], expiresAt: '2199-01-01T00:00:00.000Z' },
      { body: { scopes: ['deduct'] } },
      { scopes: ['deduct'] },
      { body: { accounts: ['c'] } },
      { accounts: ['c'], expiresAt: '2199-01-01T00:00:00.000Z' },
      { kind: 'done' },
      { expiresAt: '2001-01-01T00:00:00.000Z' },
      { body: { requestsPerSecond: 5, deductionsPerSecond: 7 } },
      { requestsPerSecond: 5, deductionsPerSecond: 7 },
      { body: { scopes: ['deduct'] } },
      { scopes: ['deduct'] },
      { kind: 'done', body: {} },
      undefined,
    ]);
    expect(came[0]?.[14]).toEqual({ name: 'tenant', scopes: ['deduct'], deductionsPerSecond: 7 });
  });

  it.each([
    [{}, 4],
    [{ status: 'done' }, 4],
    [{ accountId: A }, 1],
    [{ accountId: A, status: 'failed' }, 0],
  ])('lists the same operations of %j', async (fields, atLeast) => {
    const listed = await Promise.all(
      [...doors, overClient].map((door) => door.send('listOperations', fields)),
    );
    const shown = listed.map((answer) =>
      (answer as unknown as { body: { items: Fields[] } }).body.items.map(({ kind, status, accountId }) => [
        kind,
        status,
        accountId,
      ]),
    );
    expect(shown[0]?.length).toBeGreaterThanOrEqual(atLeast);
    expect(shown[1]).toEqual(shown[0]);
    expect(shown[2]).toEqual(shown[0]);
  });

  it('tells of the same events', async () => {
    const told = await Promise.all(
      [...doors, overClient].map(async (door) => {
        await door.send('credit', { accountId: 'plain', requestId: 'last', amount: '1' });
        return eventually('the last event', async () => {
          const page = await door.send('listEvents', { limit: 1000 });
          const { items } = (page as { body: { items: Fields[] } }).body;
          const events = items.flatMap(comparable).sort((a, b) => (a < b ? -1 : 1));
          return events.some((event) => event.includes('"last"')) ? events : undefined;
        });
      }),
    );
    expect(told[0]?.length).toBeGreaterThan(20);
    expect(told[1]).toEqual(told[0]);
    expect(told[2]).toEqual(told[0]);
  });

  it('leaves the same entries and balances', async () => {
    for (const accountId of [A, 'plain', 'frozen', 'closed', 'rich', 'payee']) {
      const left = await Promise.all(
        services.map(async ({ rest }) => ({
          entries: await restDoor(rest).send('listEntries', { accountId, limit: 1000 }),
          balance: await restDoor(rest).send('getBalance', { accountId }),
        })),
      );
      expect(left[1]).toEqual(left[0]);
      expect(left[2]).toEqual(left[0]);
    }
  });
});

describe('a request id', () => {
  const replays: readonly (readonly [Command, Fields])[] = [
    ['deduct', money('x-deduct', '3', { reference: 'r', metadata: { m: '1' } })],
    ['credit', money('x-credit', '3')],
    ['hold', money('x-hold', '3', { expiresInSeconds: 90 })],
    ['reverse', { accountId: A, reverses: 'x-deduct', requestId: 'x-reverse' }],
    ['confirmHold', { accountId: A, holdId: 'x-hold' }],
  ];

  it.each(replays)('of %s that took effect at one door replays at the other', async (command, fields) => {
    const rest = restDoor(at(1).rest);
    const [, overGrpc] = doors;
    const first = await overGrpc.send(command, fields);
    expect(first).toMatchObject({ kind: 'done', replayed: false });
    expect(await rest.send(command, fields)).toEqual({ ...first, replayed: true });
  });

  it.each(['deduct', 'credit'] as const)('of %s over REST replays over gRPC', async (command) => {
    const fields = money(`y-${command}`, '2', { metadata: { z: '', a: '1' } });
    const first = await restDoor(at(1).rest).send(command, fields);
    expect(first).toMatchObject({ kind: 'done', replayed: false });
    expect(await doors[1].send(command, fields)).toEqual({ ...first, replayed: true });
  });
});

describe('who may not', () => {
  it('is told the same', async () => {
    for (const [index, service] of services.slice(0, 2).entries()) {
      const made = await service.rest.post('/v1/admin/keys', { name: 'reader', scopes: ['read'] });
      const narrow = String(made.body['key']);
      const door = (key: string): Door =>
        index === 0 ? restDoor(service.rest.as(key || undefined)) : grpcDoor(grpc, key);
      for (const key of ['', 'nonsense'])
        for (const command of ['deduct', 'getBalance', 'rebalance'] as const)
          expect(await door(key).send(command, money('k', '1'))).toMatchObject({ code: 'UNAUTHENTICATED' });
      for (const command of ['deduct', 'credit', 'cancelHold', 'rebalance', 'batchDeduct'] as const)
        expect(await door(narrow).send(command, { ...money('k', '1'), holdId: 'k' })).toMatchObject({
          code: 'PERMISSION_DENIED',
        });
      expect(await door(narrow).send('getBalance', { accountId: A })).toMatchObject({ kind: 'done' });
    }
  });

  it('and what is too large is refused as such', async () => {
    const fields = money('large', '1', { metadata: { x: 'x'.repeat(70_000) } });
    for (const door of doors)
      expect(await door.send('deduct', fields)).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });
});

describe('a service in trouble', () => {
  let ownSite: ServiceSite;
  let own: TestService;
  let ownGrpc: GrpcClient;

  async function start(settings: Readonly<Record<string, string>>): Promise<readonly Door[]> {
    own = await startTestService({ folder: ownSite.folder, shards: ownSite.shards, settings });
    ownGrpc = new GrpcClient(own.grpcAddress);
    await own.rest.createAccount({ id: A, initialBalance: 1_000 });
    return [restDoor(own.rest), grpcDoor(ownGrpc)];
  }

  beforeEach(async () => {
    ownSite = await sqliteSites.make(1);
  });

  afterEach(async () => {
    delete process.env['HOTSPLIT_TEST_FAULT'];
    ownGrpc.close();
    await own.stop();
    await ownSite.drop();
  });

  it('says at both doors that it has too much to do', async () => {
    // One waits in the lane for company, and no second one may.
    const settings = {
      HOTSPLIT_LANE_DEPTH_MAX: '1',
      HOTSPLIT_BATCH_COMMANDS_MAX: '1',
      HOTSPLIT_MERGE_WINDOW_MS: '1000',
    };
    for (const [index, door] of (await start(settings)).entries()) {
      const asked = Array.from({ length: 5 }, (_, n) => door.send('deduct', money(`o-${index}-${n}`, '1')));
      expect(await Promise.all(asked)).toContainEqual({
        kind: 'refused',
        code: 'OVERLOADED',
        data: {},
        errors: [],
        retryAfterSeconds: 1,
      });
    }
  });

  it('says at both doors that another operation is under way', async () => {
    // The resize stands still where it fails.
    process.env['HOTSPLIT_TEST_FAULT'] = 'resize.begun:fail';
    const doors = await start({});
    const [overRest] = doors;
    await overRest?.send('resizeSubAccounts', { accountId: A, count: 3 });
    for (const door of doors)
      expect(await door.send('resizeSubAccounts', { accountId: A, count: 5 })).toMatchObject({
        code: 'OPERATION_IN_PROGRESS',
      });
  });

  it.each([0, 1])('tells of a defect by the id under which it was logged (door %i)', async (door) => {
    process.env['HOTSPLIT_TEST_FAULT'] = 'resize.asked:fail';
    const doors = await start({});
    const outcome = await doors[door]?.send('resizeSubAccounts', { accountId: A, count: 2 });
    expect(outcome).toEqual({
      kind: 'refused',
      code: 'INTERNAL',
      data: { incident: expect.stringMatching(/^[0-9a-f-]{36}$/) as string },
      errors: [],
    });
  });
});

it('[mariadb] says at both doors that a database is away', async () => {
  const far = await mariadbSites.make(2);
  const proxy = await TcpRelay.before(far.shards[1] as string);
  const service = await startTestService({ ...far, shards: [far.shards[0] as string, proxy.url] });
  const client = new GrpcClient(service.grpcAddress);
  try {
    await service.rest.createAccount({ id: A, subAccounts: 2, initialBalance: 1_000 });
    await proxy.refuse();
    for (const door of [restDoor(service.rest), grpcDoor(client)])
      expect(await door.send('getBalance', { accountId: A })).toEqual({
        kind: 'refused',
        code: 'SHARD_UNAVAILABLE',
        data: {},
        errors: [],
        retryAfterSeconds: 1,
      });
  } finally {
    await proxy.accept();
    client.close();
    await service.stop();
    await proxy.close();
    await far.drop();
  }
});

it('every code of the catalog is provoked here, or it says why not', () => {
  const provoked = [...STEPS, ...SETTLED_STEPS].flatMap(({ code }) => code ?? []);
  const known = new Set<string>([...provoked, ...APART, ...Object.keys(ELSEWHERE)]);
  expect([...known].sort()).toEqual(Object.keys(PROBLEMS).sort());
});

async function expectSame({ command, fields, code, replayed }: Step): Promise<void> {
  // The client cuts what it is given into batches that are not too large, and keeps cursors to itself.
  const isForClient = !('cursor' in fields) && !(command in BATCHES && code !== undefined);
  const asked = isForClient ? [...doors, overClient] : doors;
  const [overRest, overGrpc, byClient] = await Promise.all(
    asked.map((door) => sendWhenFree(door, command, fields, code)),
  );
  // Items of a batch go side by side: what a refused one was told to be available depends on which of them came first.
  const isBatch = command in BATCHES;
  expect(isBatch ? withoutAvailable(overGrpc) : overGrpc).toEqual(
    isBatch ? withoutAvailable(overRest) : overRest,
  );
  expectOfClient(byClient, overRest, { command, fields });
  if (code !== undefined) expect(overRest).toMatchObject({ kind: 'refused', code });
  else expect(overRest).toMatchObject({ kind: 'done', ...(replayed && { replayed }) });
}

/** The client words what it checks itself, leaves out of its answers what its users do not need, and lists to the end. */
function expectOfClient(
  came: DoorOutcome | undefined,
  overRest: DoorOutcome | undefined,
  { command, fields }: Pick<Step, 'command' | 'fields'>,
): void {
  if (command in BATCHES || came === undefined) return;
  if (came.kind === 'refused' && overRest?.kind === 'refused') {
    expect([came.code, came.data]).toEqual([overRest.code, overRest.data]);
    expect(came.errors.length > 0).toBe(overRest.errors.length > 0);
    return;
  }
  expect(overRest).toMatchObject('limit' in fields ? { kind: came.kind } : came);
}

function withoutAvailable(answer: unknown): unknown {
  return JSON.parse(
    JSON.stringify(answer, (name, value: unknown) => (name === 'available' ? 'some' : value)),
  );
}

/** An event without what differs from one installation to the next, its data as REST has it. */
/** Crossings are told when somebody looks, with what there is then: they come or not, and number the events of their account. */
function comparable({ type, eventType, subject, partitionkey, sequence, data }: Fields): string[] {
  const name = String(type ?? eventType);
  if (name.startsWith('hotsplit.balance.')) return [];
  const place = name === 'hotsplit.entry.created' ? sequence : undefined;
  return [JSON.stringify([partitionkey, place, name, subject, timeless(unwrapped(data))])];
}

/** A google.protobuf.Struct as the object that it is, its fields in order. */
function unwrapped(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const fields = 'fields' in value ? (value.fields as Fields) : (value as Fields);
  const sorted = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, each]) => [name, fieldOf(each)]));
}

function fieldOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { stringValue, numberValue, boolValue, structValue, listValue } = value as Fields;
  if (listValue) return unwrapped((listValue as Fields)['values']);
  return stringValue ?? numberValue ?? boolValue ?? unwrapped(structValue ?? value);
}

function withoutIds(key: Fields | undefined) {
  return Object.fromEntries(
    Object.entries(key ?? {}).filter(([name]) => !['keyId', 'createdAt'].includes(name)),
  );
}

/** An operation that was begun by a step before may be under way still. */
function sendWhenFree(
  door: Door,
  command: Command,
  fields: Fields,
  code: ProblemCode | undefined,
): Promise<DoorOutcome> {
  return eventually('the end of other operations', async () => {
    const outcome = await door.send(command, fields);
    return outcome.kind === 'refused' && outcome.code === 'OPERATION_IN_PROGRESS' && outcome.code !== code
      ? undefined
      : outcome;
  });
}

function at(index: number): TestService {
  const service = services[index];
  if (!service) throw new Error('the services have not started');
  return service;
}
