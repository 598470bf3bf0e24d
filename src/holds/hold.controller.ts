import { Body, Controller, Get, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AccountService } from '../accounts/account.service';
import { holdOrProblem } from '../api/outcome-problem';
import type { BodyOf, PathOf } from '../contract/call';
import { assertEndsInTime, cancelHold, confirmHold, getHold, holdFunds, holdView } from '../contract/holds';
import { moneyOf, optionalAmount } from '../contract/money';
import { Problem } from '../contract/problem';
import type { MoneyOutcome } from '../deductions/deduction.service';
import { CurrentPrincipal } from '../http/current-principal.decorator';
import { requestIdOf } from '../http/request-id';
import { Serves } from '../http/serves.decorator';
import type { Principal } from '../platform/principal';
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
    const { expiresInSeconds } = body;
    assertEndsInTime(expiresInSeconds, this.holds.secondsMax);
    const holdId = requestIdOf(body.requestId, key);
    const outcome = await this.holds.hold({ accountId, holdId, expiresInSeconds, ...moneyOf(body) });
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
    const amountMinor = optionalAmount('amount', body?.amount);
    return answerHold(await this.holds.confirm(accountId, holdId, amountMinor), principal, reply);
  }

  @Post(':holdId/cancel')
  @HttpCode(200)
  @Serves(cancelHold)
  async cancel(
    @Param() { accountId, holdId }: PathOf<typeof cancelHold>,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return answerHold(await this.holds.cancel(accountId, holdId), principal, reply);
  }

  @Get(':holdId')
  @Serves(getHold)
  async find(@Param() { accountId, holdId }: PathOf<typeof getHold>) {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    const found = await this.holds.find(account, holdId);
    if (!found) throw new Problem('HOLD_NOT_FOUND');
    return holdView(found);
  }
}

/** @throws Problem that says why there is no such hold */
function answerHold(outcome: MoneyOutcome, principal: Principal, reply: FastifyReply) {
  const result = holdOrProblem(outcome, principal);
  if (result instanceof Problem) throw result;
  if (result.replayed) void reply.code(200).header('idempotent-replayed', 'true');
  return holdView(result);
}
