import { type Asked, openCall, type OpenCall } from './asked';
import { type Answer, brokenBy, isEffect, isEffective, isUnknown } from './answer-rules';
import { brokenWhenSaid, type Said } from './deferred-rules';
import type { LedgerModel } from './ledger-model';
import type { Broken } from './rule';

/** Judges every answer by what was true while it was waited for. */
export class JudgedCalls {
  /** By account and key: answers so far. */
  readonly #answers = new Map<string, { readonly asked: Asked; readonly answers: Answer[]; open: number }>();
  calls = 0;

  constructor(private readonly model: LedgerModel) {}

  begin(asked: Asked, nowMs: number): OpenCall {
    this.calls += 1;
    const account = this.model.account(asked.accountId);
    if (asked.kind === 'hold') account.hold(asked.requestId).triedMinor.push(asked.amountMinor);
    const variants = account.asked.get(asked.requestId);
    if (!variants) account.asked.set(asked.requestId, [asked]);
    else if (variants.every(({ fingerprint }) => fingerprint !== asked.fingerprint)) variants.push(asked);
    const call = openCall(asked, { sinceMs: nowMs, tookEffectBefore: isEffective(account, asked) });
    account.intake.askedAtOnce(asked.requestId);
    account.beginCall(call);
    account.lookAt(call);
    if (asked.payee !== undefined) this.model.account(asked.payee).beginPayment(call);
    const record = this.#recordOf(asked);
    if (record.answers.some(isUnknown)) call.isAlone = false;
    // What was answered from a lease may be written at any time.
    if (account.leases.deferralsOf(asked.requestId).length > 0) call.isAlone = false;
    // So may what was received.
    if (account.intake.has(asked.requestId)) call.isAlone = false;
    for (const other of account.openCalls) {
      if (other === call || other.asked.requestId !== asked.requestId) continue;
      other.isAlone = false;
      call.isAlone = false;
    }
    record.open += 1;
    return call;
  }

  end(call: OpenCall, answer: Answer): void {
    const account = this.model.account(call.asked.accountId);
    account.openCalls.delete(call);
    if (call.asked.payee !== undefined) this.model.account(call.asked.payee).openPayments.delete(call);
    const record = this.#recordOf(call.asked);
    record.open -= 1;
    const broken = brokenBy(account, {
      call,
      answer,
      earlier: record.answers,
      payments: this.model.payments,
    });
    if (broken) this.#violated(call, broken);
    record.answers.push(answer);
  }

  /** What an instance says of an account with leases, before anyone else learns of it. */
  said(call: OpenCall, said: Said): void {
    const broken = brokenWhenSaid(this.model.account(call.asked.accountId), call, said);
    if (broken) this.#violated(call, broken);
  }

  /** Keys of which no answer can be relied on yet. */
  get unresolved(): Asked[] {
    return [...this.#answers.values()]
      .filter(({ answers }) => answers.some(isUnknown) && !answers.some(isEffect))
      .map(({ asked }) => asked);
  }

  /** Keys that were told to have taken effect, but for those that were lost with their leases. */
  get effective(): Asked[] {
    return [...this.#answers.values()]
      .filter(({ asked, answers }) => answers.some(isEffect) && !this.#isLost(asked))
      .map(({ asked }) => asked);
  }

  #isLost(asked: Asked): boolean {
    const account = this.model.account(asked.accountId);
    return account.leases.deferralsOf(asked.requestId).length > 0 && !isEffective(account, asked);
  }

  /** A request whose every answer was a refusal has done nothing. */
  judgeRefused(): void {
    for (const { asked, answers, open } of this.#answers.values()) {
      if (open > 0 || answers.some((answer) => isUnknown(answer) || isEffect(answer))) continue;
      if (this.model.account(asked.accountId).intake.has(asked.requestId)) continue;
      if (isEffective(this.model.account(asked.accountId), asked))
        this.model.violated(
          'refusalChangesNothing',
          `${asked.requestId} was only ever refused (${answers.map(({ kind }) => kind).join(', ')}) and took effect`,
          asked.requestId,
        );
    }
  }

  #violated({ asked: { kind, amountMinor, requestId } }: OpenCall, { rule, detail }: Broken): void {
    this.model.violated(rule, `${requestId} (${kind} of ${amountMinor}): ${detail}`, requestId);
  }

  #recordOf(asked: Asked) {
    const key = `${asked.accountId} ${asked.requestId} ${asked.fingerprint}`;
    const known = this.#answers.get(key);
    if (known) return known;
    const made = { asked, answers: [], open: 0 };
    this.#answers.set(key, made);
    return made;
  }
}
