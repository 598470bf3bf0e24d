import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import type { AccountStatus } from '../../ledger/sub-account';
import { OperationService } from '../../operations/operation.service';
import { changedOrProblem } from '../operation-problem';
import * as fields from './schemas/fields';
import { accountParams, problemResponses } from './schemas/shapes';
import { accountView, etagOf } from './views';

interface StatusRoute {
  readonly verb: string;
  readonly status: AccountStatus;
  readonly summary: string;
  readonly description: string;
}

const ROUTES: readonly StatusRoute[] = [
  {
    verb: 'freeze',
    status: 'frozen',
    summary: 'Freeze an account',
    description: 'It refuses debits from now on, and takes credits. Again is as good as once.',
  },
  {
    verb: 'unfreeze',
    status: 'active',
    summary: 'Unfreeze an account',
    description: 'It takes debits again. Of an active account nothing changes.',
  },
  {
    verb: 'close',
    status: 'closed',
    summary: 'Close an empty account',
    description: 'It refuses everything but reads from then on, for good.',
  },
];

/** Freezing, unfreezing and closing: answered once every database enforces it. */
@Injectable()
export class AccountStatusController {
  constructor(private readonly operations: OperationService) {}

  register(rest: FastifyInstance): void {
    for (const { verb, status, summary, description } of ROUTES) {
      rest.post<{ Params: { accountId: string } }>(
        `/v1/accounts/:accountId/${verb}`,
        {
          config: { scope: 'accounts', bodyOptional: true },
          schema: {
            operationId: `${verb}Account`,
            summary,
            description,
            tags: ['accounts'],
            params: accountParams,
            body: fields.noBody,
            response: {
              200: { description: 'The account, with its `ETag`.', $ref: 'Account#' },
              ...problemResponses,
            },
          },
        },
        async (request, reply) => {
          const change = await this.operations.changeStatus(request.params.accountId, status);
          const account = changedOrProblem(change);
          void reply.header('etag', etagOf(account));
          return accountView(account);
        },
      );
    }
  }
}
