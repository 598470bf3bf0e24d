import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AccountService } from '../accounts/account.service';
import { holdOrProblem } from '../api/outcome-problem';
import type { BodyOf, PathOf, QueryOf } from '../contract/call';
import { decodeHoldCursor, encodeHoldCursor, pageLength } from '../contract/cursors';
import {
  assertEndsInTime,
  cancelHold,
  captureOf,
  confirmHold,
  extendHold,
  getHold,
  holdFunds,
  holdView,
  listHolds,
  raiseHold,
} from '../contract/holds';
import { amountOf, moneyOf, notesOf } from '../contract/money';
import { Problem } from '../contract/problem';
import type { MoneyOutcome } from '../deductions/deduction.service';
import { CurrentPrincipal } from '../http/current-principal.decorator';
import { requestIdOf } from '../http/request-id';
import { Serves } from '../http/serves.decorator';
import type { Principal } from '../platform/principal';
import type { AccountRecord } from '../shards/directory/account-record';
import { HoldService } from './hold.service';

/** Holds of one account: try, confirm, cancel. */
@Controller('v1/accounts/:accountId/holds')
export class HoldController {
  constructor(
    private readonly holds: HoldService,
    private readonly accounts: AccountService,
  ) {}

  @Post()
  @Serves(holdFunds)
  async hold(
    @Param() { accountId }: PathOf<typeof holdFunds>,
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: BodyOf<typeof holdFunds>,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { expiresInSeconds, budgets } = body;
    assertEndsInTime(expiresInSeconds, this.holds.secondsMax);
    const holdId = requestIdOf(body.requestId, key);
    const { keyId: flow } = principal;
    const outcome = await this.holds.hold({
      ...{ accountId, holdId, expiresInSeconds, budgets, flow },
      ...moneyOf(body),
    });
    return answerHold(outcome, principal, reply);
  }

  @Post(':holdId/confirm')
  @HttpCode(200)
  @Serves(confirmHold)
  async confirm(
    @Param() { accountId, holdId }: PathOf<typeof confirmHold>,
    @Body() body: BodyOf<typeof confirmHold>,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const capture = captureOf(holdId, body ?? {});
    const asked = { accountId, holdId, ...capture, flow: principal.keyId, ...notesOf(body ?? {}) };
    return answerHold(await this.holds.confirm(asked), principal, reply);
  }

  @Post(':holdId/extend')
  @HttpCode(200)
  @Serves(extendHold)
  async extend(
    @Param() { accountId, holdId }: PathOf<typeof extendHold>,
    @Body() { expiresInSeconds }: BodyOf<typeof extendHold>,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    assertEndsInTime(expiresInSeconds, this.holds.secondsMax);
    const outcome = await this.holds.extend({ accountId, holdId, expiresInSeconds, flow: principal.keyId });
    return answerHold(outcome, principal, reply);
  }

  @Post(':holdId/raise')
  @HttpCode(200)
  @Serves(raiseHold)
  async raise(
    @Param() { accountId, holdId }: PathOf<typeof raiseHold>,
    @Body() { amount }: BodyOf<typeof raiseHold>,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const amountMinor = amountOf('amount', amount);
    const outcome = await this.holds.raise({ accountId, holdId, amountMinor, flow: principal.keyId });
    return answerHold(outcome, principal, reply);
  }

  @Post(':holdId/cancel')
  @HttpCode(200)
  @Serves(cancelHold)
  async cancel(
    @Param() { accountId, holdId }: PathOf<typeof cancelHold>,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const outcome = await this.holds.cancel({ accountId, holdId, flow: principal.keyId });
    return answerHold(outcome, principal, reply);
  }

  @Get()
  @Serves(listHolds)
  async list(
    @Param() { accountId }: PathOf<typeof listHolds>,
    @Query() { cursor, limit, status }: QueryOf<typeof listHolds>,
  ) {
    const { items, next } = await this.holds.list(await this.#account(accountId), {
      limit: pageLength(limit),
      status,
      after: decodeHoldCursor(cursor),
    });
    return { items: items.map(holdView), ...(next && { nextCursor: encodeHoldCursor(next) }) };
  }

  @Get(':holdId')
  @Serves(getHold)
  async find(@Param() { accountId, holdId }: PathOf<typeof getHold>) {
    const found = await this.holds.find(await this.#account(accountId), holdId);
    if (!found) throw new Problem('HOLD_NOT_FOUND');
    return holdView(found);
  }

  async #account(accountId: string): Promise<AccountRecord> {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    return account;
  }
}

/** @throws Problem that says why there is no such hold */
function answerHold(outcome: MoneyOutcome, principal: Principal, reply: FastifyReply) {
  const result = holdOrProblem(outcome, principal);
  if (result instanceof Problem) throw result;
  if (result.replayed) void reply.code(200).header('idempotent-replayed', 'true');
  return holdView(result);
}
