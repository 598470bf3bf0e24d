import type { AccountModel } from './account-model';
import type { Answer } from './answer-rules';
import type { FollowUpCall } from './follow-up-call';
import type { AskedFollowUp } from './hold-model';
import type { Broken } from './rule';

type Extend = Extract<AskedFollowUp, { kind: 'extend' }>;
type Raise = Extract<AskedFollowUp, { kind: 'raise' }>;

/** What an answer about an extension or a raise breaks. */
export function brokenChange(
  account: AccountModel,
  { asked, wasThere, latestUs }: FollowUpCall<Extend | Raise>,
  answer: Answer,
): Broken | undefined {
  const known = account.hold(asked.holdId);
  const { hold } = known;
  const is = hold?.state ?? 'nowhere';
  const triedMinor = hold ? hold.amountMinor + hold.capturedMinor - hold.raisedMinor : 0n;
  switch (answer.kind) {
    case 'holdChanged':
    case 'holdSettled': {
      const lasts = (hold?.expiresAtUs ?? 0) >= answer.hold.expiresAtUs;
      const isRaised = asked.kind === 'extend' || known.totalMinor >= asked.amountMinor;
      return hold && lasts && isRaised ? undefined : wrong(`told ${asked.kind}ed, and it is not`);
    }
    case 'raiseTooLow':
      return asked.kind === 'raise' && asked.amountMinor <= triedMinor
        ? undefined
        : wrong('told to be no raise');
    case 'holdAlreadyConfirmed':
      return is === 'confirmed' ? undefined : wrong(`told confirmed, and it is ${is}`);
    case 'holdAlreadyCancelled': {
      const isOver = is === 'held' && (hold?.expiresAtUs ?? 0) <= latestUs;
      return is === 'cancelled' || is === 'expired' || isOver
        ? undefined
        : wrong(`told cancelled, and it is ${is}`);
    }
    case 'holdNotHere':
      return wasThere ? wrong('told that there is no such hold') : undefined;
    default:
      return wrong(`answered ${answer.kind}`);
  }
}

function wrong(detail: string): Broken {
  return { rule: 'holdIsSound', detail };
}
