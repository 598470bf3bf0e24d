import { Injectable } from '@nestjs/common';
import { AccountService } from '../../accounts/account.service';
import { DeductionService, type MoneyOutcome, type MoneyRequest } from '../../deductions/deduction.service';
import { IntakeService } from '../../deductions/intake.service';
import { type ConfirmRequest, type HoldRequest as WantedHold, HoldService } from '../../holds/hold.service';
import { ItemGate } from '../../platform/item-gate';
import { Metrics } from '../../platform/metrics';
import type { Principal } from '../../platform/principal';
import type { AccountRecord } from '../../shards/directory/account-record';
import { entryOrProblem, holdOrProblem } from '../outcome-problem';
import {
  batchDeduct,
  credit,
  deduct,
  getDeduction,
  reverse,
  reverseCredit,
  submitDeductions,
} from '../../contract/deductions';
import {
  batchConfirmHold,
  batchHold,
  cancelHold,
  confirmHold,
  extendHold,
  getHold,
  holdFunds,
  listHolds,
  raiseHold,
} from '../../contract/holds';
import { decodeHoldCursor, encodeHoldCursor, pageLength } from '../../contract/cursors';
import { Problem } from '../../contract/problem';
import { transferFunds } from '../../contract/transfers';
import { TransferService } from '../../transfers/transfer.service';
import { mayTransfer } from '../admit';
import { transferOrProblem } from '../transfer-problem';
import { type DeductionOutcome, ManyDeductions } from '../many-deductions';
import { EachOfMany } from '../each-of-many';
import { receivedOrProblem } from '../received-problem';
import { deductionOf, deductResult, holdResult, limitItems, receivedResult } from './deduct-result';
import type {
  BatchConfirmHoldRequest,
  BatchDeductRequest,
  BatchHoldRequest,
  ConfirmHoldRequest,
  DeductRequest,
  ExtendHoldRequest,
  GetDeductionRequest,
  HoldRequest,
  ListHoldsRequest,
  OneHoldRequest,
  RaiseHoldRequest,
  ReverseRequest,
  TransferRequest,
} from './messages';
import {
  accountIdOf,
  confirmRequestOf,
  creditReversalOf,
  extendRequestOf,
  holdRequestOf,
  moneyRequestOf,
  oneDeductionOf,
  oneHoldOf,
  pageOf,
  raiseRequestOf,
  reversalRequestOf,
  transferRequestOf,
} from './read-requests';
import { serves } from './serves';
import type { UnaryMethod, UnaryService } from './unary';
import { entryView, holdStatusOf, holdView, knownDeductionView, transferView } from './views';

/** hotsplit.v1.DeductionService without its stream: translates between messages and services. */
@Injectable()
export class DeductionMethods {
  constructor(
    private readonly deductions: DeductionService,
    private readonly intake: IntakeService,
    private readonly holds: HoldService,
    private readonly accounts: AccountService,
    private readonly metrics: Metrics,
    private readonly gate: ItemGate,
    private readonly transfers: TransferService,
  ) {}

  service(): UnaryService {
    return {
      name: 'hotsplit.v1.DeductionService',
      methods: [
        ...this.#moneyMethods(),
        this.#batch(),
        this.#submission(),
        this.#transfer(),
        ...this.#holdMethods(),
        ...this.#holdBatches(),
        ...this.#lookUps(),
      ],
    };
  }

  #moneyMethods(): UnaryMethod[] {
    return [
      serves(deduct, (message: DeductRequest, caller, { span }) =>
        this.deductions
          .execute({ ...moneyRequestOf('deduct', message), flow: caller.keyId, span })
          .then(deductionAnswer(caller)),
      ),
      serves(credit, (message: DeductRequest, caller, { span }) =>
        this.deductions
          .execute({ ...moneyRequestOf('credit', message), flow: caller.keyId, span })
          .then(entryAnswer(caller)),
      ),
      serves(reverse, (message: ReverseRequest, caller) =>
        this.deductions
          .reverse({ ...reversalRequestOf(message), flow: caller.keyId })
          .then(entryAnswer(caller)),
      ),
      serves(reverseCredit, (message: ReverseRequest, caller) =>
        this.deductions
          .reverse({ ...creditReversalOf(message), flow: caller.keyId })
          .then(entryAnswer(caller)),
      ),
    ];
  }

  #transfer(): UnaryMethod {
    return serves(transferFunds, async (message: TransferRequest, caller) => {
      const request = transferRequestOf(message);
      mayTransfer(caller, request);
      const outcome = await this.transfers.transfer({ ...request, flow: caller.keyId });
      const result = transferOrProblem(outcome, caller);
      if (result instanceof Problem) return result;
      return { transfer: transferView(result.entry), replayed: result.replayed };
    });
  }

  #holdMethods(): UnaryMethod[] {
    return [
      serves(holdFunds, (message: HoldRequest, caller) =>
        this.holds
          .hold({ ...holdRequestOf(message, this.holds.secondsMax), flow: caller.keyId })
          .then(holdAnswer(caller)),
      ),
      serves(confirmHold, (message: ConfirmHoldRequest, caller) =>
        this.holds.confirm({ ...confirmRequestOf(message), flow: caller.keyId }).then(holdAnswer(caller)),
      ),
      serves(extendHold, (message: ExtendHoldRequest, caller) =>
        this.holds
          .extend({ ...extendRequestOf(message, this.holds.secondsMax), flow: caller.keyId })
          .then(holdAnswer(caller)),
      ),
      serves(raiseHold, (message: RaiseHoldRequest, caller) =>
        this.holds.raise({ ...raiseRequestOf(message), flow: caller.keyId }).then(holdAnswer(caller)),
      ),
      serves(cancelHold, (message: OneHoldRequest, caller) => {
        const { accountId, holdId } = oneHoldOf(message);
        return this.holds.cancel({ accountId, holdId, flow: caller.keyId }).then(holdAnswer(caller));
      }),
    ];
  }

  #holdBatches(): UnaryMethod[] {
    const { holds } = this;
    const held = new EachOfMany(
      async (request: WantedHold, { caller, flow }) =>
        holdOrProblem(await holds.hold({ ...request, flow }, true), caller),
      this.metrics,
      this.gate,
    );
    const confirmed = new EachOfMany(
      async (request: ConfirmRequest, { caller, flow }) =>
        holdOrProblem(await holds.confirm({ ...request, flow }), caller),
      this.metrics,
      this.gate,
    );
    return [
      serves(batchHold, async ({ items }: BatchHoldRequest, caller, names) => {
        limitItems('items', items);
        const read = (item: HoldRequest): WantedHold => holdRequestOf(item, holds.secondsMax);
        const results = await held.all({ items, read, caller, names });
        const ids = items.map(({ accountId, requestId }) => ({ accountId, holdId: requestId }));
        return { results: results.map((result, n) => holdResult(ids[n] as OneHoldRequest, result)) };
      }),
      serves(batchConfirmHold, async ({ items }: BatchConfirmHoldRequest, caller, names) => {
        limitItems('items', items);
        const results = await confirmed.all({ items, read: confirmRequestOf, caller, names });
        return { results: results.map((result, n) => holdResult(items[n] as OneHoldRequest, result)) };
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
      serves(listHolds, async (message: ListHoldsRequest) => {
        const accountId = accountIdOf(message);
        const { cursor, limit } = pageOf(message);
        const page = {
          limit: pageLength(limit),
          status: holdStatusOf(message.status),
          after: decodeHoldCursor(cursor),
        };
        const { items, next } = await this.holds.list(await this.#account(accountId), page);
        return { items: items.map(holdView), nextCursor: next && encodeHoldCursor(next) };
      }),
    ];
  }

  async #account(accountId: string): Promise<AccountRecord> {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    return account;
  }

  #batch(): UnaryMethod {
    const many = new ManyDeductions(this.deductions, this.metrics, this.gate);
    return serves(batchDeduct, async ({ items }: BatchDeductRequest, caller, names) => {
      limitItems('items', items);
      const results = await many.all({ items, read: deductionOf, caller, names });
      return { results: items.map((item, n) => deductResult(item, results[n] as DeductionOutcome)) };
    });
  }

  #submission(): UnaryMethod {
    const many = new EachOfMany(
      async (request: MoneyRequest, { caller }) =>
        receivedOrProblem(await this.intake.receive(request, true), caller),
      this.metrics,
      this.gate,
    );
    return serves(submitDeductions, async ({ items }: BatchDeductRequest, caller, names) => {
      limitItems('items', items);
      const results = await many.all({ items, read: deductionOf, caller, names });
      return { results: results.map((result, n) => receivedResult(items[n] as DeductRequest, result)) };
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

/** Of a deduction without an outcome so far: what was received. */
function deductionAnswer(caller: Principal) {
  const entry = entryAnswer(caller);
  return (outcome: MoneyOutcome): object =>
    outcome.kind === 'received' ? knownDeductionView({ record: outcome.record }) : entry(outcome);
}

function holdAnswer(caller: Principal) {
  return (outcome: MoneyOutcome): object => {
    const result = holdOrProblem(outcome, caller);
    if (result instanceof Problem) return result;
    return { hold: holdView(result), replayed: result.replayed };
  };
}
