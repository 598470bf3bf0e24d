import { Body, Controller, Get, Headers, Param, Put, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { rechosenOrProblem } from '../api/operation-problem';
import type { BodyOf, PathOf, QueryOf } from '../contract/call';
import { pageLength } from '../contract/cursors';
import { autoSplitOf, hotAccountView, listHotAccounts, setAutoSplit } from '../contract/heat';
import { revisionsOf } from '../contract/revisions';
import { answerAccount } from '../http/answer-account';
import { Serves } from '../http/serves.decorator';
import { HeatService } from './heat.service';

/** Which accounts are used most, and whether they are split by themselves. */
@Controller('v1/admin')
export class HeatController {
  constructor(private readonly heat: HeatService) {}

  @Get('hot-accounts')
  @Serves(listHotAccounts)
  async list(@Query() { limit }: QueryOf<typeof listHotAccounts>) {
    return { items: (await this.heat.list(pageLength(limit))).map(hotAccountView) };
  }

  @Put('accounts/:accountId/auto-split')
  @Serves(setAutoSplit)
  async set(
    @Param() { accountId }: PathOf<typeof setAutoSplit>,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: BodyOf<typeof setAutoSplit>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const choice = await this.heat.choose(accountId, autoSplitOf(body), revisionsOf(ifMatch));
    return answerAccount(rechosenOrProblem(choice), reply);
  }
}
