import type { EngineOutcome } from '../../../src/engine/engine-outcome';
import { triedMinor } from '../../../src/ledger/hold';
import type { TransferOutcome } from '../../../src/transfers/transfer-money';
import type { AccountModel } from './account-model';
import type { Asked, OpenCall } from './asked';
import type { PaymentModel } from './payment-model';
import { brokenPayeeRefusal, brokenPayment } from './payment-rules';
import type { Broken } from './rule';

/** What a client was told: an outcome, or nothing it can rely on. */
export type Answer = EngineOutcome | TransferOutcome | { readonly kind: 'unknown' };

type Effect = Extract<Answer, { kind: 'applied' | 'replayed' | 'held' | 'paid' | 'returned' }>;
type WithEntry = Extract<Effect, { kind: 'applied' | 'replayed' }>;
type StoredEntry = WithEntry['entry'];

interface Answered {
  readonly call: OpenCall;
  readonly answer: Answer;
  /** What earlier calls under the same key were told. */
  readonly earlier: readonly Answer[];
  readonly payments: PaymentModel;
}

/** A shard that could not be asked, or an answer that never came: the same key will tell. */
export function isUnknown({ kind }: Answer): boolean {
  return kind === 'unknown' || kind === 'shardUnavailable';
}

/** Told of something that stands. A payment that came back has spent its key as well. */
export function isEffect(answer: Answer): answer is Effect {
  switch (answer.kind) {
    case 'applied':
    case 'replayed':
    case 'held':
    case 'paid':
    case 'returned':
      return true;
    default:
      return false;
  }
}

/** Told of what had been done before. */
export function isReplay(answer: Answer): boolean {
  if (answer.kind === 'held' || answer.kind === 'paid') return answer.replayed;
  return answer.kind === 'replayed' || answer.kind === 'returned';
}

/** Whether the account has an entry for exactly what was asked for. */
export function isEffective(account: AccountModel, asked: Asked): boolean {
  const entry = account.entries.get(asked.requestId)?.entry;
  return entry !== undefined && isOf(entry, asked);
}

/** What an answer breaks, by what the model saw while it was waited for. */
export function brokenBy(account: AccountModel, answered: Answered): Broken | undefined {
  const { call, answer } = answered;
  if (isRefusal(answer) && call.isAlone && !call.tookEffectBefore && isEffective(account, call.asked))
    return { rule: 'refusalChangesNothing', detail: `${answer.kind}, and it took effect` };
  switch (answer.kind) {
    case 'applied':
    case 'replayed':
      return brokenEffect(account, answered, answer);
    case 'held':
      return brokenTry(account, call, answer);
    case 'paid':
    case 'returned':
      return brokenPayment(account, answered.payments, {
        call,
        answer,
        wasToldBefore: answered.earlier.some((told) => told.kind === 'paid' && !told.replayed),
      });
    case 'payeeFrozen':
    case 'payeeClosed':
    case 'payeeFull':
    case 'accountNotFound':
    case 'sameAccount':
    case 'assetsDiffer':
      return brokenPayeeRefusal(call, answer.kind);
    case 'holdAlreadyCancelled':
      // A try is refused so by the tombstone of a cancel that came first, and by nothing else.
      return account.hold(call.asked.requestId).isTombstone
        ? undefined
        : { rule: 'holdIsSound', detail: 'told that it was cancelled before, and it was not' };
    case 'insufficientFunds':
      if (call.tookEffectBefore) return outranked(answer);
      if (call.wasShort) return undefined;
      return {
        rule: 'refusedOnlyIfShort',
        detail: `refused with ${answer.availableMinor}, and the account always had enough`,
      };
    case 'budgetExhausted':
      if (call.tookEffectBefore) return outranked(answer);
      if (call.shortBudgets.has(answer.budgetId)) return undefined;
      // Whoever looks at the record of what another instance was refused names the budget that has the least by then.
      if (account.intake.has(call.asked.requestId) && call.shortBudgets.size > 0) return undefined;
      return {
        rule: 'refusedOnlyIfShort',
        detail: `refused for ${answer.budgetId} with ${answer.availableMinor}, and that always had enough`,
      };
    case 'accountFrozen':
      if (call.tookEffectBefore) return outranked(answer);
      return call.wasFrozen ? undefined : { rule: 'statusWasAsked', detail: 'told that it is frozen' };
    case 'accountClosed':
      if (call.tookEffectBefore) return outranked(answer);
      return call.wasClosed ? undefined : { rule: 'statusWasAsked', detail: 'told that it is closed' };
    case 'balanceLimitExceeded':
      return call.tookEffectBefore ? outranked(answer) : undefined;
    case 'keyReused': {
      const entry = account.entries.get(call.asked.requestId)?.entry;
      if (entry && !isOf(entry, call.asked)) return undefined;
      if (isOwedOtherwise(account, call.asked)) return undefined;
      // Another request under the key waits to be charged, or did.
      if (
        account.intake.has(call.asked.requestId) &&
        (account.asked.get(call.asked.requestId)?.length ?? 0) > 1
      )
        return undefined;
      return { rule: 'replayIsTheFirst', detail: 'told that its key was used for another request' };
    }
    case 'overloaded':
    case 'shardUnavailable':
    case 'unknown':
      return undefined;
    default:
      return { rule: 'noDefect', detail: `answered ${answer.kind}` };
  }
}

/** Two instances that are asked at once may both answer from leases; it counts once. */
function isAppliedForGood(answer: Answer): boolean {
  return answer.kind === 'applied' && !answer.isDeferred;
}

/** The key was answered from a lease, for something else. */
function isOwedOtherwise({ leases }: AccountModel, { requestId, fingerprint }: Asked): boolean {
  return leases.deferralsOf(requestId).some(({ asked }) => asked.fingerprint !== fingerprint);
}

/** Told that nothing was done. */
function isRefusal(answer: Answer): boolean {
  return !isUnknown(answer) && !isEffect(answer);
}

function outranked({ kind }: Answer): Broken {
  return { rule: 'keyOutranksRefusal', detail: `${kind}, though it had taken effect` };
}

function brokenEffect(
  account: AccountModel,
  { call, earlier }: Answered,
  answer: WithEntry,
): Broken | undefined {
  const stored = account.entries.get(call.asked.requestId);
  // Judged at the instant at which it was said; in the end it must be written, or told as lost.
  if (answer.isDeferred) return undefined;
  if (!stored) return { rule: 'acknowledgedIsDurable', detail: `told ${answer.kind}, and there is no entry` };
  if (!isOf(stored.entry, call.asked)) return { rule: 'replayIsTheFirst', detail: 'told of another request' };
  if (answer.shard !== stored.shard || !isSame(answer.entry, stored.entry))
    return { rule: 'replayIsTheFirst', detail: `told ${inspect(answer.entry)} on ${answer.shard}` };
  if (account.usedAgain.has(call.asked.requestId)) return undefined;
  if (answer.kind === 'applied' && (call.tookEffectBefore || earlier.some(isAppliedForGood)))
    return { rule: 'oneEffectPerKey', detail: 'told to be applied, and it was before' };
  return undefined;
}

function brokenTry(
  account: AccountModel,
  { asked, tookEffectBefore }: OpenCall,
  { hold: told, replayed, shard }: Extract<Answer, { kind: 'held' }>,
): Broken | undefined {
  const { hold } = account.hold(asked.requestId);
  const stored = account.entries.get(asked.requestId);
  if (!hold || stored?.shard !== shard || triedMinor(hold) !== triedMinor(told))
    return { rule: 'acknowledgedIsDurable', detail: 'told held, and it is not' };
  if (hold.fingerprint !== asked.fingerprint)
    return { rule: 'replayIsTheFirst', detail: 'told of another try' };
  return !replayed && tookEffectBefore
    ? { rule: 'oneEffectPerKey', detail: 'told to be held now, and it was before' }
    : undefined;
}

const ENTRY_KINDS = { deduct: 'deduction', credit: 'credit', hold: 'hold', pay: 'transfer-out' } as const;

function isOf(entry: StoredEntry, { kind, amountMinor, fingerprint }: Asked): boolean {
  return (
    entry.kind === ENTRY_KINDS[kind] && entry.amountMinor === amountMinor && entry.fingerprint === fingerprint
  );
}

function isSame(told: StoredEntry, stored: StoredEntry): boolean {
  const names = Object.keys(stored) as (keyof StoredEntry)[];
  return Object.keys(told).length === names.length && names.every((name) => told[name] === stored[name]);
}

function inspect(value: object): string {
  return JSON.stringify(Object.entries(value).sort(), (_, each: unknown) =>
    typeof each === 'bigint' ? each.toString() : each,
  );
}
