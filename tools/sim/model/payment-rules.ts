import type { TransferOutcome } from '../../../src/transfers/transfer-money';
import type { AccountModel } from './account-model';
import type { OpenCall } from './asked';
import type { PaymentModel } from './payment-model';
import type { Broken } from './rule';

type Ended = Extract<TransferOutcome, { kind: 'paid' | 'returned' }>;

/** What an answer breaks that says how a payment has ended, by what the bookkeeper saw. */
export function brokenPayment(
  account: AccountModel,
  payments: PaymentModel,
  { call, answer, wasToldBefore }: { call: OpenCall; answer: Ended; wasToldBefore: boolean },
): Broken | undefined {
  const { asked } = call;
  const stored = account.entries.get(asked.requestId)?.entry;
  if (!stored) return { rule: 'acknowledgedIsDurable', detail: `told ${answer.kind}, and there is no entry` };
  if (stored.kind !== 'transfer-out' || stored.fingerprint !== asked.fingerprint)
    return { rule: 'replayIsTheFirst', detail: `told ${answer.kind} of another request, a ${stored.kind}` };
  if (answer.entry.createdAtUs !== stored.createdAtUs || answer.entry.amountMinor !== stored.amountMinor)
    return { rule: 'replayIsTheFirst', detail: `told of ${answer.entry.requestId} as it is not stored` };
  const state = payments.stateOf(stored);
  const expected = answer.kind === 'paid' ? 'arrived' : 'returned';
  if (state !== expected)
    return { rule: 'paymentEndsOnce', detail: `told ${answer.kind}, and it is ${state ?? 'unknown'}` };
  const isFirst = answer.kind === 'paid' && !answer.replayed;
  return isFirst && !account.usedAgain.has(asked.requestId) && (call.tookEffectBefore || wasToldBefore)
    ? { rule: 'oneEffectPerKey', detail: 'told to be paid now, and it was before' }
    : undefined;
}

/** What an answer breaks that says why nothing was paid, on the side of the account that is to be paid. */
export function brokenPayeeRefusal(
  { tookEffectBefore, payeeWas, asked }: OpenCall,
  kind: 'payeeFrozen' | 'payeeClosed' | 'payeeFull' | 'accountNotFound' | 'sameAccount' | 'assetsDiffer',
): Broken | undefined {
  if (tookEffectBefore) return { rule: 'keyOutranksRefusal', detail: `${kind}, though it had taken effect` };
  const isTrue = {
    payeeFrozen: payeeWas.has('frozen'),
    payeeClosed: payeeWas.has('closed'),
    payeeFull: payeeWas.has('full'),
    accountNotFound: asked.payeeIs === 'missing',
    sameAccount: asked.payeeIs === 'itself',
    assetsDiffer: asked.payeeIs === 'of another asset',
  }[kind];
  return isTrue ? undefined : { rule: 'statusWasAsked', detail: `told ${kind}, and it never was` };
}
