import { Injectable } from '@nestjs/common';
import { AccountService } from '../../accounts/account.service';
import { BalanceService } from '../../balances/balance.service';
import type { Strategy } from '../../ledger/strategy';
import { OperationService, type OperationStart } from '../../operations/operation.service';
import type { Principal } from '../../platform/principal';
import { mayFollow } from '../admit';
import { begunOrProblem, rechosenOrProblem } from '../operation-problem';
import { Problem } from '../../contract/problem';
import * as fields from '../../contract/fields';
import { revisionsOf } from '../../contract/revisions';
import { assertEachShardUsed } from '../../contract/sub-accounts';
import { KeyMethods } from './key-methods';
import type {
  AccountRequest,
  GetOperationRequest,
  ResizeSubAccountsRequest,
  SetStrategyRequest,
} from './messages';
import { accountIdOf, checked, checkOf, own, present } from './read-requests';
import { ShardMethods } from './shard-methods';
import type { UnaryMethod, UnaryService } from './unary';
import { operationView, subAccountView, taggedAccountView } from './views';

const isResize = checkOf<{ count: number; shards?: readonly string[]; 'if-match'?: string }>(['count'], {
  count: fields.subAccounts,
  shards: fields.shardNames,
  'if-match': fields.ifMatch,
});
const isChoice = checkOf<{ strategy: Strategy; 'if-match'?: string }>(['strategy'], {
  strategy: fields.strategy,
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
    private readonly shards: ShardMethods,
    private readonly keys: KeyMethods,
  ) {}

  service(): UnaryService {
    return {
      name: 'hotsplit.v1.AdminService',
      methods: [
        this.#resize(),
        this.#begin('Rebalance', (accountId) => this.operations.rebalance(accountId)),
        this.#begin('RepairAccount', (accountId) => this.operations.repair(accountId)),
        this.#audit(),
        this.#operation(),
        this.#subAccounts(),
        this.#strategy(),
        ...this.shards.methods(),
        ...this.keys.methods(),
      ],
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
      assertEachShardUsed(body.count, body.shards);
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

  /** What needs no more than the account's name. */
  #begin(name: string, start: (accountId: string) => Promise<OperationStart>): UnaryMethod {
    const answer = async (message: AccountRequest): Promise<object> => ({
      operation: operationView(begunOrProblem(await start(accountIdOf(message)))),
    });
    return { name, scope: 'admin', answer };
  }

  #audit(): UnaryMethod {
    const answer = async (): Promise<object> => ({ operation: operationView(await this.operations.audit()) });
    return { name: 'StartAudit', scope: 'admin', answer };
  }

  #strategy(): UnaryMethod {
    const answer = async (message: SetStrategyRequest): Promise<object> => {
      const accountId = accountIdOf(message);
      const { ifMatch } = own(message, 'ifMatch');
      const body = checked(isChoice, {
        ...present('strategy', message.strategy),
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      });
      const revisions = revisionsOf(body['if-match']);
      const choice = await this.accounts.chooseStrategy(accountId, body.strategy, revisions);
      return taggedAccountView(rechosenOrProblem(choice));
    };
    return { name: 'SetStrategy', scope: 'admin', answer };
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
