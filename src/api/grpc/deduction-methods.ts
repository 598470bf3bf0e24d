import { Injectable } from '@nestjs/common';
import { AccountService } from '../../accounts/account.service';
import { DeductionService, type MoneyOutcome } from '../../deductions/deduction.service';
import { HoldService } from '../../holds/hold.service';
import { Metrics } from '../../platform/metrics';
import type { Principal } from '../../platform/principal';
import type { AccountRecord } from '../../shards/directory/account-record';
import { type EntryOutcome, entryOrProblem, holdOrProblem } from '../outcome-problem';
import { Problem } from '../../contract/problem';
import { ManyDeductions } from '../many-deductions';
import { deductionOf, deductResult, limitItems } from './deduct-result';
import type {
  BatchDeductRequest,
  DeductRequest,
  GetDeductionRequest,
  HoldRequest,
  OneHoldRequest,
  ReverseRequest,
} from './messages';
import { holdRequestOf, moneyRequestOf, oneDeductionOf, oneHoldOf, reversalRequestOf } from './read-requests';
import type { UnaryMethod, UnaryService } from './unary';
import { entryView, holdView } from './views';

const BATCH_BYTES_MAX = 4 * 1024 * 1024;

/** hotsplit.v1.DeductionService without its stream: translates between messages and services. */
@Injectable()
export class DeductionMethods {
  constructor(
    private readonly deductions: DeductionService,
    private readonly holds: HoldService,
    private readonly accounts: AccountService,
    private readonly metrics: Metrics,
  ) {}

  service(): UnaryService {
    return {
      name: 'hotsplit.v1.DeductionService',
      methods: [
        this.#deduct(),
        this.#batch(),
        this.#credit(),
        this.#reverse(),
        ...this.#holdMethods(),
        ...this.#lookUps(),
      ],
    };
  }

  #deduct(): UnaryMethod {
    return method<DeductRequest>('Deduct', (message, caller) =>
      this.deductions.execute(moneyRequestOf('deduct', message)).then(entryAnswer(caller)),
    );
  }

  #credit(): UnaryMethod {
    return {
      ...method<DeductRequest>('Credit', (message, caller) =>
        this.deductions.execute(moneyRequestOf('credit', message)).then(entryAnswer(caller)),
      ),
      scope: 'credit',
    };
  }

  #reverse(): UnaryMethod {
    return {
      ...method<ReverseRequest>('Reverse', (message, caller) =>
        this.deductions.reverse(reversalRequestOf(message)).then(entryAnswer(caller)),
      ),
      scope: 'refund',
    };
  }

  #holdMethods(): UnaryMethod[] {
    return [
      method<HoldRequest>('Hold', (message, caller) =>
        this.holds.hold(holdRequestOf(message, this.holds.secondsMax)).then(holdAnswer(caller)),
      ),
      method<OneHoldRequest>('ConfirmHold', (message, caller) => {
        const { accountId, holdId, amountMinor } = oneHoldOf(message);
        return this.holds.confirm(accountId, holdId, amountMinor).then(holdAnswer(caller));
      }),
      method<OneHoldRequest>('CancelHold', (message, caller) => {
        const { accountId, holdId } = oneHoldOf(message);
        return this.holds.cancel(accountId, holdId).then(holdAnswer(caller));
      }),
    ];
  }

  #lookUps(): UnaryMethod[] {
    return [
      {
        ...method<GetDeductionRequest>('GetDeduction', async (message) => {
          const { accountId, requestId } = oneDeductionOf(message);
          const found = await this.deductions.findDeduction(await this.#account(accountId), requestId);
          return found ? { entry: entryView(found) } : new Problem('ENTRY_NOT_FOUND');
        }),
        scope: 'lookUp',
      },
      {
        ...method<OneHoldRequest>('GetHold', async (message) => {
          const { accountId, holdId } = oneHoldOf(message);
          const found = await this.holds.find(await this.#account(accountId), holdId);
          return found ? { hold: holdView(found) } : new Problem('HOLD_NOT_FOUND');
        }),
        scope: 'lookUp',
      },
    ];
  }

  async #account(accountId: string): Promise<AccountRecord> {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    return account;
  }

  #batch(): UnaryMethod {
    const many = new ManyDeductions(this.deductions, this.metrics);
    return {
      ...method<BatchDeductRequest>('BatchDeduct', async ({ items }, caller) => {
        limitItems('items', items);
        const results = await many.all({ items, read: deductionOf, caller });
        return { results: items.map((item, n) => deductResult(item, results[n] as EntryOutcome | Problem)) };
      }),
      bytesMax: BATCH_BYTES_MAX,
      limitsKept: 'by the method',
    };
  }
}

function method<Request extends object>(
  name: string,
  answer: UnaryMethod<Request>['answer'],
): UnaryMethod<Request> {
  return { name, scope: 'deduct', answer };
}

function entryAnswer(caller: Principal) {
  return (outcome: MoneyOutcome): object => {
    const result = entryOrProblem(outcome, caller);
    if (result instanceof Problem) return result;
    return { entry: entryView(result), replayed: result.kind === 'replayed' };
  };
}

function holdAnswer(caller: Principal) {
  return (outcome: MoneyOutcome): object => {
    const result = holdOrProblem(outcome, caller);
    if (result instanceof Problem) return result;
    return { hold: holdView(result), replayed: result.replayed };
  };
}
