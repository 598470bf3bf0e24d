import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { AccountService } from '../../accounts/account.service';
import type { Strategy } from '../../ledger/strategy';
import { rechosenOrProblem } from '../operation-problem';
import * as fields from './schemas/fields';
import { accountParams, problemResponses } from './schemas/shapes';
import { accountView, etagOf, revisionsOf } from './views';

/** How an account's deductions are carried out. */
@Injectable()
export class StrategyController {
  constructor(private readonly accounts: AccountService) {}

  register(rest: FastifyInstance): void {
    rest.put<{
      Params: { accountId: string };
      Body: { strategy: Strategy };
      Headers: { 'if-match'?: string };
    }>(
      '/v1/admin/accounts/:accountId/strategy',
      {
        config: { scope: 'admin' },
        schema: {
          operationId: 'setStrategy',
          summary: 'Change how an account’s deductions are carried out',
          description:
            'While the account is in use: until every instance knows, some go the old way and some the new, and all are exact.',
          tags: ['admin'],
          params: accountParams,
          headers: { type: 'object', properties: { 'if-match': fields.ifMatch } },
          body: {
            type: 'object',
            additionalProperties: false,
            required: ['strategy'],
            properties: { strategy: fields.strategy },
          },
          response: {
            200: { description: 'The account, with its `ETag`.', $ref: 'Account#' },
            ...problemResponses,
          },
        },
      },
      async (request, reply) => {
        const { accountId } = request.params;
        const revisions = revisionsOf(request.headers['if-match']);
        const choice = await this.accounts.chooseStrategy(accountId, request.body.strategy, revisions);
        const account = rechosenOrProblem(choice);
        void reply.header('etag', etagOf(account));
        return accountView(account);
      },
    );
  }
}
