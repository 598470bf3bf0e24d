import { Body, Controller, Get, Headers, Param, Patch, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { mayOpenWithMoney, outOfReach } from '../api/admit';
import { accountExists, rechosenOrProblem } from '../api/operation-problem';
import {
  accountView,
  changeOf,
  createAccount,
  creditLimitOf,
  getAccount,
  listAccounts,
  openingOf,
  updateAccount,
  wantedMetadata,
} from '../contract/accounts';
import type { BodyOf, HeadersOf, PathOf, QueryOf } from '../contract/call';
import { decodeIdCursor, encodeCursor, pageLength } from '../contract/cursors';
import { optionalAmount } from '../contract/money';
import { Problem } from '../contract/problem';
import { revisionsOf } from '../contract/revisions';
import { answerAccount } from '../http/answer-account';
import { CurrentPrincipal } from '../http/current-principal.decorator';
import { Serves } from '../http/serves.decorator';
import { DEFAULT_STRATEGY } from '../ledger/strategy';
import type { Principal } from '../platform/principal';
import { AccountService, prefixesWithin } from './account.service';

/** Accounts as their users make and see them. */
@Controller('v1/accounts')
export class AccountController {
  constructor(private readonly accounts: AccountService) {}

  @Post()
  @Serves(createAccount)
  async create(
    @Body() body: BodyOf<typeof createAccount>,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const refusal = outOfReach(principal, body.id);
    if (refusal) throw refusal;
    const initialBalanceMinor = openingOf(body.initialBalance);
    if (initialBalanceMinor !== null) mayOpenWithMoney(principal);
    const creation = await this.accounts.create({
      accountId: body.id,
      asset: body.asset,
      subAccounts: body.subAccounts ?? null,
      strategy: body.strategy ?? DEFAULT_STRATEGY,
      initialBalanceMinor,
      lowBalanceMinor: optionalAmount('lowBalance', body.lowBalance),
      creditLimitMinor: creditLimitOf(body.creditLimit),
    });
    if (creation.kind === 'conflict') throw accountExists(creation.fields);
    if (creation.kind === 'existed') void reply.code(200);
    return answerAccount(creation.account, reply);
  }

  @Get()
  @Serves(listAccounts)
  async list(@Query() query: QueryOf<typeof listAccounts>, @CurrentPrincipal() principal: Principal) {
    const { accounts, next } = await this.accounts.list({
      after: decodeIdCursor(query.cursor),
      limit: pageLength(query.limit),
      prefixes: prefixesWithin(principal.accounts, query.prefix),
      metadata: wantedMetadata(query),
    });
    return {
      items: accounts.map(accountView),
      ...(next === undefined ? {} : { nextCursor: encodeCursor(next) }),
    };
  }

  @Get(':accountId')
  @Serves(getAccount)
  async get(
    @Param() { accountId }: PathOf<typeof getAccount>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const account = await this.accounts.read(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    return answerAccount(account, reply);
  }

  @Patch(':accountId')
  @Serves(updateAccount)
  async update(
    @Param() { accountId }: PathOf<typeof updateAccount>,
    @Body() body: BodyOf<typeof updateAccount>,
    @Headers() headers: HeadersOf<typeof updateAccount>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const change = await this.accounts.change(accountId, changeOf(body), revisionsOf(headers['if-match']));
    return answerAccount(rechosenOrProblem(change), reply);
  }
}
