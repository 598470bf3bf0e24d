import { confirmationKey, reversalKey, reversedName } from '../../../src/ledger/identifiers';
import type { AccountModel } from './account-model';
import type { Answer } from './answer-rules';
import { brokenChange } from './change-rules';
import type { FollowUpCall } from './follow-up-call';
import type { AskedCapture, AskedFollowUp } from './hold-model';
import type { Broken } from './rule';

const NO_ANSWERS: readonly Answer['kind'][] = ['overloaded', 'shardUnavailable', 'unknown'];

/** Refusals for want of money or for a status: never of what had taken effect. */
const OF_MONEY: readonly Answer['kind'][] = [
  'insufficientFunds',
  'budgetExhausted',
  'accountFrozen',
  'confirmExceedsHold',
];

/** What an answer about a hold or a reversal breaks, by what the bookkeeper saw. */
export function brokenFollowUp(
  account: AccountModel,
  call: FollowUpCall,
  answer: Answer,
): Broken | undefined {
  if (NO_ANSWERS.includes(answer.kind)) return undefined;
  if (answer.kind === 'accountClosed' && call.wasClosed) return undefined;
  if (call.wasDone && OF_MONEY.includes(answer.kind))
    return { rule: 'keyOutranksRefusal', detail: `${answer.kind}, though it had taken effect` };
  const ofMoney = brokenForMoney(call, answer);
  if (ofMoney !== 'no refusal for money') return ofMoney;
  const { asked } = call;
  switch (asked.kind) {
    case 'confirm':
      return brokenConfirm(account, { ...call, asked }, answer);
    case 'cancel':
      return brokenCancel(account, asked, answer);
    case 'extend':
    case 'raise':
      return brokenChange(account, { ...call, asked }, answer);
    case 'reverse':
      return brokenReverse(account, { ...call, asked }, answer);
  }
}

function brokenForMoney(
  { pinned }: FollowUpCall,
  answer: Answer,
): Broken | undefined | 'no refusal for money' {
  if (answer.kind === 'insufficientFunds')
    return pinned.wasShort
      ? undefined
      : {
          rule: 'refusedOnlyIfShort',
          detail: `refused with ${answer.availableMinor}, and the account always had enough`,
        };
  if (answer.kind === 'budgetExhausted')
    return pinned.shortBudgets.has(answer.budgetId)
      ? undefined
      : {
          rule: 'refusedOnlyIfShort',
          detail: `refused for ${answer.budgetId} with ${answer.availableMinor}, and that always had enough`,
        };
  if (answer.kind === 'accountFrozen' && pinned.mayTake)
    return pinned.wasFrozen ? undefined : { rule: 'statusWasAsked', detail: 'told that it is frozen' };
  return 'no refusal for money';
}

type Cancel = Extract<AskedFollowUp, { kind: 'cancel' }>;
type Reverse = Extract<AskedFollowUp, { kind: 'reverse' }>;

function brokenConfirm(
  account: AccountModel,
  { asked, wasThere, latestUs }: FollowUpCall<AskedCapture>,
  answer: Answer,
): Broken | undefined {
  const { holdId, captureId, amountMinor, mayTakeMore } = asked;
  const known = account.hold(holdId);
  const { hold } = known;
  const is = hold?.state ?? 'nowhere';
  const entry = account.entries.get(confirmationKey(holdId, captureId))?.entry;
  switch (answer.kind) {
    case 'holdChanged':
    case 'holdSettled':
      return isCaptured(account, asked) ? undefined : wrong(`told captured, and it is ${is}`);
    case 'keyReused':
      return captureId !== null && entry ? undefined : wrong('told that its id was used');
    case 'holdAlreadyConfirmed':
      return is === 'confirmed' && !isCaptured(account, asked)
        ? undefined
        : wrong(`told confirmed otherwise, and it is ${is}`);
    case 'holdAlreadyCancelled': {
      const isOver = is === 'held' && (hold?.expiresAtUs ?? 0) <= latestUs;
      return is === 'cancelled' || is === 'expired' || isOver
        ? undefined
        : wrong(`told cancelled, and it is ${is}`);
    }
    case 'confirmExceedsHold':
      // Where no amount is named, what the hold has is asked for, and a capture takes something.
      return hold && (amountMinor === null || !mayTakeMore) && (amountMinor ?? 1n) > known.leastLeftMinor
        ? undefined
        : wrong('told to exceed what is held');
    case 'holdNotHere':
      return wasThere ? wrong('told that there is no such hold') : undefined;
    default:
      return wrong(`answered ${answer.kind}`);
  }
}

/** Whether exactly this capture stands; of one that found nothing left, whether it ended the hold. */
export function isCaptured(account: AccountModel, asked: AskedCapture): boolean {
  const { holdId, captureId, amountMinor, isFinal } = asked;
  const { hold } = account.hold(holdId);
  const entry = account.entries.get(confirmationKey(holdId, captureId))?.entry;
  const foundNothing = hold?.state === 'confirmed' && hold.confirmedMinor === 0n;
  if (foundNothing && isFinal && amountMinor === null) return true;
  if (captureId !== null)
    return entry !== undefined && (amountMinor ?? entry.amountMinor) === entry.amountMinor;
  // Without an id it is the last one, whichever that was.
  return hold?.state === 'confirmed' && hold.confirmedMinor === (amountMinor ?? hold.amountMinor);
}

function brokenCancel(account: AccountModel, { holdId }: Cancel, answer: Answer): Broken | undefined {
  const { hold } = account.hold(holdId);
  const is = hold?.state ?? 'nowhere';
  switch (answer.kind) {
    case 'holdSettled':
      return is === 'cancelled' || is === 'expired' ? undefined : wrong(`told cancelled, and it is ${is}`);
    case 'holdAlreadyConfirmed':
      return is === 'confirmed' ? undefined : wrong(`told confirmed, and it is ${is}`);
    case 'keyReused':
      return !hold && account.entries.has(holdId) ? undefined : wrong('told that its id is something else');
    default:
      return wrong(`answered ${answer.kind}`);
  }
}

function brokenReverse(
  account: AccountModel,
  { asked, wasThere, isOwed }: FollowUpCall<Reverse>,
  answer: Answer,
): Broken | undefined {
  const { of, reverses, captureId, requestId, amountMinor } = asked;
  const name = reversedName(reverses, captureId);
  const stored = account.entries.get(reversalKey(name, requestId));
  switch (answer.kind) {
    case 'applied':
    case 'replayed':
      return stored?.entry.amountMinor === answer.entry.amountMinor && stored.shard === answer.shard
        ? undefined
        : { rule: 'acknowledgedIsDurable', detail: `told ${answer.kind}, and there is no such reversal` };
    case 'reversalExceedsCredit':
    case 'reversalExceedsDeduction': {
      if (stored?.entry.amountMinor === amountMinor)
        return { rule: 'keyOutranksRefusal', detail: 'told to exceed, though it had taken effect' };
      const leftMinor = (account.reversibleMinor(of, name) ?? 0n) - account.reversalsOf(name).backMinor;
      return leftMinor === 0n || (amountMinor ?? 0n) > leftMinor
        ? undefined
        : wrong(`told to exceed, and ${leftMinor} is left`);
    }
    case 'deductionNotHere':
      return wasThere || isOwed ? wrong('told that there is no such entry') : undefined;
    case 'transferNotReversible':
      return account.entries.get(reverses)?.entry.kind === 'transfer-out'
        ? undefined
        : wrong('told that it is a transfer');
    case 'keyReused':
      return stored ? undefined : wrong('told that its id was used');
    case 'balanceLimitExceeded':
      return undefined;
    default:
      return wrong(`answered ${answer.kind}`);
  }
}

function wrong(detail: string): Broken {
  return { rule: 'holdIsSound', detail };
}
