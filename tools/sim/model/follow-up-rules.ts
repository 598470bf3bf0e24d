import { confirmationKey, reversalKey } from '../../../src/ledger/identifiers';
import type { AccountModel } from './account-model';
import type { Answer } from './answer-rules';
import type { AskedFollowUp } from './hold-model';
import type { Broken } from './rule';

/** What was true when a follow-up was asked for, and until it was answered. */
export interface FollowUpCall<Asked extends AskedFollowUp = AskedFollowUp> {
  readonly asked: Asked;
  /** What it is about was there already. */
  readonly wasThere: boolean;
  /** It was answered from a lease before, is not written, and its lease was there to be asked. */
  readonly isOwed: boolean;
  /** The account was, or may have been, closed at some instant of it. */
  readonly wasClosed: boolean;
  /** No shard's clock is further than this: microseconds since 1970. */
  readonly latestUs: number;
}

const NO_ANSWERS: readonly Answer['kind'][] = ['overloaded', 'shardUnavailable', 'unknown'];

/** What an answer about a hold or a reversal breaks, by what the bookkeeper saw. */
export function brokenFollowUp(
  account: AccountModel,
  call: FollowUpCall,
  answer: Answer,
): Broken | undefined {
  if (NO_ANSWERS.includes(answer.kind)) return undefined;
  if (answer.kind === 'accountClosed' && call.wasClosed) return undefined;
  const { asked } = call;
  switch (asked.kind) {
    case 'confirm':
      return brokenConfirm(account, { ...call, asked }, answer);
    case 'cancel':
      return brokenCancel(account, asked, answer);
    case 'reverse':
      return brokenReverse(account, { ...call, asked }, answer);
  }
}

type Confirm = Extract<AskedFollowUp, { kind: 'confirm' }>;
type Cancel = Extract<AskedFollowUp, { kind: 'cancel' }>;
type Reverse = Extract<AskedFollowUp, { kind: 'reverse' }>;

function brokenConfirm(
  account: AccountModel,
  { asked: { holdId, amountMinor }, wasThere, latestUs }: FollowUpCall<Confirm>,
  answer: Answer,
): Broken | undefined {
  const { hold } = account.hold(holdId);
  const wantedMinor = amountMinor ?? hold?.amountMinor;
  const is = hold?.state ?? 'nowhere';
  switch (answer.kind) {
    case 'holdSettled': {
      const entry = account.entries.get(confirmationKey(holdId))?.entry;
      const stands = hold?.confirmedMinor === wantedMinor && entry?.amountMinor === wantedMinor;
      return is === 'confirmed' && stands ? undefined : wrong(`told confirmed, and it is ${is}`);
    }
    case 'holdAlreadyConfirmed':
      return is === 'confirmed' && hold?.confirmedMinor !== wantedMinor
        ? undefined
        : wrong(`told confirmed otherwise, and it is ${is}`);
    case 'holdAlreadyCancelled': {
      const isOver = is === 'held' && (hold?.expiresAtUs ?? 0) <= latestUs;
      return is === 'cancelled' || is === 'expired' || isOver
        ? undefined
        : wrong(`told cancelled, and it is ${is}`);
    }
    case 'confirmExceedsHold':
      return hold && (wantedMinor ?? 0n) > hold.amountMinor
        ? undefined
        : wrong('told to exceed what is held');
    case 'holdNotHere':
      return wasThere ? wrong('told that there is no such hold') : undefined;
    default:
      return wrong(`answered ${answer.kind}`);
  }
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
  { asked: { reverses, requestId, amountMinor }, wasThere, isOwed }: FollowUpCall<Reverse>,
  answer: Answer,
): Broken | undefined {
  const stored = account.entries.get(reversalKey(reverses, requestId));
  switch (answer.kind) {
    case 'applied':
    case 'replayed':
      return stored?.entry.amountMinor === answer.entry.amountMinor && stored.shard === answer.shard
        ? undefined
        : { rule: 'acknowledgedIsDurable', detail: `told ${answer.kind}, and there is no such reversal` };
    case 'reversalExceedsDeduction': {
      if (stored?.entry.amountMinor === amountMinor)
        return { rule: 'keyOutranksRefusal', detail: 'told to exceed, though it had taken effect' };
      const leftMinor = (account.reversibleMinor(reverses) ?? 0n) - account.reversalsOf(reverses).backMinor;
      return leftMinor === 0n || (amountMinor ?? 0n) > leftMinor
        ? undefined
        : wrong(`told to exceed, and ${leftMinor} is left`);
    }
    case 'deductionNotHere':
      return wasThere || isOwed ? wrong('told that there is no such deduction') : undefined;
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
