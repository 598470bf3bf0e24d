import { Injectable } from '@nestjs/common';
import { AccountService } from '../../accounts/account.service';
import { BalanceService } from '../../balances/balance.service';
import { OperationService } from '../../operations/operation.service';
import type { Principal } from '../../platform/principal';
import { mayFollow } from '../admit';
import { begunOrProblem } from '../operation-problem';
import { Problem } from '../problem';
import * as fields from '../rest/schemas/fields';
import { revisionsOf } from '../rest/views';
import type { AccountRequest, GetOperationRequest, ResizeSubAccountsRequest } from './messages';
import { accountIdOf, checked, checkOf, own, present } from './read-requests';
import type { UnaryMethod, UnaryService } from './unary';
import { operationView, subAccountView } from './views';

const isResize = checkOf<{ count: number; shards?: readonly string[]; 'if-match'?: string }>(['count'], {
  count: fields.subAccounts,
  shards: fields.shardNames,
  'if-match': fields.ifMatch,
});
const isOperation = checkOf<{ operationId: string }>(['operationId'], { operationId: fields.operationId });

/** hotsplit.v1.AdminService: translates between messages and services. */
@Injectable()
export class AdminMethods {
  constructor(
    private readonly accounts: AccountService,
    private readonly balances: BalanceService,
    private readonly operations: OperationService,
  ) {}

  service(): UnaryService {
    return {
      name: 'hotsplit.v1.AdminService',
      methods: [this.#resize(), this.#rebalance(), this.#operation(), this.#subAccounts()],
    };
  }

  #resize(): UnaryMethod {
    const answer = async (message: ResizeSubAccountsRequest): Promise<object> => {
      const accountId = accountIdOf(message);
      const { ifMatch } = own(message, 'ifMatch');
      const body = checked(isResize, {
        count: message.count,
        ...(message.shards.length > 0 && { shards: message.shards }),
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      });
      if (body.shards && body.shards.length > body.count) {
        const rule = fields.FIELD_RULES['shards'] ?? '';
        return new Problem('INVALID_ARGUMENT', { errors: [{ field: 'shards', rule }] });
      }
      const start = await this.operations.resize({
        accountId,
        subAccounts: body.count,
        shards: body.shards,
        revisions: revisionsOf(body['if-match']),
      });
      return { operation: operationView(begunOrProblem(start)) };
    };
    return { name: 'ResizeSubAccounts', scope: 'admin', answer };
  }

  #rebalance(): UnaryMethod {
    const answer = async (message: AccountRequest): Promise<object> => {
      const start = await this.operations.rebalance(accountIdOf(message));
      return { operation: operationView(begunOrProblem(start)) };
    };
    return { name: 'Rebalance', scope: 'admin', answer };
  }

  #operation(): UnaryMethod {
    const answer = async (message: GetOperationRequest, caller: Principal): Promise<object> => {
      const { operationId } = checked(isOperation, present('operationId', message.operationId));
      const operation = await this.operations.find(operationId);
      return operation && mayFollow(caller, operation)
        ? { operation: operationView(operation) }
        : new Problem('OPERATION_NOT_FOUND');
    };
    return { name: 'GetOperation', scope: 'admin', limitsKept: 'by the method', answer };
  }

  #subAccounts(): UnaryMethod {
    const answer = async (message: AccountRequest): Promise<object> => {
      const account = await this.accounts.read(accountIdOf(message));
      if (!account) return new Problem('ACCOUNT_NOT_FOUND');
      return { items: (await this.balances.subAccounts(account)).map(subAccountView) };
    };
    return { name: 'ListSubAccounts', scope: 'admin', answer };
  }
}
