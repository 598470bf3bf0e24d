import { Injectable } from '@nestjs/common';
import { closeAccount, freezeAccount, unfreezeAccount } from '../../contract/accounts';
import type { AccountStatus } from '../../ledger/sub-account';
import { OperationService } from '../../operations/operation.service';
import { changedOrProblem } from '../operation-problem';
import type { AccountRequest } from './messages';
import { accountIdOf } from './read-requests';
import { serves } from './serves';
import type { UnaryMethod } from './unary';
import { taggedAccountView } from './views';

const STATUSES: readonly (readonly [
  typeof freezeAccount | typeof unfreezeAccount | typeof closeAccount,
  AccountStatus,
])[] = [
  [freezeAccount, 'frozen'],
  [unfreezeAccount, 'active'],
  [closeAccount, 'closed'],
];

/** Freezing, unfreezing and closing: answered once every database enforces it. */
@Injectable()
export class AccountStatusMethods {
  constructor(private readonly operations: OperationService) {}

  methods(): UnaryMethod[] {
    return STATUSES.map(([call, status]) =>
      serves(call, async (message: AccountRequest) =>
        taggedAccountView(changedOrProblem(await this.operations.changeStatus(accountIdOf(message), status))),
      ),
    );
  }
}
