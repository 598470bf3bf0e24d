import { Body, Controller, Headers, Param, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { rechosenOrProblem } from '../api/operation-problem';
import { setStrategy } from '../contract/accounts';
import type { BodyOf, PathOf } from '../contract/call';
import { revisionsOf } from '../contract/revisions';
import { answerAccount } from '../http/answer-account';
import { Serves } from '../http/serves.decorator';
import { AccountService } from './account.service';

/** How an account's deductions are carried out. */
@Controller('v1/admin/accounts/:accountId/strategy')
export class StrategyController {
  constructor(private readonly accounts: AccountService) {}

  @Put()
  @Serves(setStrategy)
  async set(
    @Param() { accountId }: PathOf<typeof setStrategy>,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { strategy }: BodyOf<typeof setStrategy>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const choice = await this.accounts.chooseStrategy(accountId, strategy, revisionsOf(ifMatch));
    return answerAccount(rechosenOrProblem(choice), reply);
  }
}
