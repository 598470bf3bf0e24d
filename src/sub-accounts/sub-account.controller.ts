import { Body, Controller, Get, Headers, Param, Post, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AccountService } from '../accounts/account.service';
import { begunOrProblem } from '../api/operation-problem';
import { BalanceService } from '../balances/balance.service';
import type { BodyOf, PathOf } from '../contract/call';
import { Problem } from '../contract/problem';
import { revisionsOf } from '../contract/revisions';
import {
  assertEachShardUsed,
  listSubAccounts,
  rebalance,
  repairAccount,
  resizeSubAccounts,
  subAccountView,
} from '../contract/sub-accounts';
import { answerOperation } from '../http/answer-operation';
import { Serves } from '../http/serves.decorator';
import { OperationService } from '../operations/operation.service';

type Path = PathOf<typeof listSubAccounts>;

/** How an account is split: the distribution, its change, and its leveling. */
@Controller('v1/admin/accounts/:accountId')
export class SubAccountController {
  constructor(
    private readonly accounts: AccountService,
    private readonly balances: BalanceService,
    private readonly operations: OperationService,
  ) {}

  @Get('sub-accounts')
  @Serves(listSubAccounts)
  async list(@Param() { accountId }: Path) {
    const account = await this.accounts.read(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    return { items: (await this.balances.subAccounts(account)).map(subAccountView) };
  }

  @Put('sub-accounts')
  @Serves(resizeSubAccounts)
  async resize(
    @Param() { accountId }: Path,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { count, shards }: BodyOf<typeof resizeSubAccounts>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    assertEachShardUsed(count, shards);
    const start = await this.operations.resize({
      accountId,
      subAccounts: count,
      shards,
      revisions: revisionsOf(ifMatch),
    });
    return answerOperation(begunOrProblem(start), reply);
  }

  @Post('rebalance')
  @Serves(rebalance)
  async rebalance(@Param() { accountId }: Path, @Res({ passthrough: true }) reply: FastifyReply) {
    return answerOperation(begunOrProblem(await this.operations.rebalance(accountId)), reply);
  }

  @Post('repair')
  @Serves(repairAccount)
  async repair(@Param() { accountId }: Path, @Res({ passthrough: true }) reply: FastifyReply) {
    return answerOperation(begunOrProblem(await this.operations.repair(accountId)), reply);
  }
}
