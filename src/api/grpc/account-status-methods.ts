import { Injectable } from '@nestjs/common';
import type { AccountStatus } from '../../ledger/sub-account';
import { OperationService } from '../../operations/operation.service';
import { changedOrProblem } from '../operation-problem';
import type { AccountRequest } from './messages';
import { accountIdOf } from './read-requests';
import type { UnaryMethod } from './unary';
import { taggedAccountView } from './views';

const STATUSES: Readonly<Record<string, AccountStatus>> = {
  FreezeAccount: 'frozen',
  UnfreezeAccount: 'active',
  CloseAccount: 'closed',
};

/** Freezing, unfreezing and closing: answered once every database enforces it. */
@Injectable()
export class AccountStatusMethods {
  constructor(private readonly operations: OperationService) {}

  methods(): UnaryMethod[] {
    return Object.entries(STATUSES).map(([name, status]) => ({
      name,
      scope: 'accounts',
      answer: async (message: AccountRequest) =>
        taggedAccountView(changedOrProblem(await this.operations.changeStatus(accountIdOf(message), status))),
    }));
  }
}
