import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { AccountService } from '../../accounts/account.service';
import { BalanceService, type Consistency, CONSISTENCIES } from '../../balances/balance.service';
import { LISTED_KINDS, type ListedKind } from '../../ledger/entry';
import { DEFAULT_STRATEGY, type Strategy } from '../../ledger/strategy';
import type { AccountRecord } from '../../shards/directory/account-record';
import { accountExists } from '../operation-problem';
import { mayOpenWithMoney, outOfReach } from '../admit';
import { Problem } from '../problem';
import { decodeEntryCursor, decodeIdCursor, encodeCursor, encodeEntryCursor, pageLength } from './cursors';
import { amountOf } from './money-body';
import * as fields from './schemas/fields';
import { accountParams, listOf, problemResponses } from './schemas/shapes';
import { microseconds } from './times';
import { accountView, balanceView, entryView, etagOf } from './views';

interface NewAccountBody {
  readonly id: string;
  readonly asset: string;
  readonly subAccounts?: number;
  readonly initialBalance?: string | number;
  readonly strategy?: Strategy;
  readonly lowBalance?: string | number;
}

interface EntriesQuery {
  readonly cursor?: string;
  readonly limit?: string;
  readonly kind?: ListedKind;
  readonly from?: string;
  readonly to?: string;
}

const tags = ['accounts'];

/** Accounts, their balances and their entries. */
@Injectable()
export class AccountController {
  constructor(
    private readonly accounts: AccountService,
    private readonly balances: BalanceService,
  ) {}

  register(rest: FastifyInstance): void {
    this.#registerAccounts(rest);
    this.#registerReads(rest);
  }

  #registerAccounts(rest: FastifyInstance): void {
    rest.post<{ Body: NewAccountBody }>(
      '/v1/accounts',
      {
        config: { scope: 'accounts', limitsKept: 'by the handler' },
        schema: {
          operationId: 'createAccount',
          summary: 'Create an account',
          description: 'With an opening balance, the key needs the scope `credit` as well.',
          tags,
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
          response: {
            201: { description: 'Created.', $ref: 'Account#' },
            200: { description: 'Created before, from the same body.', $ref: 'Account#' },
            ...problemResponses,
          },
        },
      },
      async ({ body, principal }, reply) => {
        const refusal = outOfReach(principal, body.id);
        if (refusal) throw refusal;
        const initialBalanceMinor = openingOf(body.initialBalance);
        if (initialBalanceMinor !== null) mayOpenWithMoney(principal);
        const creation = await this.accounts.create({
          accountId: body.id,
          asset: body.asset,
          subAccounts: body.subAccounts ?? 1,
          strategy: body.strategy ?? DEFAULT_STRATEGY,
          initialBalanceMinor,
          lowBalanceMinor: optionalAmount('lowBalance', body.lowBalance),
        });
        if (creation.kind === 'conflict') throw accountExists(creation.fields);
        void reply.code(creation.kind === 'created' ? 201 : 200).header('etag', etagOf(creation.account));
        return accountView(creation.account);
      },
    );
    rest.get<{ Querystring: { cursor?: string; limit?: string } }>(
      '/v1/accounts',
      {
        config: { scope: 'read', limitsKept: 'by the handler' },
        schema: {
          operationId: 'listAccounts',
          summary: 'List accounts by id',
          description: 'Those that the key is limited to, if it is.',
          tags,
          querystring: query({ cursor: fields.cursor, limit: fields.limit }),
          response: {
            200: { description: 'A page of accounts.', ...listOf('Account') },
            ...problemResponses,
          },
        },
      },
      async ({ query: { cursor, limit }, principal }) => {
        const { accounts, next } = await this.accounts.list({
          after: decodeIdCursor(cursor),
          limit: pageLength(limit),
          prefixes: principal.accounts,
        });
        return {
          items: accounts.map(accountView),
          ...(next === undefined ? {} : { nextCursor: encodeCursor(next) }),
        };
      },
    );
    rest.get<{ Params: { accountId: string } }>(
      '/v1/accounts/:accountId',
      {
        config: { scope: 'read' },
        schema: {
          operationId: 'getAccount',
          summary: 'Get an account',
          tags,
          params: accountParams,
          response: {
            200: { description: 'The account; its `ETag` changes with it.', $ref: 'Account#' },
            ...problemResponses,
          },
        },
      },
      async (request, reply) => {
        const account = await this.accounts.read(request.params.accountId);
        if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
        void reply.header('etag', etagOf(account));
        return accountView(account);
      },
    );
  }

  #registerReads(rest: FastifyInstance): void {
    rest.get<{ Params: { accountId: string }; Querystring: { consistency?: Consistency } }>(
      '/v1/accounts/:accountId/balance',
      {
        config: { scope: 'read' },
        schema: {
          operationId: 'getBalance',
          summary: 'Get an account’s balance',
          description:
            '`current`: all shards, each read once; exact against money moving inside the account, not one instant. ' +
            '`snapshot`: a total that it really had at one instant. `cached`: a current one, at most a second old.',
          tags,
          params: accountParams,
          querystring: query({ consistency: { type: 'string', enum: CONSISTENCIES, default: 'current' } }),
          response: { 200: { description: 'The balance.', $ref: 'Balance#' }, ...problemResponses },
        },
      },
      async (request) => {
        const account = await this.#find(request.params.accountId);
        const { consistency = 'current' } = request.query;
        return balanceView(account, await this.balances.balance(account, consistency), consistency);
      },
    );
    rest.get<{ Params: { accountId: string }; Querystring: EntriesQuery }>(
      '/v1/accounts/:accountId/entries',
      {
        config: { scope: 'read' },
        schema: {
          operationId: 'listEntries',
          summary: 'List an account’s entries, newest first',
          tags,
          params: accountParams,
          querystring: query({
            cursor: fields.cursor,
            limit: fields.limit,
            kind: { type: 'string', enum: LISTED_KINDS },
            from: { ...fields.time, description: 'Inclusive.' },
            to: { ...fields.time, description: 'Exclusive.' },
          }),
          response: { 200: { description: 'A page of entries.', ...listOf('Entry') }, ...problemResponses },
        },
      },
      async (request) => {
        const { cursor, limit, kind, from, to } = request.query;
        const { items, next } = await this.balances.entries(await this.#find(request.params.accountId), {
          limit: pageLength(limit),
          before: cursor === undefined ? undefined : decodeEntryCursor(cursor),
          kind,
          fromUs: from === undefined ? undefined : microseconds('from', from),
          toUs: to === undefined ? undefined : microseconds('to', to),
        });
        return {
          items: items.map(entryView),
          ...(next === undefined ? {} : { nextCursor: encodeEntryCursor(next) }),
        };
      },
    );
  }

  async #find(accountId: string): Promise<AccountRecord> {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    return account;
  }
}

function query(properties: Readonly<Record<string, object>>) {
  return { type: 'object', additionalProperties: false, properties } as const;
}

/** An opening balance of zero is none: no entry is made for it. */
function openingOf(value: string | number | undefined): bigint | null {
  return value === undefined || value === '0' || Object.is(value, 0)
    ? null
    : amountOf('initialBalance', value);
}

function optionalAmount(field: string, value: string | number | undefined): bigint | null {
  return value === undefined ? null : amountOf(field, value);
}
