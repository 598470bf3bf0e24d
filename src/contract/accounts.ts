import { DEFAULT_STRATEGY } from '../ledger/strategy';
import type { AccountRecord } from '../shards/directory/account-record';
import { answer, type Call, pageOf, queryOf } from './call';
import * as fields from './fields';
import { amountOf } from './money';
import { timeView } from './times';

export const account = {
  $id: 'Account',
  type: 'object',
  required: ['id', 'asset', 'status', 'strategy', 'subAccounts', 'epoch', 'createdAt'],
  properties: {
    id: { type: 'string' },
    asset: { type: 'string' },
    status: { type: 'string', enum: ['active', 'frozen', 'closed'] },
    strategy: { type: 'string' },
    subAccounts: { type: 'integer' },
    epoch: { type: 'integer' },
    lowBalance: fields.amountOut,
    createdAt: fields.timeOut,
  },
} as const;

export function accountView(record: AccountRecord) {
  return {
    id: record.accountId,
    asset: record.asset,
    status: shownStatus(record),
    strategy: record.strategy,
    subAccounts: record.subAccounts,
    epoch: record.placement.epoch,
    ...(record.lowBalanceMinor === null ? {} : { lowBalance: record.lowBalanceMinor.toString() }),
    createdAt: timeView(record.createdAtUs),
  };
}

/** Being closed is not closed: the account may go back. */
export function shownStatus({ closingFrom, status }: AccountRecord): AccountRecord['status'] {
  return closingFrom ?? status;
}

/** The path of what belongs to one account. */
export const accountPath = {
  type: 'object',
  required: ['accountId'],
  properties: { accountId: fields.accountId },
} as const;

const withTag = answer(account, 'The account, with its `ETag`.');

export const createAccount = {
  name: 'createAccount',
  summary: 'Create an account',
  description: 'With an opening balance, the key needs the scope `credit` as well.',
  group: 'accounts',
  scope: 'accounts',
  limitsKept: 'by the handler',
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'asset'],
    properties: {
      id: fields.accountId,
      asset: fields.asset,
      subAccounts: { ...fields.subAccounts, default: 1 },
      initialBalance: fields.initialBalance,
      strategy: { ...fields.strategy, default: DEFAULT_STRATEGY },
      lowBalance: fields.amount,
    },
  },
  answers: {
    201: answer(account, 'Created.'),
    200: answer(account, 'Created before, from the same body.'),
  },
} as const satisfies Call;

export const listAccounts = {
  name: 'listAccounts',
  summary: 'List accounts by id',
  description: 'Those that the key is limited to, if it is.',
  group: 'accounts',
  scope: 'read',
  limitsKept: 'by the handler',
  query: queryOf({ cursor: fields.cursor, limit: fields.limit }),
  answers: { 200: pageOf(account, 'A page of accounts.') },
} as const satisfies Call;

export const getAccount = {
  name: 'getAccount',
  summary: 'Get an account',
  group: 'accounts',
  scope: 'read',
  path: accountPath,
  answers: { 200: answer(account, 'The account; its `ETag` changes with it.') },
} as const satisfies Call;

export const freezeAccount = {
  name: 'freezeAccount',
  summary: 'Freeze an account',
  description: 'It refuses debits from now on, and takes credits. Again is as good as once.',
  group: 'accounts',
  scope: 'accounts',
  path: accountPath,
  body: fields.noBody,
  answers: { 200: withTag },
} as const satisfies Call;

export const unfreezeAccount = {
  name: 'unfreezeAccount',
  summary: 'Unfreeze an account',
  description: 'It takes debits again. Of an active account nothing changes.',
  group: 'accounts',
  scope: 'accounts',
  path: accountPath,
  body: fields.noBody,
  answers: { 200: withTag },
} as const satisfies Call;

export const closeAccount = {
  name: 'closeAccount',
  summary: 'Close an empty account',
  description: 'It refuses everything but reads from then on, for good.',
  group: 'accounts',
  scope: 'accounts',
  path: accountPath,
  body: fields.noBody,
  answers: { 200: withTag },
} as const satisfies Call;

export const setStrategy = {
  name: 'setStrategy',
  summary: 'Change how an account’s deductions are carried out',
  description:
    'While the account is in use: until every instance knows, some go the old way and some the new, and all are exact.',
  group: 'admin',
  scope: 'admin',
  path: accountPath,
  headers: { type: 'object', properties: { 'if-match': fields.ifMatch } },
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['strategy'],
    properties: { strategy: fields.strategy },
  },
  answers: { 200: withTag },
} as const satisfies Call;

/**
 * An opening balance of zero is none: no entry is made for it.
 *
 * @throws Problem INVALID_ARGUMENT
 */
export function openingOf(value: string | number | undefined): bigint | null {
  return value === undefined || value === '0' || Object.is(value, 0)
    ? null
    : amountOf('initialBalance', value);
}
