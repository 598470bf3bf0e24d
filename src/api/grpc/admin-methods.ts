import { Injectable } from '@nestjs/common';
import { AccountService } from '../../accounts/account.service';
import { BalanceService } from '../../balances/balance.service';
import { OperationService, type OperationStart } from '../../operations/operation.service';
import type { Principal } from '../../platform/principal';
import { mayFollow } from '../admit';
import { begunOrProblem, rechosenOrProblem } from '../operation-problem';
import { Problem } from '../../contract/problem';
import { setStrategy } from '../../contract/accounts';
import { getOperation, listOperations, startAudit } from '../../contract/operations';
import { decodeOperationCursor, encodeOperationCursor, pageLength } from '../../contract/cursors';
import { revisionsOf } from '../../contract/revisions';
import {
  assertEachShardUsed,
  listSubAccounts,
  rebalance,
  repairAccount,
  resizeSubAccounts,
} from '../../contract/sub-accounts';
import { checked, checkOf, type SaidIn } from './check';
import { AuditLogMethods } from './audit-log-methods';
import { HeatMethods } from './heat-methods';
import { KeyMethods } from './key-methods';
import type {
  AccountRequest,
  GetOperationRequest,
  ListOperationsRequest,
  ResizeSubAccountsRequest,
  SetStrategyRequest,
} from './messages';
import { accountIdOf, own, pageOf, present } from './read-requests';
import { serves } from './serves';
import { ShardMethods } from './shard-methods';
import type { UnaryMethod, UnaryService } from './unary';
import { WebhookMethods } from './webhook-methods';
import { operationStatusOf, operationView, subAccountView, taggedAccountView } from './views';

const isResize = checkOf<SaidIn<typeof resizeSubAccounts>>(resizeSubAccounts);
const isChoice = checkOf<SaidIn<typeof setStrategy>>(setStrategy);
const isOperation = checkOf<SaidIn<typeof getOperation>>(getOperation);
const isOperationPage = checkOf<SaidIn<typeof listOperations>>(listOperations);

/** hotsplit.v1.AdminService: translates between messages and services. */
@Injectable()
export class AdminMethods {
  constructor(
    private readonly accounts: AccountService,
    private readonly balances: BalanceService,
    private readonly operations: OperationService,
    private readonly shards: ShardMethods,
    private readonly keys: KeyMethods,
    private readonly auditLog: AuditLogMethods,
    private readonly webhooks: WebhookMethods,
    private readonly heat: HeatMethods,
  ) {}

  service(): UnaryService {
    return {
      name: 'hotsplit.v1.AdminService',
      methods: [
        this.#resize(),
        this.#begin(rebalance, (accountId) => this.operations.rebalance(accountId)),
        this.#begin(repairAccount, (accountId) => this.operations.repair(accountId)),
        this.#audit(),
        this.#operation(),
        this.#operations(),
        this.#subAccounts(),
        this.#strategy(),
        ...this.shards.methods(),
        ...this.keys.methods(),
        ...this.auditLog.methods(),
        ...this.webhooks.methods(),
        ...this.heat.methods(),
      ],
    };
  }

  #resize(): UnaryMethod {
    const answer = async (message: ResizeSubAccountsRequest): Promise<object> => {
      const { ifMatch } = own(message, 'ifMatch');
      const { accountId, ...body } = checked(isResize, {
        ...present('accountId', message.accountId),
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
    return serves(resizeSubAccounts, answer);
  }

  /** What needs no more than the account's name. */
  #begin(
    call: typeof rebalance | typeof repairAccount,
    start: (accountId: string) => Promise<OperationStart>,
  ): UnaryMethod {
    const answer = async (message: AccountRequest): Promise<object> => ({
      operation: operationView(begunOrProblem(await start(accountIdOf(message)))),
    });
    return serves(call, answer);
  }

  #audit(): UnaryMethod {
    const answer = async (): Promise<object> => ({ operation: operationView(await this.operations.audit()) });
    return serves(startAudit, answer);
  }

  #strategy(): UnaryMethod {
    const answer = async (message: SetStrategyRequest): Promise<object> => {
      const { ifMatch } = own(message, 'ifMatch');
      const { accountId, ...body } = checked(isChoice, {
        ...present('accountId', message.accountId),
        ...present('strategy', message.strategy),
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      });
      const revisions = revisionsOf(body['if-match']);
      const choice = await this.accounts.chooseStrategy(accountId, body.strategy, revisions);
      return taggedAccountView(rechosenOrProblem(choice));
    };
    return serves(setStrategy, answer);
  }

  #operation(): UnaryMethod {
    const answer = async (message: GetOperationRequest, caller: Principal): Promise<object> => {
      const { operationId } = checked(isOperation, present('operationId', message.operationId));
      const operation = await this.operations.find(operationId);
      return operation && mayFollow(caller, operation)
        ? { operation: operationView(operation) }
        : new Problem('OPERATION_NOT_FOUND');
    };
    return serves(getOperation, answer);
  }

  #operations(): UnaryMethod {
    const answer = async (message: ListOperationsRequest): Promise<object> => {
      const { cursor, limit } = pageOf(message);
      const { accountId } = checked(isOperationPage, own(message, 'accountId'));
      const { operations, next } = await this.operations.list({
        limit: pageLength(limit),
        before: decodeOperationCursor(cursor),
        accountId,
        status: operationStatusOf(message.status),
      });
      return { items: operations.map(operationView), nextCursor: next && encodeOperationCursor(next) };
    };
    return serves(listOperations, answer);
  }

  #subAccounts(): UnaryMethod {
    const answer = async (message: AccountRequest): Promise<object> => {
      const account = await this.accounts.read(accountIdOf(message));
      if (!account) return new Problem('ACCOUNT_NOT_FOUND');
      return { items: (await this.balances.subAccounts(account)).map(subAccountView) };
    };
    return serves(listSubAccounts, answer);
  }
}
