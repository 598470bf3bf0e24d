import { Injectable } from '@nestjs/common';
import { DeductionService, type MoneyOutcome } from '../../deductions/deduction.service';
import { HoldService } from '../../holds/hold.service';
import { Metrics } from '../../platform/metrics';
import { type EntryOutcome, entryOrProblem, holdOrProblem } from '../outcome-problem';
import { Problem } from '../problem';
import { ManyDeductions } from '../many-deductions';
import { deductionOf, deductResult, limitItems } from './deduct-result';
import type {
  BatchDeductRequest,
  DeductRequest,
  HoldRequest,
  OneHoldRequest,
  ReverseRequest,
} from './messages';
import { holdRequestOf, moneyRequestOf, oneHoldOf, reversalRequestOf } from './read-requests';
import type { UnaryMethod, UnaryService } from './unary';
import { entryView, holdView } from './views';

const BATCH_BYTES_MAX = 4 * 1024 * 1024;

/** hotsplit.v1.DeductionService without its stream: translates between messages and services. */
@Injectable()
export class DeductionMethods {
  constructor(
    private readonly deductions: DeductionService,
    private readonly holds: HoldService,
    private readonly metrics: Metrics,
  ) {}

  service(): UnaryService {
    return {
      name: 'hotsplit.v1.DeductionService',
      methods: [this.#deduct(), this.#batch(), this.#credit(), this.#reverse(), ...this.#holdMethods()],
    };
  }

  #deduct(): UnaryMethod {
    return method<DeductRequest>('Deduct', (message) =>
      this.deductions.carryOut(moneyRequestOf('deduct', message)).then(entryAnswer),
    );
  }

  #credit(): UnaryMethod {
    return {
      ...method<DeductRequest>('Credit', (message) =>
        this.deductions.carryOut(moneyRequestOf('credit', message)).then(entryAnswer),
      ),
      scope: 'credit',
    };
  }

  #reverse(): UnaryMethod {
    return method<ReverseRequest>('Reverse', (message) =>
      this.deductions.reverse(reversalRequestOf(message)).then(entryAnswer),
    );
  }

  #holdMethods(): UnaryMethod[] {
    return [
      method<HoldRequest>('Hold', (message) =>
        this.holds.hold(holdRequestOf(message, this.holds.secondsMax)).then(holdAnswer),
      ),
      method<OneHoldRequest>('ConfirmHold', (message) => {
        const { accountId, holdId, amountMinor } = oneHoldOf(message);
        return this.holds.confirm(accountId, holdId, amountMinor).then(holdAnswer);
      }),
      method<OneHoldRequest>('CancelHold', (message) => {
        const { accountId, holdId } = oneHoldOf(message);
        return this.holds.cancel(accountId, holdId).then(holdAnswer);
      }),
    ];
  }

  #batch(): UnaryMethod {
    const many = new ManyDeductions(this.deductions, this.metrics);
    return {
      ...method<BatchDeductRequest>('BatchDeduct', async ({ items }) => {
        limitItems('items', items);
        const results = await many.all(items, deductionOf);
        return { results: items.map((item, n) => deductResult(item, results[n] as EntryOutcome | Problem)) };
      }),
      bytesMax: BATCH_BYTES_MAX,
    };
  }
}

function method<Request extends object>(
  name: string,
  answer: (request: Request) => Promise<object>,
): UnaryMethod<Request> {
  return { name, scope: 'deduct', answer };
}

function entryAnswer(outcome: MoneyOutcome): object {
  const result = entryOrProblem(outcome);
  if (result instanceof Problem) return result;
  return { entry: entryView(result), replayed: result.kind === 'replayed' };
}

function holdAnswer(outcome: MoneyOutcome): object {
  const result = holdOrProblem(outcome);
  if (result instanceof Problem) return result;
  return { hold: holdView(result), replayed: result.replayed };
}
