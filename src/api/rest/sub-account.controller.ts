import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { AccountService } from '../../accounts/account.service';
import { BalanceService } from '../../balances/balance.service';
import { OperationService } from '../../operations/operation.service';
import { begunOrProblem } from '../operation-problem';
import { Problem } from '../problem';
import { sendOperation } from './operation.controller';
import * as fields from './schemas/fields';
import { accountParams, listOf, operationBegun, problemResponses } from './schemas/shapes';
import { revisionsOf, subAccountView } from './views';

interface Params {
  readonly accountId: string;
}

interface ResizeBody {
  readonly count: number;
  readonly shards?: readonly string[];
}

const tags = ['admin'];

const resizeBody = {
  type: 'object',
  additionalProperties: false,
  required: ['count'],
  properties: {
    count: fields.subAccounts,
    shards: fields.shardNames,
  },
} as const;

/** How an account is split: the distribution, its change, and its leveling. */
@Injectable()
export class SubAccountController {
  constructor(
    private readonly accounts: AccountService,
    private readonly balances: BalanceService,
    private readonly operations: OperationService,
  ) {}

  register(rest: FastifyInstance): void {
    this.#registerDistribution(rest);
    rest.put<{ Params: Params; Body: ResizeBody; Headers: { 'if-match'?: string } }>(
      '/v1/admin/accounts/:accountId/sub-accounts',
      {
        config: { scope: 'admin' },
        schema: {
          operationId: 'resizeSubAccounts',
          summary: 'Change the number or the shards of an account’s sub-accounts',
          description: 'While the account is in use. Request ids stay valid.',
          tags,
          params: accountParams,
          headers: { type: 'object', properties: { 'if-match': fields.ifMatch } },
          body: resizeBody,
          response: { ...operationBegun, ...problemResponses },
        },
      },
      async (request, reply) => {
        const { count, shards } = request.body;
        if (shards && shards.length > count) throw invalidField('shards');
        const start = await this.operations.resize({
          accountId: request.params.accountId,
          subAccounts: count,
          shards,
          revisions: revisionsOf(request.headers['if-match']),
        });
        return sendOperation(reply, begunOrProblem(start));
      },
    );
    rest.post<{ Params: Params }>(
      '/v1/admin/accounts/:accountId/rebalance',
      {
        config: { scope: 'admin', bodyOptional: true },
        schema: {
          operationId: 'rebalance',
          summary: 'Level an account’s sub-accounts',
          description: 'Busy accounts are kept level by themselves; this does it now, and exactly.',
          tags,
          params: accountParams,
          body: fields.noBody,
          response: { ...operationBegun, ...problemResponses },
        },
      },
      async (request, reply) =>
        sendOperation(reply, begunOrProblem(await this.operations.rebalance(request.params.accountId))),
    );
    rest.post<{ Params: Params }>(
      '/v1/admin/accounts/:accountId/repair',
      {
        config: { scope: 'admin', bodyOptional: true },
        schema: {
          operationId: 'repairAccount',
          summary: 'Lift an account’s directory record above its rows',
          description:
            'For an account whose rows have gone on without the directory, after that was restored from a backup. Also makes the ' +
            'halves of transfers again that were lost with a shard which was begun anew, and books their amounts. ' +
            'Changes nothing of an account that needs no repair.',
          tags,
          params: accountParams,
          body: fields.noBody,
          response: { ...operationBegun, ...problemResponses },
        },
      },
      async (request, reply) =>
        sendOperation(reply, begunOrProblem(await this.operations.repair(request.params.accountId))),
    );
  }

  #registerDistribution(rest: FastifyInstance): void {
    rest.get<{ Params: Params }>(
      '/v1/admin/accounts/:accountId/sub-accounts',
      {
        config: { scope: 'admin' },
        schema: {
          operationId: 'listSubAccounts',
          summary: 'List an account’s sub-accounts',
          description: 'All of them, by index and shard, those out of use included. Not one instant.',
          tags,
          params: accountParams,
          response: {
            200: { description: 'The distribution.', ...listOf('SubAccount') },
            ...problemResponses,
          },
        },
      },
      async (request) => {
        const account = await this.accounts.read(request.params.accountId);
        if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
        return { items: (await this.balances.subAccounts(account)).map(subAccountView) };
      },
    );
  }
}

function invalidField(field: 'shards'): Problem {
  return new Problem('INVALID_ARGUMENT', { errors: [{ field, rule: fields.FIELD_RULES[field] ?? '' }] });
}
