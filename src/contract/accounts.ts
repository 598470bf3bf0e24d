import { DEFAULT_STRATEGY } from '../ledger/strategy';
import { canonicalMap } from '../engine/fingerprint';
import type { AccountRecord } from '../shards/directory/account-record';
import { readAutoSplit } from '../shards/directory/auto-split';
import { PAGE_LENGTH_DEFAULT } from './cursors';
import type { AccountChange } from '../shards/directory/directory';
import { answer, type BodyOf, type Call, pageOf, type QueryOf, queryOf } from './call';
import * as fields from './fields';
import { amountOf, notesOf } from './money';
import { Problem } from './problem';
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
    creditLimit: fields.creditLimitOut,
    creditLimitStatus: fields.creditLimitStatus,
    metadata: fields.strings,
    requestsPerSecond: {
      type: 'integer',
      description:
        'How often it may be asked about or used, whoever does; twice as often in the first second.',
    },
    deductionsPerSecond: {
      type: 'integer',
      description: 'How many deductions and holds it may have, those in batches and streams too.',
    },
    autoSplit: fields.autoSplitOut,
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
    ...creditView(record),
    ...(record.metadata === null ? {} : { metadata: JSON.parse(record.metadata) as Record<string, string> }),
    ...ratesView(record),
    autoSplit: readAutoSplit(record.autoSplit),
    createdAt: timeView(record.createdAtUs),
  };
}

/** What is shown of an account that has a credit line, or is in debt for more than it has now. */
export function creditView({ credit }: Pick<AccountRecord, 'credit'>): {
  readonly creditLimit?: string;
  readonly creditLimitStatus?: CreditLimitStatus;
} {
  const { limitMinor, isOver, isUnsettled } = credit;
  if (limitMinor === null && !isUnsettled) return {};
  const creditLimitStatus = isOver ? 'exceeded' : isUnsettled ? 'changing' : 'granted';
  return { creditLimit: (limitMinor ?? 0n).toString(), creditLimitStatus };
}

type CreditLimitStatus = (typeof fields.creditLimitStatus.enum)[number];

function ratesView({ rates }: AccountRecord) {
  const { requestsPerSecond = null, deductionsPerSecond = null } = rates ?? {};
  return {
    ...(requestsPerSecond !== null && { requestsPerSecond }),
    ...(deductionsPerSecond !== null && { deductionsPerSecond }),
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
  description:
    'With an opening balance, the key needs the scope `credit` as well. With `subAccounts`, that is its size; without, it has ' +
    'one, and is split by itself where that pays (`autoSplit`).',
  group: 'accounts',
  scope: 'accounts',
  // Made by the million, each with a row of its own that says when; its opening balance is an entry.
  audited: false,
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
      creditLimit: fields.creditLimit,
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
  description:
    'Those that the key is limited to, if it is. `metadata[key]=value` finds accounts that have exactly this attached; of several, name ' +
    'the rarest first: a page goes through up to 5,000 accounts that have the first, and may have few or none and still not be the last.',
  group: 'accounts',
  scope: 'read',
  rows: PAGE_LENGTH_DEFAULT,
  limitsKept: 'by the handler',
  query: {
    ...queryOf({
      cursor: fields.cursor,
      limit: fields.limit,
      prefix: {
        type: 'string',
        pattern: '^[A-Za-z0-9_.:-]{1,64}$',
        description: 'Only accounts whose ids begin with this.',
        examples: ['advertiser-'],
      },
      metadata: {
        type: 'object',
        additionalProperties: { type: 'string', maxLength: 512 },
        description: 'Only accounts that have this attached: `metadata[tier]=gold`, up to 5 times.',
      },
    }),
    // As they are written in an address.
    patternProperties: { '^metadata\\[.{1,64}\\]$': { type: 'string', maxLength: 512 } },
  },
  answers: { 200: pageOf(account, 'A page of accounts.') },
} as const satisfies Call;

/** Pairs that one list may ask for. */
const METADATA_PAIRS_MAX = 5;

/**
 * The metadata that a list of accounts asks for, in the order in which it is named.
 *
 * @throws Problem INVALID_ARGUMENT
 */
export function wantedMetadata(query: QueryOf<typeof listAccounts>): readonly (readonly [string, string])[] {
  const { metadata = {} } = query;
  const named = Object.entries(query).flatMap(([name, value]) => {
    const [, key] = /^metadata\[(.+)\]$/s.exec(name) ?? [];
    return key === undefined ? [] : [[key, String(value)] as const];
  });
  const pairs = [...Object.entries(metadata), ...named];
  if (pairs.length > METADATA_PAIRS_MAX)
    throw new Problem('INVALID_ARGUMENT', {
      errors: [{ field: 'metadata', rule: `up to ${METADATA_PAIRS_MAX} pairs` }],
    });
  return pairs;
}

export const getAccount = {
  name: 'getAccount',
  summary: 'Get an account',
  group: 'accounts',
  scope: 'read',
  path: accountPath,
  answers: { 200: answer(account, 'The account; its `ETag` changes with it.') },
} as const satisfies Call;

export const updateAccount = {
  name: 'updateAccount',
  summary: 'Change what is attached to an account',
  description:
    'What is left out stays as it is; `null` takes it away. `metadata` is replaced as a whole. ' +
    'Where `lowBalance` changes, the balance is looked at soon, and what it crosses by that is told as an event. A change of ' +
    '`creditLimit` holds for every debit when it is answered; where more is used than it allows, `creditLimitStatus` is `exceeded`, ' +
    'and the account refuses debits until credits have brought it within the limit.',
  group: 'accounts',
  scope: 'accounts',
  path: accountPath,
  headers: { type: 'object', properties: { 'if-match': fields.ifMatch } },
  body: {
    type: 'object',
    additionalProperties: false,
    properties: {
      lowBalance: { ...fields.amount, anyOf: [...fields.amount.anyOf, { type: 'null' }] },
      creditLimit: { ...fields.creditLimit, anyOf: [...fields.creditLimit.anyOf, { type: 'null' }] },
      metadata: { ...fields.metadata, type: ['object', 'null'] },
      requestsPerSecond: { ...fields.perSecond, type: ['integer', 'null'] },
      deductionsPerSecond: { ...fields.perSecond, type: ['integer', 'null'] },
    },
  },
  answers: { 200: withTag },
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

/**
 * A credit limit of zero is none.
 *
 * @throws Problem INVALID_ARGUMENT
 */
export function creditLimitOf(value: string | number | null | undefined): bigint | null {
  return value === undefined || value === null || value === '0' || Object.is(value, 0)
    ? null
    : amountOf('creditLimit', value);
}

/**
 * What is to change of an account; `undefined` for what stays.
 *
 * @throws Problem INVALID_ARGUMENT
 */
export function changeOf(body: BodyOf<typeof updateAccount>): AccountChange {
  const { lowBalance, metadata, requestsPerSecond, deductionsPerSecond, creditLimit } = body;
  if (metadata) notesOf({ metadata });
  return {
    ...(lowBalance !== undefined && {
      lowBalanceMinor: lowBalance === null ? null : amountOf('lowBalance', lowBalance),
    }),
    ...(metadata !== undefined && { metadata: metadata === null ? null : canonicalMap(metadata) }),
    ...(requestsPerSecond !== undefined && { requestsPerSecond }),
    ...(deductionsPerSecond !== undefined && { deductionsPerSecond }),
    ...(creditLimit !== undefined && { creditLimitMinor: creditLimitOf(creditLimit) }),
  };
}
