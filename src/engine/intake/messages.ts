import type { AccountRecord } from '../../shards/directory/account-record';
import type { AccountCache } from '../account-cache';
import type { BudgetedDebits } from '../budgets/budgeted-debits';
import type { Engine } from '../engine';
import type { EngineOutcome } from '../engine-outcome';
import type { PlainRequest } from '../router';
import type { Screening } from '../screening/screening';
import type { Received } from './reception';

/**
 * What a message came to: it was charged, now or before (`replayed`); it is a record of the intake, now or since an earlier
 * delivery, which ends or has ended there (`received`); another request has its key. All of that is durable. After a refusal of
 * the engine it has to be delivered again.
 */
export type MessageOutcome = Extract<EngineOutcome, { kind: 'applied' }> | Received;

export interface MessageParts {
  readonly accounts: Pick<AccountCache, 'peek'>;
  readonly engine: Pick<Engine, 'charge'>;
  readonly budgets: Pick<BudgetedDebits, 'charge'>;
  readonly screening: Pick<Screening, 'isOn'>;
  readonly receive: (request: PlainRequest, account: AccountRecord) => Promise<Received>;
}

/**
 * Charges messages, each exactly once however often it is delivered. One that the account or a budget refuses (too little money,
 * frozen, closed) is received as a record, which the intake ends as it ends all others: the rejection is written at home under its
 * row's lock, and the look-up of the deduction shows it.
 *
 * Where charges are screened, all messages are received: a verdict needs a record to be kept on, and to wait on.
 *
 * A message does not begin another attempt: what an earlier delivery was rejected as stands.
 */
export class Messages {
  constructor(private readonly parts: MessageParts) {}

  /** Rejects when the directory or a past home cannot be read. */
  async charge(request: PlainRequest, account: AccountRecord): Promise<MessageOutcome> {
    const message = { ...request, isMessage: true } as const;
    if (this.parts.screening.isOn) return this.parts.receive(message, account);
    const { budgetIds } = request;
    const outcome = budgetIds
      ? await this.parts.budgets.charge(message, account, budgetIds)
      : await this.parts.engine.charge(message, account);
    switch (outcome.kind) {
      case 'applied':
      case 'replayed':
      case 'received':
      case 'keyReused':
      case 'overloaded':
      case 'shardUnavailable':
      case 'failed':
        return outcome;
      case 'insufficientFunds':
      case 'accountFrozen':
      case 'accountClosed':
      case 'budgetExhausted':
      case 'budgetNotFound':
      case 'tooManyBudgets':
        // By the placement that refused it: the account may have moved while it was tried.
        return this.parts.receive(message, this.parts.accounts.peek(account.accountId) ?? account);
      default:
        throw new TypeError(`"${outcome.kind}" is not an outcome of a message`);
    }
  }
}
