import { Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { changedOrProblem } from '../api/operation-problem';
import { closeAccount, freezeAccount, unfreezeAccount } from '../contract/accounts';
import type { PathOf } from '../contract/call';
import { answerAccount } from '../http/answer-account';
import { Serves } from '../http/serves.decorator';
import type { AccountStatus } from '../ledger/sub-account';
import { OperationService } from '../operations/operation.service';

type Path = PathOf<typeof freezeAccount>;

/** Freezing, unfreezing and closing: answered once every database enforces it. */
@Controller('v1/accounts/:accountId')
export class AccountStatusController {
  constructor(private readonly operations: OperationService) {}

  @Post('freeze')
  @HttpCode(200)
  @Serves(freezeAccount)
  freeze(@Param() path: Path, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.#change(path, 'frozen', reply);
  }

  @Post('unfreeze')
  @HttpCode(200)
  @Serves(unfreezeAccount)
  unfreeze(@Param() path: Path, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.#change(path, 'active', reply);
  }

  @Post('close')
  @HttpCode(200)
  @Serves(closeAccount)
  close(@Param() path: Path, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.#change(path, 'closed', reply);
  }

  async #change({ accountId }: Path, status: AccountStatus, reply: FastifyReply) {
    return answerAccount(changedOrProblem(await this.operations.changeStatus(accountId, status)), reply);
  }
}
