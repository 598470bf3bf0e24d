import type { EngineOutcome } from '../../../src/engine/engine-outcome';
import type { AccountModel } from './account-model';
import { openCall, type OpenCall } from './asked';
import type { Deferral } from './lease-model';
import type { Broken } from './rule';

/** What an instance says, at the instant at which it says so. */
export interface Said {
  readonly owner: string;
  readonly outcome: EngineOutcome;
  /** What it owed under the key when it was asked. */
  readonly owed: Deferral | undefined;
  readonly nowMs: number;
}

/** What an instance breaks by an answer from memory, or by giving none where it had to. */
export function brokenWhenSaid(
  account: AccountModel,
  { asked, tookEffectBefore }: OpenCall,
  { owner, outcome, owed, nowMs }: Said,
): Broken | undefined {
  const { leases } = account;
  const isSame = owed?.asked.fingerprint === asked.fingerprint && asked.kind === 'deduct';
  if (isSame && owed.shortfall === undefined && outcome.kind !== 'replayed')
    return { rule: 'keyOutranksRefusal', detail: `${outcome.kind} at ${owner}, which has answered it` };
  if ((outcome.kind !== 'applied' && outcome.kind !== 'replayed') || !outcome.isDeferred) return undefined;
  const { entry, shard } = outcome;
  if (
    asked.kind !== 'deduct' ||
    entry.fingerprint !== asked.fingerprint ||
    entry.amountMinor !== asked.amountMinor
  )
    return { rule: 'replayIsTheFirst', detail: `told of another request by ${owner}` };
  if (outcome.kind === 'replayed')
    return leases.deferralsOf(asked.requestId).some((each) => each.owner === owner)
      ? undefined
      : { rule: 'replayIsTheFirst', detail: `replayed by ${owner}, which never answered it` };
  const since = openCall(asked, { sinceMs: nowMs, tookEffectBefore });
  account.lookAt(since);
  const broken = leases.answered({ asked, owner, shard, epoch: entry.epoch, since }, { nowMs });
  // Written meanwhile by another instance, which was asked at the same time: it is owed no more, and counts once.
  const written = account.entries.get(asked.requestId)?.entry;
  if (written) leases.wrote(written);
  if (broken) return broken;
  if (account.surely !== 'active')
    return { rule: 'statusIsKept', detail: `answered from a lease of ${owner} while ${account.surely}` };
  return tookEffectBefore
    ? { rule: 'oneEffectPerKey', detail: `answered from a lease of ${owner}, and it is written` }
    : undefined;
}

/**
 * What was answered and is not written in the end. Lost with an instance that died, or told as a shortfall; anything else is
 * money that nobody speaks of.
 */
export function unspokenOf(
  { leases }: AccountModel,
  isDead: (owner: string) => boolean,
): Deferral | undefined {
  return [...leases.unwritten].find(({ shortfall, owner }) => shortfall === undefined && !isDead(owner));
}
