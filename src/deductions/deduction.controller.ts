import { Body, Controller, Get, Headers, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AccountService } from '../accounts/account.service';
import type { PathOf } from '../contract/call';
import { credit, deduct, getDeduction, type MoneyBody } from '../contract/deductions';
import { entryView } from '../contract/entries';
import { moneyOf } from '../contract/money';
import { Problem } from '../contract/problem';
import { answerEntry } from '../http/answer-entry';
import { CurrentPrincipal } from '../http/current-principal.decorator';
import { requestIdOf } from '../http/request-id';
import { Serves } from '../http/serves.decorator';
import type { Principal } from '../platform/principal';
import { DeductionService } from './deduction.service';

/** Deductions and credits of one account: the hot routes. */
@Controller('v1/accounts/:accountId')
export class DeductionController {
  constructor(
    private readonly deductions: DeductionService,
    private readonly accounts: AccountService,
  ) {}

  @Post('deductions')
  @Serves(deduct)
  async deduct(
    @Param() { accountId }: PathOf<typeof deduct>,
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: MoneyBody,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const requestId = requestIdOf(body.requestId, key);
    const request = { kind: 'deduct', accountId, requestId, ...moneyOf(body) } as const;
    return answerEntry(await this.deductions.execute(request), principal, reply);
  }

  @Post('credits')
  @Serves(credit)
  async credit(
    @Param() { accountId }: PathOf<typeof credit>,
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: MoneyBody,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const requestId = requestIdOf(body.requestId, key);
    const request = { kind: 'credit', accountId, requestId, ...moneyOf(body) } as const;
    return answerEntry(await this.deductions.execute(request), principal, reply);
  }

  @Get('deductions/:requestId')
  @Serves(getDeduction)
  async find(@Param() { accountId, requestId }: PathOf<typeof getDeduction>) {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    const found = await this.deductions.findDeduction(account, requestId);
    if (!found) throw new Problem('ENTRY_NOT_FOUND');
    return entryView(found);
  }
}
