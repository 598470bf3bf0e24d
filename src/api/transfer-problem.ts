import { Problem } from '../contract/problem';
import type { Principal } from '../platform/principal';
import type { RateLimited } from '../platform/rates/account-rates';
import type { TransferOutcome } from '../transfers/transfer.service';
import { refusalProblem } from './outcome-problem';

type Paid = Extract<TransferOutcome, { kind: 'paid' }>;

/** The transfer that a request came to, or the problem that says why there is none, as far as its caller may know. */
export function transferOrProblem(outcome: TransferOutcome | RateLimited, caller: Principal): Paid | Problem {
  switch (outcome.kind) {
    case 'paid':
      return outcome;
    case 'returned':
      return new Problem('TRANSFER_RETURNED');
    case 'accountNotFound':
      return new Problem('ACCOUNT_NOT_FOUND', { detail: `There is no account "${outcome.accountId}".` });
    case 'sameAccount':
      return new Problem('INVALID_ARGUMENT', {
        errors: [{ field: 'to', rule: 'another account than `from`' }],
      });
    case 'assetsDiffer':
      return new Problem('ASSET_MISMATCH', {
        detail: `The one has ${outcome.assets[0]}, the other ${outcome.assets[1]}.`,
      });
    case 'payeeFrozen':
      return new Problem('ACCOUNT_FROZEN', {
        detail: 'The account that is to be paid is frozen. Nothing was done.',
      });
    case 'payeeClosed':
      return new Problem('ACCOUNT_CLOSED', {
        detail: 'The account that is to be paid is closed. Nothing was done.',
      });
    case 'payeeFull':
      return new Problem('BALANCE_LIMIT_EXCEEDED', {
        detail: 'The account that is to be paid would hold too much.',
      });
    default:
      return refusalProblem(outcome, caller);
  }
}
