import { Injectable } from '@nestjs/common';
import { AccountService } from '../../accounts/account.service';
import { DeductionService, type MoneyOutcome } from '../../deductions/deduction.service';
import { IntakeService } from '../../deductions/intake.service';
import { HoldService } from '../../holds/hold.service';
import { Metrics } from '../../platform/metrics';
import type { Principal } from '../../platform/principal';
import type { AccountRecord } from '../../shards/directory/account-record';
import { type EntryOutcome, entryOrProblem, holdOrProblem } from '../outcome-problem';
import {
  batchDeduct,
  credit,
  deduct,
  getDeduction,
  reverse,
  submitDeductions,
} from '../../contract/deductions';
import { cancelHold, confirmHold, getHold, holdFunds } from '../../contract/holds';
import { Problem } from '../../contract/problem';
import { ManyDeductions } from '../many-deductions';
import { ManyReceived } from '../many-received';
import type { ReceivedDeduction } from '../received-problem';
import { deductionOf, deductResult, limitItems, receivedResult } from './deduct-result';
import type {
  BatchDeductRequest,
  DeductRequest,
  GetDeductionRequest,
  HoldRequest,
  OneHoldRequest,
  ReverseRequest,
} from './messages';
import { holdRequestOf, moneyRequestOf, oneDeductionOf, oneHoldOf, reversalRequestOf } from './read-requests';
import { serves } from './serves';
import type { UnaryMethod, UnaryService } from './unary';
import { entryView, holdView, knownDeductionView } from './views';

/** hotsplit.v1.DeductionService without its stream: translates between messages and services. */
@Injectable()
export class DeductionMethods {
  constructor(
    private readonly deductions: DeductionService,
    private readonly intake: IntakeService,
    private readonly holds: HoldService,
    private readonly accounts: AccountService,
    private readonly metrics: Metrics,
  ) {}

  service(): UnaryService {
    return {
      name: 'hotsplit.v1.DeductionService',
      methods: [
        ...this.#moneyMethods(),
        this.#batch(),
        this.#submission(),
        ...this.#holdMethods(),
        ...this.#lookUps(),
      ],
    };
  }

  #moneyMethods(): UnaryMethod[] {
    return [
      serves(deduct, (message: DeductRequest, caller) =>
        this.deductions.execute(moneyRequestOf('deduct', message)).then(entryAnswer(caller)),
      ),
      serves(credit, (message: DeductRequest, caller) =>
        this.deductions.execute(moneyRequestOf('credit', message)).then(entryAnswer(caller)),
      ),
      serves(reverse, (message: ReverseRequest, caller) =>
        this.deductions.reverse(reversalRequestOf(message)).then(entryAnswer(caller)),
      ),
    ];
  }

  #holdMethods(): UnaryMethod[] {
    return [
      serves(holdFunds, (message: HoldRequest, caller) =>
        this.holds.hold(holdRequestOf(message, this.holds.secondsMax)).then(holdAnswer(caller)),
      ),
      serves(confirmHold, (message: OneHoldRequest, caller) => {
        const { accountId, holdId, amountMinor } = oneHoldOf(message);
        return this.holds.confirm(accountId, holdId, amountMinor).then(holdAnswer(caller));
      }),
      serves(cancelHold, (message: OneHoldRequest, caller) => {
        const { accountId, holdId } = oneHoldOf(message);
        return this.holds.cancel(accountId, holdId).then(holdAnswer(caller));
      }),
    ];
  }

  #lookUps(): UnaryMethod[] {
    return [
      serves(getDeduction, async (message: GetDeductionRequest) => {
        const { accountId, requestId } = oneDeductionOf(message);
        const found = await this.intake.find(await this.#account(accountId), requestId);
        return found ? knownDeductionView(found) : new Problem('ENTRY_NOT_FOUND');
      }),
      serves(getHold, async (message: OneHoldRequest) => {
        const { accountId, holdId } = oneHoldOf(message);
        const found = await this.holds.find(await this.#account(accountId), holdId);
        return found ? { hold: holdView(found) } : new Problem('HOLD_NOT_FOUND');
      }),
    ];
  }

  async #account(accountId: string): Promise<AccountRecord> {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    return account;
  }

  #batch(): UnaryMethod {
    const many = new ManyDeductions(this.deductions, this.metrics);
    return serves(batchDeduct, async ({ items }: BatchDeductRequest, caller) => {
      limitItems('items', items);
      const results = await many.all({ items, read: deductionOf, caller });
      return { results: items.map((item, n) => deductResult(item, results[n] as EntryOutcome | Problem)) };
    });
  }

  #submission(): UnaryMethod {
    const many = new ManyReceived(this.intake, this.metrics);
    return serves(submitDeductions, async ({ items }: BatchDeductRequest, caller) => {
      limitItems('items', items);
      const results = await many.all({ items, read: deductionOf, caller });
      return {
        results: items.map((item, n) => receivedResult(item, results[n] as ReceivedDeduction | Problem)),
      };
    });
  }
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
